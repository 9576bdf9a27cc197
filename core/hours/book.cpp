#include "core/hours/book.hpp"

#include "core/base/bounds.hpp"
#include "core/base/json.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/base/zones.hpp"
#include "core/hours/built_in.hpp"
#include "core/phone/place.hpp"
#include "core/tenant/claims_lock.hpp"

namespace smscrm {
namespace {

constexpr std::size_t most_known = 10'000;  // classes of people; there are some four hundred places
constexpr std::size_t most_books = 16;      // an installation has one, and another when it was changed

const HoursLaw& built_in_law() {
  static const auto law = parse_hours_law(built_in_hours);
  return law;
}

// Of what was loaded and what smscrm came with, the newer, unless what is older is wanted.
HoursLaw choose(const std::string& loaded, bool may_be_older) {
  if (loaded.empty()) return built_in_law();
  try {
    auto law = parse_hours_law(loaded);
    if (may_be_older || law.as_of >= built_in_law().as_of) return law;
  } catch (const Error& error) {
    log_error("the loaded data on hours cannot be read; those that smscrm came with are kept",
              {{"error", error.what()}});
  }
  return built_in_law();
}

void change_version(Tx& tx) {
  exec(tx,
       "INSERT INTO hours_law DEFAULT VALUES ON CONFLICT (one) DO UPDATE SET version = gen_random_uuid()");
}

std::string policy_key(const HoursPolicy& policy) {
  return fmt::format("{} {}", policy.law ? to_string(*policy.law) : "off",
                     policy.own ? policy.own->from + policy.own->until : "");
}

}  // namespace

std::shared_ptr<const OpenHours> HoursBook::find(const HoursPolicy& policy, const Whereabouts& who) const {
  Key key{policy_key(policy), find_place(who.msisdn), who.zone, who.region};
  {
    const std::scoped_lock lock{mutex_};
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
  }
  std::shared_ptr<const OpenHours> found;
  try {
    found = std::make_shared<const OpenHours>(law_, policy, find_reach(who));
  } catch (const Error&) {
    // Nobody knows where they are. That is kept, too: who is mended has another key.
  }
  const std::scoped_lock lock{mutex_};
  if (known_.size() >= most_known) known_.clear();
  return known_.insert_or_assign(std::move(key), std::move(found)).first->second;
}

std::shared_ptr<const HoursBook> built_in_hours_book() {
  static const auto book = std::make_shared<const HoursBook>(built_in_law());
  return book;
}

std::shared_ptr<const HoursBook> read_hours_book(Tx& tx) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const HoursBook>> books;
  const auto version = exec(tx, "SELECT hours_version()").front()[0].as<std::string>() + time_zone_stamp();
  {
    const std::scoped_lock lock{mutex};
    if (const auto known = books.find(version); known != books.end()) return known->second;
  }
  const auto rows = exec(tx, "SELECT data, may_be_older FROM hours_in_force()");
  auto law = rows.empty()
                 ? built_in_law()
                 : choose(rows.front()["data"].as<std::string>(), rows.front()["may_be_older"].as<bool>());
  for (const auto& one : list_suspensions(tx)) law.suspensions.push_back(one);
  auto book = std::make_shared<const HoursBook>(std::move(law));
  // Of two statements the second may have seen a later change: then it is read once more the next time.
  const std::scoped_lock lock{mutex};
  if (books.size() >= most_books) books.clear();
  return books.insert_or_assign(version, std::move(book)).first->second;
}

std::vector<HoursSuspension> list_suspensions(Tx& tx) {
  std::vector<HoursSuspension> all;
  for (const auto& row :
       exec(tx,
            "SELECT id, jurisdiction, from_at, to_at, reason, source FROM hours_suspensions()"
            " ORDER BY from_at, id"))
    all.push_back({row["id"].as<std::int64_t>(), row["jurisdiction"].as<std::string>(),
                   row["from_at"].as<Timestamp>(), row["to_at"].as<Timestamp>(),
                   row["reason"].as<std::string>(), row["source"].as<std::string>()});
  return all;
}

HoursLaw load_hours(Tx& tx, std::string_view json, bool older) {
  auto law = parse_hours_law(json);
  change_version(tx);  // and nobody else does until the commit
  const auto in_force = read_hours_book(tx);
  if (!older && law.as_of < in_force->law().as_of)
    throw Error(Errc::conflict, "the data are as of {}, those in force of {}", law.as_of,
                in_force->law().as_of)
        .with_hint("load newer ones");
  exec(tx,
       "UPDATE hours_law SET data = $1, as_of = $2::date, may_be_older = $3, loaded_at = now(),"
       "       version = gen_random_uuid()",
       std::string{json}, law.as_of, older);
  return law;
}

HoursSuspension add_suspension(Tx& tx, HoursSuspension suspension) {
  const auto book = read_hours_book(tx);
  const bool known =
      is_place(suspension.jurisdiction) || std::ranges::any_of(book->law().rules, [&](const HoursRule& rule) {
        return rule.jurisdiction == suspension.jurisdiction;
      });
  if (!known)
    throw Error(Errc::invalid, "no number is known to be in \"{}\"", suspension.jurisdiction)
        .with_hint("name a country (\"FR\") or a state or province (\"US-LA\")");
  if (suspension.to <= now()) throw Error(Errc::invalid, "it would be over already");
  if (suspension.to <= suspension.from) throw Error(Errc::invalid, "it must end later than it begins");
  if (trim(suspension.reason).empty()) throw Error(Errc::invalid, "say why: a reason is kept and shown");
  check_length(suspension.reason, longest_name, "a reason");
  check_length(suspension.source, longest_name, "a source");
  suspension.id =
      exec(tx,
           "INSERT INTO hours_suspension (jurisdiction, from_at, to_at, reason, source)"
           " VALUES ($1, $2, $3, $4, $5) RETURNING id",
           suspension.jurisdiction, suspension.from, suspension.to, suspension.reason, suspension.source)
          .front()[0]
          .as<std::int64_t>();
  change_version(tx);
  return suspension;
}

void end_suspension(Tx& tx, std::int64_t id, Timestamp at) {
  const auto ended =
      exec(tx, "UPDATE hours_suspension SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL AND to_at > $2",
           id, at);
  if (ended.affected_rows() == 0)
    throw Error(Errc::not_found, "there is no suspension {} that goes on", id)
        .with_hint("\"smscrm hours show\" lists them");
  change_version(tx);
}

std::vector<TenantId> list_law_abiding(Tx& tx) {
  std::vector<TenantId> tenants;
  for (const auto& row :
       exec(tx, "SELECT id FROM tenant WHERE law_hours <> 'off' AND deleted_at IS NULL ORDER BY id"))
    tenants.push_back(row[0].as<TenantId>());
  return tenants;
}

void touch_hours(Tx& tx, TenantId tenant, Timestamp at) {
  lock_claims_exclusive(tx, tenant);
  recall_held(tx, tenant, {"quiet_hours"}, at);
  exec(tx, "UPDATE tenant SET updated_at = $2 WHERE id = $1", tenant, at);
}

}  // namespace smscrm
