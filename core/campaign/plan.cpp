#include "core/campaign/plan.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/base/text.hpp"
#include "core/campaign/forecast.hpp"
#include "core/campaign/launch.hpp"
#include "core/campaign/template.hpp"
#include "core/campaign/text_tally.hpp"
#include "core/db/joins.hpp"
#include "core/gate/frequency.hpp"
#include "core/gate/gate.hpp"
#include "core/gate/recipients.hpp"
#include "core/gate/rules.hpp"
#include "core/lane/backlog.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/lane/lane.hpp"
#include "core/lane/sender.hpp"
#include "core/link/link.hpp"
#include "core/net/crypto.hpp"
#include "core/tenant/tenant.hpp"
#include "core/text/merge_field.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {
namespace {

constexpr int rows_per_fetch = 2000;

bool tells_how_to_stop(const std::string& body) {
  const auto text = to_lower(body);
  for (const char* words : {"stop", "opt out", "opt-out", "unsubscribe"})
    if (text.find(words) != std::string::npos) return true;
  return false;
}

// What the tenant's senders are, what their caps leave, and what waits for those of the campaign at the
// provider.
struct Senders {
  std::vector<Sender> all;
  CapRoom left;
  std::chrono::seconds backlog;
};

// What a campaign of the tenant could be sent with from `at` on.
Forecast begin_forecast(const Tenant& tenant, const Campaign& campaign, const SendingCapacity& account,
                        const Senders& senders, Timestamp at) {
  Forecast forecast;
  forecast.begin = at;
  forecast.timezone = tenant.timezone;
  forecast.backlog = senders.backlog;
  forecast.max_in_flight = account.max_in_flight;
  forecast.tenant = {std::min(account.rate, campaign.rate.value_or(account.rate)),
                     tenant.daily_cap.value_or(Forecast::any), senders.left.tenant};
  for (const auto& sender : senders.all)
    if (campaign.senders.empty() ||
        std::find(campaign.senders.begin(), campaign.senders.end(), sender.id) != campaign.senders.end())
      forecast.senders.push_back(
          {sender.rate, sender.daily_cap.value_or(Forecast::any), senders.left.of(sender.id)});
  return forecast;
}

// What the gate would say of recipients at once. Those of one kind come in runs.
class FirstLook {
 public:
  FirstLook(const Tenant& tenant, const Campaign& campaign, const Senders& senders, Timestamp at,
            const std::shared_ptr<const HoursBook>& book)
      : moment_(tenant, at, book),
        campaign_(campaign),
        senders_(senders),
        marketing_(campaign.kind == CampaignKind::marketing),
        keeps_hours_(marketing_ && tenant.keeps_hours()),
        longest_cap_(marketing_ ? longest_frequency_cap(tenant, *book) : std::chrono::seconds{0}) {}

  // To be added to the columns and joins of the audience.
  // `review` is the rule's (core/gate/review.cpp).
  std::string columns() const {
    return std::string{
               ", review.msisdn IS NOT NULL AS in_review, c.timezone AS own_zone, c.region AS own_region"} +
           (is_capped() ? ", opted_out.scopes" : "") + (has_frequency_caps() ? ", lately.times" : "");
  }
  std::string joins(std::vector<Param>& params) const {
    std::string joins;
    if (has_frequency_caps()) {
      params.push_back(to_param(moment_.at - longest_cap_));
      joins = fmt::format(
          " LEFT JOIN (SELECT m.msisdn, array_agg(extract(epoch FROM m.claimed_at) ORDER BY m.claimed_at) AS "
          "times"
          "              FROM campaign k JOIN message m ON m.tenant_id = k.tenant_id"
          "                                            AND m.id BETWEEN k.first_message AND k.last_message"
          "             WHERE k.tenant_id = $1 AND k.kind = 'marketing'"
          "               AND (k.finished_at IS NULL OR k.finished_at > ${0}::timestamptz)"
          "               AND m.claimed_at > ${0}::timestamptz AND {1}"
          "             GROUP BY m.msisdn) lately ON lately.msisdn = c.msisdn",
          params.size(), counts_as_sent);
    }
    if (is_capped())
      joins +=
          " LEFT JOIN (SELECT msisdn, array_agg(scope) AS scopes FROM consent_scope"
          "             WHERE tenant_id = $1 AND state = 'opted_out' GROUP BY msisdn) opted_out"
          "   ON opted_out.msisdn = c.msisdn";
    return joins;
  }

