// What an inbound text is taken for, and what is answered to it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/consent/opt_out_scope.hpp"
#include "core/inbox/inbound.hpp"
#include "core/inbox/keyword_reply.hpp"
#include "core/inbox/sent_lately.hpp"

namespace smscrm {

// What the numbers of a batch have opted out of, kept up to date from text to text.
class InboundOptOuts {
 public:
  InboundOptOuts(Tx& tx, const Tenant& tenant, const std::vector<NewInbound>& batch);

  bool has(const NewInbound& inbound, const std::string& scope) const {
    const auto known = scopes_of_.find(inbound.msisdn);
    return known != scopes_of_.end() && known->second.count(scope) > 0;
  }
  // Those that keep the sender of ours that was written to from answering, the tenant's first.
  std::vector<std::string> covering(const NewInbound& inbound) const {
    auto scopes = senders_.covering(inbound.address, inbound.service);
    scopes.insert(scopes.begin(), "");
    std::erase_if(scopes, [&](const std::string& scope) { return !has(inbound, scope); });
    return scopes;
  }
  // What a STOP holds for.
  std::vector<std::string> of_stop(const NewInbound& inbound) const {
    return senders_.of_stop(inbound.address, inbound.service);
  }

  void add(const NewInbound& inbound, const std::vector<std::string>& scopes) {
    scopes_of_[inbound.msisdn].insert(scopes.begin(), scopes.end());
  }
  void remove(const NewInbound& inbound, const std::vector<std::string>& scopes) {
    for (const auto& scope : scopes) scopes_of_[inbound.msisdn].erase(scope);
  }

 private:
  std::unordered_map<std::string, std::set<std::string>> scopes_of_;  // by number
  OptOutScopes senders_;
};

// What a text is taken for: a keyword of everybody's, one of the tenant's, or an opt-out in its own words.
struct Meaning {
  Keyword keyword = Keyword::none;
  const KeywordReply* own = nullptr;
  std::string rule;
  bool review = false;
  std::vector<std::string> scopes = {};  // that it opts out of, or into again
  bool confirmed = false;                // an opt-out of what was opted out of before
};

// Later texts of the same number see in `opt_outs` what this one did.
Meaning meaning_of(const NewInbound& inbound, const OptOutReading& reading, InboundOptOuts& opt_outs,
                   const std::map<std::string, KeywordReply>& keywords);

// Empty: nothing is.
std::string reply_to(const Tenant& tenant, const NewInbound& inbound, const Meaning& meaning);

}  // namespace smscrm
