#include <algorithm>

#include "core/base/text.hpp"
#include "core/segment/rule_compiler.hpp"

namespace smscrm::segment_sql {

// --- what happened

std::string_view RuleCompiler::status_of(Verb verb) {
  switch (verb) {
    case Verb::sent:
      return "(m.status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent', 'delivered', "
             "'undelivered')"
             " OR m.retries > 0)";
    case Verb::received:
      return "m.status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent', 'delivered')";
    case Verb::delivered:
      return "m.status = 'delivered'";
    case Verb::failed:
      return "m.status IN ('failed', 'undelivered', 'expired')";
    case Verb::skipped:
      return "m.status = 'skipped'";
    case Verb::targeted:
    case Verb::clicked:
    case Verb::replied:
      return "";
  }
  return "";
}

std::string RuleCompiler::time_of(Verb verb) {
  switch (verb) {
    case Verb::targeted:
      return "m.created_at";
    case Verb::sent:
    case Verb::received:
      return "m.claimed_at";
    case Verb::delivered:
    case Verb::failed:
    case Verb::skipped:
      return "m.status_at";
    case Verb::clicked:
      return "k.clicked_at";
    case Verb::replied:
      return "i.received_at";
  }
  return "";
}

const std::vector<CampaignRange>& RuleCompiler::campaigns() {
  if (!campaigns_) {
    campaigns_.emplace();
    for (const auto& row : exec(tx_,
                                "SELECT id, slug, first_message, last_message, launched_at, finished_at,"
                                " status IN ('running', 'paused', 'canceled') AS is_open"
                                "  FROM campaign WHERE tenant_id = $1 ORDER BY first_message",
                                tenant_))
      campaigns_->push_back({row["id"].as<CampaignId>(), row["slug"].as<std::string>(),
                             as_optional<std::int64_t>(row["first_message"]),
                             as_optional<std::int64_t>(row["last_message"]),
                             as_optional<Timestamp>(row["launched_at"]),
                             as_optional<Timestamp>(row["finished_at"]), row["is_open"].as<bool>()});
  }
  return *campaigns_;
}

std::set<CampaignId> RuleCompiler::find_campaigns(const std::vector<RuleName>& names) {
  std::set<CampaignId> ids;
  for (const auto& name : names) {
    const auto found = std::ranges::find(campaigns(), name.text, &CampaignRange::slug);
    if (found == campaigns().end()) {
      std::vector<std::string> slugs;
      for (const auto& campaign : campaigns()) slugs.push_back(campaign.slug);
      throw RuleError("unknown_campaign", name.place, fmt::format("there is no campaign \"{}\"", name.text),
                      hint_near(name.text, slugs, "\"smscrm campaign list\" names them all"));
    }
    ids.insert(found->id);
  }
  return ids;
}

bool RuleCompiler::may_have(const CampaignRange& campaign, Verb verb, const Range& range) {
  if (range.until && *campaign.launched_at > *range.until) return false;
  if (!range.from || campaign.is_open || !campaign.finished_at) return true;
  if (verb == Verb::targeted) return *campaign.launched_at >= *range.from;
  // Receipts come late, within days.
  const auto late =
      verb == Verb::sent || verb == Verb::received ? std::chrono::hours{0} : std::chrono::hours{24 * 30};
  return *campaign.finished_at + late >= *range.from;
}

std::optional<RuleCompiler::Source> RuleCompiler::messages(const RuleEvent& event, const Range& range) {
  const auto wanted = find_campaigns(event.campaigns);
  std::string from = "FROM message m", where = " WHERE m.tenant_id = $1";
  if (!wanted.empty() || range.from || range.until) {
    std::vector<std::int64_t> firsts, lasts;
    for (const auto& campaign : campaigns()) {
      if (!campaign.first || !campaign.launched_at || (!wanted.empty() && !wanted.contains(campaign.id)) ||
          !may_have(campaign, event.verb, range))
        continue;
      if (!lasts.empty() && lasts.back() + 1 == *campaign.first) {
        lasts.back() = *campaign.last;
      } else {
        firsts.push_back(*campaign.first), lasts.push_back(*campaign.last);
      }
    }
    if (firsts.empty()) return std::nullopt;
    if (firsts.size() == 1) {
      where += fmt::format(" AND m.id BETWEEN {} AND {}", put(to_param(firsts.front()), "bigint"),
                           put(to_param(lasts.front()), "bigint"));
    } else {
      // Each block by itself, whatever joins the planner may use: as a join of ranges it would compare all
      // messages with all of them.
      from = fmt::format(
          "FROM unnest({}, {}) AS r(lo, hi) CROSS JOIN LATERAL"
          " (SELECT * FROM message b WHERE b.tenant_id = $1 AND b.id BETWEEN r.lo AND r.hi OFFSET 0) m",
          put(to_param(firsts), "bigint[]"), put(to_param(lasts), "bigint[]"));
    }
  }
  where += " AND m.campaign_id IS NOT NULL AND m.contact_id IS NOT NULL";
  if (const auto status = status_of(event.verb); !status.empty()) where += fmt::format(" AND {}", status);
  if (event.reason) where += " AND m.skip_reason = " + put(event.reason->text, "text");
  return Source{from + where, "m.contact_id", time_of(event.verb)};
}

std::optional<RuleCompiler::Source> RuleCompiler::clicks(const RuleEvent& event) {
  std::string where =
      "FROM click k WHERE k.tenant_id = $1 AND k.contact_id IS NOT NULL AND k.class = 'person'";
  if (!event.campaigns.empty()) {
    std::vector<CampaignId> ids;
    for (const auto id : find_campaigns(event.campaigns)) ids.push_back(id);
    std::vector<std::string> links;
    for (const auto& row :
         exec(tx_, "SELECT id FROM link WHERE tenant_id = $1 AND campaign_id = ANY ($2)", tenant_, ids))
      links.push_back(row[0].as<std::string>());
    if (links.empty()) return std::nullopt;
    where += fmt::format(" AND k.link_id = ANY ({})", put(to_param(links), "bigint[]"));
  }
  return Source{where, "k.contact_id", time_of(event.verb)};
}

std::optional<RuleCompiler::Source> RuleCompiler::replies(const RuleEvent& event) {
  std::string where = "FROM inbound i WHERE i.tenant_id = $1 AND i.contact_id IS NOT NULL AND i.keyword = ''";
  if (!event.campaigns.empty()) {
    std::vector<std::string> ids;
    for (const auto id : find_campaigns(event.campaigns)) ids.push_back(fmt::format("{}", id.value));
    where += fmt::format(" AND i.campaign_id = ANY ({})", put(to_param(ids), "bigint[]"));
  }
  return Source{where, "i.contact_id", time_of(event.verb)};
}

std::optional<RuleCompiler::Source> RuleCompiler::source_of(const RuleEvent& event, const Range& range) {
  auto source = event.verb == Verb::clicked   ? clicks(event)
                : event.verb == Verb::replied ? replies(event)
                                              : messages(event, range);
  if (!source) return source;  // nor are there parameters of it
  if (const auto within = in_range(time_of(event.verb), range); !within.empty())
    source->from_where += " AND " + within;
  return source;
}

std::optional<std::string> RuleCompiler::add_happened(const RuleEvent& event, const Range& range) {
  const auto source = source_of(event, range);
  if (!source) return std::nullopt;
  return add_set(fmt::format("SELECT DISTINCT {} AS id {}", source->contact, source->from_where));
}

std::optional<std::string> RuleCompiler::add_tally(const RuleEvent& event, const Range& range,
                                                   std::string_view column) {
  const auto source = source_of(event, range);
  if (!source) return std::nullopt;
  const auto value =
      column == "last" ? fmt::format("max({}) AS last", source->at) : std::string{"count(*) AS times"};
  return add_set(
      fmt::format("SELECT {0} AS id, {1} {2} GROUP BY {0}", source->contact, value, source->from_where));
}

Range RuleCompiler::until_now(Range range) const {
  if (!range.until || *range.until > clock_.now) {
    range.until = clock_.now;
    range.with_until = true;
  }
  return range;
}

Leaf RuleCompiler::compile_activity(const RuleTest& test, Verb verb) {
  RuleEvent event;
  event.verb = verb;
  const bool asks = test.kind == TestKind::set || test.kind == TestKind::empty || asks_for_absence(test);
  if (!asks && !is_anniversary(test) && test.kind != TestKind::one_of) {
    const auto range = range_of(test);
    // Whether the last one is not before a time is whether there is one since.
    // That needs no look at what was before, unless those are to be counted who have no such time; for
    // messages, that would be to read all that were ever written.
    const bool counts_absent = negated_ && (verb == Verb::clicked || verb == Verb::replied);
    if (range.from && (!range.until || *range.until >= clock_.now) && !counts_absent) {
      const auto name = add_happened(event, until_now(range));
      return name ? has_row(*name) : nobody();
    }
  }
  const auto name = add_tally(event, until_now({}), "last");
  return compile_time(test, name ? *name + ".last" : "NULL::timestamptz", true);
}

std::string RuleCompiler::tally_holds(const std::string& name, Comparison comparison,
                                      const std::string& number) {
  const auto value = put(number, "numeric");
  if (holds(comparison, 0, std::stod(number)))
    return fmt::format("coalesce({}.times, 0) {} {}", name, sign_of(comparison), value);
  return fmt::format("{}.times {} {}", name, sign_of(comparison), value);
}

Leaf RuleCompiler::compile_count(const RuleTest& test, Verb verb) {
  RuleEvent event;
  event.verb = verb;
  if (test.kind == TestKind::set) return {"true", "false", ""};
  if (test.kind == TestKind::empty) return {"false", "true", ""};
  if (test.kind != TestKind::compare && test.kind != TestKind::one_of && test.kind != TestKind::between)
    refuse_type(test, "is a number", fmt::format("write {} >= 3", test.field));
  if (test.kind == TestKind::compare) {
    const auto number = number_of(test.values.front());
    const auto name = add_tally(event, {}, "times");
    if (!name) return holds(test.comparison, 0, std::stod(number)) ? Leaf{"true", "false", ""} : nobody();
    return {tally_holds(*name, test.comparison, number), "", ""};
  }
  const auto name = add_tally(event, {}, "times");
  auto leaf = compile_number(test, name ? fmt::format("coalesce({}.times, 0)", *name) : std::string{"0"});
  leaf.present.clear();
  return leaf;
}

Leaf RuleCompiler::compile_consent(const RuleTest& test) {
  const auto name = add_join_by_number("consent");
  const auto leaf = has_row(name, "msisdn");
  if (test.kind == TestKind::set) return leaf;
  if (test.kind == TestKind::empty) return {leaf.negated, leaf.sql, ""};
  const bool compares = test.kind == TestKind::compare && !is_order(test.comparison);
  if (!compares && test.kind != TestKind::one_of)
    refuse_type(test, "is opted_in, opted_out or none, and compares by = and in");
  std::vector<std::string> states, parts;
  for (const auto& value : test.values) {
    const auto state = to_lower(value.text);
    if (state == "none") {
      parts.push_back(leaf.negated);
    } else if (state == "opted_in" || state == "opted_out") {
      states.push_back(state);
    } else {
      throw RuleError("unknown_value", value.place, fmt::format("\"{}\" is no state of consent", value.text),
                      "it is opted_in, opted_out or none");
    }
  }
  if (!states.empty())
    parts.push_back(fmt::format("{}.state = ANY ({})", name, put(to_param(states), "text[]")));
  return {join(parts, " OR "), "", ""};
}

Range RuleCompiler::window_of(const RuleEvent& event) const {
  if (!event.window) return {};
  switch (*event.window) {
    case TestKind::within:
      return {before_now(length_of(event.values[0]), clock_), clock_.now};
    case TestKind::since:
      return until_now({span_of(event.values[0]).begin, std::nullopt});
    case TestKind::before:
      return until_now({std::nullopt, span_of(event.values[0]).begin, true, false});
    default:
      return until_now(between_of(event.values[0], event.values[1]));
  }
}

Leaf RuleCompiler::compile_event(const RuleEvent& event) {
  const auto& reasons = skip_reasons_of_rules();
  if (event.reason && std::ranges::find(reasons, event.reason->text) == reasons.end())
    throw RuleError("unknown_value", event.reason->place,
                    fmt::format("nothing is skipped for \"{}\"", event.reason->text),
                    hint_near(event.reason->text, reasons, "reasons are " + join(reasons, ", ")));
  const auto window = window_of(event);
  if (!event.comparison) {
    const auto name = add_happened(event, window);
    return name ? has_row(*name) : nobody();
  }
  const auto times = fmt::format("{}", event.times);
  const auto name = add_tally(event, window, "times");
  if (!name)
    return holds(*event.comparison, 0, static_cast<double>(event.times)) ? Leaf{"true", "false", ""}
                                                                         : nobody();
  return {tally_holds(*name, *event.comparison, times), "", ""};
}

}  // namespace smscrm::segment_sql