  void look(Plan& plan, TextTally& tally, const Row& row, std::uint32_t answers, int parts) {
    const auto view = [&](const char* column) {
      return std::string_view{row[column].c_str(), row[column].size()};
    };
    const Whereabouts who{view("msisdn"), view("own_zone"), view("own_region")};
    const Moment::Hours* hours = nullptr;
    if (keeps_hours_) hours = moment_.hours(who);
    auto room = Facts::any;
    if (is_capped())
      room = cap_room_of(senders_.left, senders_.all, campaign_.senders, read_array(row["scopes"]));
    std::optional<Timestamp> capped_until;
    if (has_frequency_caps() && !row["times"].is_null())
      if (const auto capped =
              find_capped(read_times(row["times"]), list_frequency_caps(moment_, who), moment_.at))
        capped_until = capped->until;
    if (!last_ || *last_ != std::tie(answers, hours, parts, room, capped_until)) {
      last_ = {answers, hours, parts, room, capped_until};
      verdict_ = judge({.moment = moment_,
                        .marketing = marketing_,
                        .who = who,
                        .parts = parts,
                        .cap_room = room,
                        .day_end = senders_.left.day_end,
                        .backlog = senders_.backlog,
                        .capped_until = capped_until,
                        .answers = answers});
    }
    if (row["in_review"].as<bool>()) {
      ++in_review_;
      const Person person{row["msisdn"].as<std::string>(), row["contact_id"].as<ContactId>()};
      if (!first_in_review_ || person < *first_in_review_) first_in_review_ = person;
    }
    // What waits for somebody to mend its zone is nobody's to foresee, and what is skipped then never leaves.
    if (verdict_.kind != Verdict::Kind::skip && (hours || !keeps_hours_))
      tally.add_parts(parts, hours ? hours->of : nullptr);
    if (verdict_.kind != Verdict::Kind::hold && verdict_.kind != Verdict::Kind::skip) return;
    const std::string reason{verdict_.reason};
    const Held held{std::string{who.zone},
                    {row["msisdn"].as<std::string>(), row["contact_id"].as<ContactId>()}};
    if (++plan.held[reason] == 1 || held < first_held_.at(reason)) first_held_[reason] = held;
  }

  void write_warnings(Plan& plan) const {
    if (first_in_review_)
      plan.warnings.push_back(
          {"in_review",
           fmt::format("{} recipients wrote what may be an opt-out that nobody has read{}; see \"smscrm inbox"
                       " review\"",
                       in_review_, moment_.tenant.hold_reviews ? ", and wait for that" : ""),
           first_in_review_->second, first_in_review_->first, std::nullopt, ""});
    if (const auto never = first_held_.find(std::string{no_hours_reason}); never != first_held_.end())
      plan.warnings.push_back(
          {"no_hours",
           fmt::format("{} recipients are skipped when their turn comes: no hour is open for them"
                       " within 20 days",
                       plan.held.at(never->first)),
           never->second.second.second, never->second.second.first, std::nullopt, ""});
    if (const auto capped = first_held_.find(std::string{frequency_cap_reason});
        capped != first_held_.end() && moment_.tenant.when_capped == WhenCapped::skip)
      plan.warnings.push_back(
          {"frequency_cap",
           fmt::format(
               "{} recipients are skipped if their turn comes now: they had as many marketing texts as"
               " the caps allow",
               plan.held.at(capped->first)),
           capped->second.second.second, capped->second.second.first, std::nullopt, ""});
    const auto unknown = first_held_.find("unknown_zone");
    if (unknown == first_held_.end()) return;
    const auto& [zone, person] = unknown->second;
    plan.warnings.push_back(
        {"unknown_zone",
         zone.empty()
             ? fmt::format("{} recipients wait, because nobody knows the time zone of their numbers",
                           plan.held.at("unknown_zone"))
             : fmt::format("{} recipients wait, because this machine does not know their time zone \"{}\" or"
                           " others",
                           plan.held.at("unknown_zone"), zone),
         person.second, person.first, std::nullopt, ""});
  }

 private:
  bool has_frequency_caps() const { return longest_cap_.count() > 0; }
  static std::vector<Timestamp> read_times(const Field& field) {
    std::vector<Timestamp> times;
    for (const auto& seconds : read_array(field))
      times.emplace_back(std::chrono::microseconds{std::llround(std::stod(seconds) * 1e6)});
    return times;
  }
  bool is_capped() const { return senders_.left.day_end.has_value(); }

