#include "core/inbox/meaning.hpp"

#include "core/base/text.hpp"
#include "core/db/joins.hpp"
#include "core/phone/phone.hpp"

namespace smscrm {
namespace {

// "yes" answers many questions; it is an opt-in only of someone who had opted out.
Keyword keyword_of(const NewInbound& inbound, bool opted_out) {
  if (inbound.handled) return *inbound.handled;
  const auto keyword = classify_keyword(inbound.body);
  if (keyword == Keyword::start && !opted_out && to_lower(trim(inbound.body)) == "yes") return Keyword::none;
  return keyword;
}

Meaning read_meaning(const NewInbound& inbound, const OptOutReading& reading, const InboundOptOuts& opt_outs,
                     const std::map<std::string, KeywordReply>& keywords) {
  Meaning meaning;
  const bool opted_out = !opt_outs.covering(inbound).empty();
  const auto own = inbound.handled ? keywords.end() : keywords.find(keyword_form(inbound.body));
  if (own != keywords.end() && !is_reserved_keyword(inbound.body)) {
    meaning.own = &own->second;
    if (own->second.stops) meaning.keyword = Keyword::stop;
    return meaning;
  }
  meaning.keyword = keyword_of(inbound, opted_out);
  if (meaning.keyword != Keyword::none || inbound.handled) return meaning;
  if (opted_out && is_foreign_start(inbound.body)) {
    meaning.keyword = Keyword::start;
    return meaning;
  }
  if (reading.verdict == OptOutVerdict::none) return meaning;
  meaning.rule = reading.rule;
  if (reading.verdict == OptOutVerdict::opt_out) meaning.keyword = Keyword::stop;
  meaning.review = reading.verdict == OptOutVerdict::unsure && !opt_outs.has(inbound, "");
  return meaning;
}

bool opts_in(const Meaning& meaning) {
  return meaning.own != nullptr ? meaning.own->list.has_value() : meaning.keyword == Keyword::start;
}

// Nobody agrees to texts by writing elsewhere: somebody has to read that.
bool may_opt_in(const NewInbound& inbound) { return inbound.texted && is_e164(inbound.msisdn); }

}  // namespace

InboundOptOuts::InboundOptOuts(Tx& tx, const Tenant& tenant, const std::vector<NewInbound>& batch) {
  std::vector<std::string> msisdns;
  for (const auto& inbound : batch) msisdns.push_back(inbound.msisdn);
  bool narrow = tenant.opt_out_scope != OptOutScope::tenant;
  for (const auto& row :
       exec(tx,
            "SELECT u.msisdn, c.scope FROM unnest($2::text[]) AS u(msisdn) CROSS JOIN LATERAL"
            "  ((SELECT '' AS scope, state FROM consent"
            "     WHERE tenant_id = $1 AND " +
                all_with("msisdn", "u.msisdn") +
                ")"
                "   UNION ALL (SELECT scope, state FROM consent_scope"
                "     WHERE tenant_id = $1 AND " +
                all_with("msisdn", "u.msisdn") +
                ")) c"
                " WHERE c.state = 'opted_out'",
            tenant.id, msisdns)) {
    auto scope = row["scope"].as<std::string>();
    narrow = narrow || !scope.empty();
    scopes_of_[row["msisdn"].as<std::string>()].insert(std::move(scope));
  }
  if (narrow) senders_ = read_opt_out_scopes(tx, tenant.id);
}

Meaning meaning_of(const NewInbound& inbound, const OptOutReading& reading, InboundOptOuts& opt_outs,
                   const std::map<std::string, KeywordReply>& keywords) {
  auto meaning = read_meaning(inbound, reading, opt_outs, keywords);
  if (opts_in(meaning) && !may_opt_in(inbound)) meaning = {};
  if (meaning.keyword == Keyword::stop) {
    if (meaning.rule.empty()) {
      meaning.scopes = opt_outs.of_stop(inbound);
    } else {
      meaning.scopes.emplace_back();
    }
    const auto covering = opt_outs.covering(inbound);
    const bool everything = meaning.scopes.front().empty();
    meaning.confirmed = everything ? opt_outs.has(inbound, "") : !covering.empty();
    opt_outs.add(inbound, meaning.scopes);
  } else if (opts_in(meaning)) {
    meaning.scopes = opt_outs.covering(inbound);
    opt_outs.remove(inbound, meaning.scopes);
    if (meaning.scopes.empty() || !meaning.scopes.front().empty())
      meaning.scopes.insert(meaning.scopes.begin(), "");
  }
  return meaning;
}

std::string reply_to(const Tenant& tenant, const NewInbound& inbound, const Meaning& meaning) {
  if (inbound.handled) return {};
  switch (meaning.keyword) {
    case Keyword::none:
      return {};
    case Keyword::stop:
      if (meaning.confirmed) return {};
      return meaning.own && !meaning.own->reply.empty() ? meaning.own->reply : tenant.stop_reply;
    case Keyword::start:
      return tenant.start_reply;
    case Keyword::help:
      return tenant.help_reply;
  }
  return {};
}

}  // namespace smscrm
