// When marketing was sent to numbers lately, and until when caps on that have no room for more.
//
// What counts are the messages of marketing campaigns to a number that have left or may have: of what came
// back unsent nothing. Their time is that of the claim.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/db/db.hpp"
#include "core/gate/facts.hpp"

namespace smscrm {

// The caps on somebody, each with whose it is: "tenant", "US-FL".
std::vector<OpenHours::CapByLaw> list_frequency_caps(const Moment& moment, const Whereabouts& who);
// Of those on anybody, how far back the longest looks; zero: there is none.
std::chrono::seconds longest_frequency_cap(const NewTenant& tenant, const HoursBook& book);

// A condition over a message m: it counts.
inline constexpr const char* counts_as_sent =
    "(m.status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent', 'delivered', 'undelivered')"
    " OR m.retries > 0)";

class SentLately {
 public:
  struct Person {
    std::string msisdn;
    std::optional<ContactId> contact;
  };
  struct Capped {
    Timestamp until;
    std::string by;  // "3/1d (US-FL)"
  };

  // Once for each number, in one statement. In the transaction that adds to them, whose lane is held.
  void read(Tx& tx, TenantId tenant, const std::vector<Person>& people, Timestamp since);
  // Nothing, of a number that was not read.
  void add(const std::string& msisdn, Timestamp at) {
    if (const auto known = times_.find(msisdn); known != times_.end()) known->second.push_back(at);
  }

  // nullopt: there is room at `at`.
  std::optional<Capped> find(std::string_view msisdn, const std::vector<OpenHours::CapByLaw>& caps,
                             Timestamp at) const;

 private:
  std::map<std::string, std::vector<Timestamp>, std::less<>> times_;  // ascending
};

// The same of times that were read already.
std::optional<SentLately::Capped> find_capped(const std::vector<Timestamp>& times,
                                              const std::vector<OpenHours::CapByLaw>& caps, Timestamp at);

}  // namespace smscrm