  Moment moment_;
  const Campaign& campaign_;
  const Senders& senders_;
  bool marketing_, keeps_hours_;
  std::chrono::seconds longest_cap_;  // zero: there is none
  std::optional<std::tuple<std::uint32_t, const Moment::Hours*, int, std::int64_t, std::optional<Timestamp>>>
      last_;
  Verdict verdict_;
  // Those without a zone of their own come first.
  using Person = std::pair<std::string, ContactId>;  // with the number
  using Held = std::pair<std::string, Person>;
  std::map<std::string, Held> first_held_;  // by reason
  std::int64_t in_review_ = 0;              // held or not
  std::optional<Person> first_in_review_;
};

}  // namespace

SendingCapacity read_capacity(Tx& tx, TenantId tenant, CampaignId campaign) {
  const auto row =
      exec(
          tx,
          "SELECT a.rate AS account_rate, a.max_in_flight, a.part_price::text AS part_price, a.currency,"
          " coalesce(a.messaging_service, '') <> '' AS has_service, s.senders"
          " FROM campaign c LEFT JOIN account a ON a.tenant_id = $1, (SELECT count(*) AS senders FROM sender"
          "   WHERE tenant_id = $1 AND removed_at IS NULL AND"
          "         (NOT EXISTS (SELECT 1 FROM campaign_sender WHERE tenant_id = $1 AND campaign_id = $2) OR"
          "          id IN (SELECT sender_id FROM campaign_sender WHERE tenant_id = $1 AND campaign_id = $2))"
          " ) s WHERE c.tenant_id = $1 AND c.id = $2",
          tenant, campaign)
          .front();
  SendingCapacity capacity;
  capacity.has_account = !row["account_rate"].is_null();
  capacity.has_sender = row["senders"].as<int>() > 0 || row["has_service"].as<bool>();
  if (capacity.has_account) {
    capacity.part_price = row["part_price"].as<std::string>();
    capacity.currency = row["currency"].as<std::string>();
    capacity.rate = row["account_rate"].as<double>();
    capacity.max_in_flight = row["max_in_flight"].as<int>();
  }
  return capacity;
}

void check_can_send(Tx& tx, TenantId tenant, const Campaign& campaign) {
  const auto capacity = read_capacity(tx, tenant, campaign.id);
  if (!capacity.has_account)
    throw Error(Errc::refused, "the tenant has no account to send with")
        .with_hint("run \"smscrm account set\"");
  if (!capacity.has_sender)
    throw Error(Errc::refused, "campaign \"{}\" has no sender", campaign.slug)
        .with_hint("add one with \"smscrm sender add\"");
}

void refuse_links(const Campaign& campaign) {
  throw Error(Errc::refused, "the short links of campaign \"{}\" have nowhere to point", campaign.slug)
      .with_hint("set http.public_url in the configuration");
}

std::string hash_plan(const std::string& body, CampaignKind kind, std::int64_t audience,
                      std::int64_t recipients, const std::map<std::string, std::int64_t>& digests) {
  auto text = fmt::format("{}\n{}\n{}\n", to_string(kind), audience, recipients);
  for (const auto& [reason, digest] : digests) text += fmt::format("{} {}\n", reason, digest);
  return hex_encode(sha256(text + body)).substr(0, 32);
}

bool Plan::can_launch() const {
  return std::ranges::none_of(warnings, [](const PlanWarning& warning) {
    return warning.code == "no_account" || warning.code == "no_senders" || warning.code == "no_public_url" ||
           warning.code == "no_recipients";
  });
}

Plan plan_campaign(Tx& tx, TenantId tenant, const Campaign& campaign, const std::string& public_url,
                   Timestamp at, const std::function<void(std::int64_t)>& progress) {
  if (campaign.is_launched())
    throw Error(Errc::conflict, "campaign \"{}\" was launched already", campaign.slug)
        .with_hint(fmt::format("see \"smscrm campaign status {}\"", campaign.slug));
  if (campaign.status != CampaignStatus::draft)
    throw Error(Errc::conflict, "campaign \"{}\" is {}; only a draft can be launched", campaign.slug,
                to_string(campaign.status));
  const auto body = get_template(tx, tenant, fmt::format("{}", campaign.body_template.value)).body;
  const auto parsed = parse_template(body);
  const auto owner = get_tenant(tx, fmt::format("{}", tenant.value));
  const auto& link_url = link_url_of(owner, public_url);
  const auto capacity = read_capacity(tx, tenant, campaign.id);

  Plan plan;
  const auto warn = [&](const char* code, std::string message) {
    plan.warnings.push_back({code, std::move(message), std::nullopt, "", std::nullopt, ""});
  };
  if (!capacity.has_account) warn("no_account", "the tenant has no account to send with");
  if (capacity.has_account && !capacity.has_sender) warn("no_senders", "the campaign has no sender");
  if (has_glued_link(parsed))
    warn("link_glued",
         "a letter or digit stands directly behind a short link: handsets take it for part of it");
  if (!parsed.links.empty() && link_url.empty())
    warn("no_public_url", "short links need http.public_url in the configuration");
  if (campaign.kind == CampaignKind::marketing) {
    if (!owner.keeps_hours())
      warn("no_quiet_hours", "the tenant has no quiet hours: this may reach people at night");
    if (!tells_how_to_stop(body))
      warn("no_opt_out_text", "the text does not say how to opt out (\"STOP to end\")");
  }

  Senders senders{list_senders(tx, tenant), {}, {}};
  senders.backlog = shortest_backlog(read_backlogs(tx, tenant, at), senders.all, campaign.senders);
  senders.left = read_cap_room(tx, owner, senders.all, at);
  FirstLook first_look{owner, campaign, senders, at, read_hours_book(tx)};
  auto recipients = compile_recipients(tx, owner, campaign.audience, campaign.senders, at);
  auto& query = recipients.query;
  query.from += first_look.joins(query.params);
  const auto more = first_look.columns() + merge_columns(parsed, query.params);
  // The plan is read to its end, so the fastest first row is not what is wanted.
  exec(tx, "SET LOCAL cursor_tuple_fraction = 1");
  set_joins(tx, Joins::by_hash);
  exec_with(tx, fmt::format("DECLARE plan_audience NO SCROLL CURSOR FOR {}", query.sql(more)), query.params);
  set_joins(tx, Joins::planned);
  TextTally tally{plan, parsed, placeholder_short_url(link_url)};
  struct Reason {
    std::int64_t contacts = 0, digest = 0;
  };
  std::vector<Reason> by_code(recipients.skips.reasons.size());
  for (;;) {
    const auto rows = exec(tx, fmt::format("FETCH {} FROM plan_audience", rows_per_fetch));
    if (rows.empty()) break;
    if (progress) progress(plan.audience);
    for (const auto& row : rows) {
      ++plan.audience;
      const auto answers = row["answers"].as<std::uint32_t>();
      const auto code = recipients.skips.codes[answers];
      auto& reason = by_code[static_cast<std::size_t>(code)];
      ++reason.contacts;
      reason.digest ^= row["digest"].as<std::int64_t>();
      if (code != 0) continue;
      first_look.look(plan, tally, row, answers, tally.add(row));
    }
  }
  std::map<std::string, std::int64_t> digests;
  for (std::size_t code = 0; code < by_code.size(); ++code) {
    if (by_code[code].contacts == 0) continue;
    digests[recipients.skips.reasons[code]] = by_code[code].digest;
    if (code != 0) plan.skipped[recipients.skips.reasons[code]] = by_code[code].contacts;
  }
  exec(tx, "CLOSE plan_audience");
  if (plan.recipients == 0) warn("no_recipients", "there is nobody to text");
  tally.write_warnings();
  first_look.write_warnings(plan);

  if (capacity.has_account) {
    plan.cost = exec(tx, "SELECT trim_scale($1::bigint * $2::numeric)::text", plan.parts, capacity.part_price)
                    .front()[0]
                    .as<std::string>();
    plan.currency = capacity.currency;
  }
  if (const auto pause = find_lane_pause(tx, tenant))
    warn("sending_paused", fmt::format("sending is paused: {}", pause->reason));
  const bool forecasted = capacity.has_account && capacity.has_sender && plan.recipients > 0;
  if (forecasted) {
    auto forecast = begin_forecast(owner, campaign, capacity, senders, at);
    tally.move_to(forecast);
    if (!forecast.groups.empty()) plan.finishes_at = forecast.end();
    if (!plan.finishes_at)
      warn("never_finishes", "caps and quiet hours leave no time at which all of it could be sent");
    if (campaign.expires_after &&
        plan.finishes_at.value_or(Timestamp::max()) > at + *campaign.expires_after) {
      plan.finishes_at = at + *campaign.expires_after;
      warn("expires_first", "it expires before all of it can be sent");
    }
  }
  if (campaign.links_expire_after && !parsed.links.empty()) {
    if (forecasted && plan.finishes_at.value_or(Timestamp::max()) > at + *campaign.links_expire_after) {
      warn("links_expire_first", "its links expire before all of it can be sent");
    } else if (campaign.expires_after && *campaign.expires_after > *campaign.links_expire_after) {
      warn("links_expire_first", "its links expire before it does: what leaves late leads nowhere");
    }
  }
  plan.plan_hash = hash_plan(body, campaign.kind, plan.audience, plan.recipients, digests);
  return plan;
}

}  // namespace smscrm
