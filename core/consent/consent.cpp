#include "core/consent/consent.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/consent/opt_out_scope.hpp"
#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/ledger/campaign_counter.hpp"

namespace smscrm {
namespace {

// What the rule asks of a change; changes alike in this go into one statement.
struct Weight {
  bool always;          // whatever the clocks say
  bool spares_opt_out;  // never overrides one
  bool scoped;          // narrower than the tenant
  ConsentAction action;
  auto operator<=>(const Weight&) const = default;
};

Weight weigh(const ConsentChange& change) {
  const bool out = change.action == ConsentAction::opt_out;
  const bool live = change.method == ConsentMethod::keyword || change.method == ConsentMethod::text ||
                    change.method == ConsentMethod::provider;
  return {.always = out && live,
          .spares_opt_out = !out && change.method == ConsentMethod::import,
          .scoped = !change.scope.empty(),
          .action = change.action};
}

struct Columns {
  std::vector<std::string> msisdns, methods, sources, scopes;
  std::vector<Timestamp> times;
  std::vector<std::optional<ImportId>> imports;
  std::vector<std::optional<InboundId>> inbounds;
  std::vector<std::optional<MessageId>> messages;
};

// States of numbers as a whole are in a table of their own: who has no narrower opt-out looks there alone.
// Returns those that were changed.
Result set_states(Tx& tx, TenantId tenant, const Weight& weight, const Columns& columns) {
  return exec(
      tx,
      fmt::format("INSERT INTO {0} AS c (tenant_id, msisdn, {1} state, changed_at)"
                  " SELECT $1, u.msisdn, {2} $2, least(u.at, now())"
                  "   FROM unnest($3::text[], $4::timestamptz[], $7::text[]) AS u(msisdn, at, scope)"
                  // In one order, so that two writers never wait for each other in a circle.
                  "  ORDER BY u.msisdn, u.scope"
                  " ON CONFLICT (tenant_id, msisdn {3}) DO UPDATE"
                  "   SET state = excluded.state, changed_at = greatest(c.changed_at, excluded.changed_at)"
                  " WHERE ($5 OR excluded.changed_at > c.changed_at"
                  "           OR (excluded.changed_at = c.changed_at AND excluded.state = 'opted_out'))"
                  "   AND NOT ($6 AND c.state = 'opted_out')"
                  " RETURNING msisdn{3}",
                  weight.scoped ? "consent_scope" : "consent", weight.scoped ? "scope," : "",
                  weight.scoped ? "u.scope," : "", weight.scoped ? ", scope" : ""),
      tenant, weight.action == ConsentAction::opt_out ? "opted_out" : "opted_in", columns.msisdns,
      columns.times, weight.always, weight.spares_opt_out, columns.scopes);
}

// Those of them that count: an opt-out from before a later opt-in does not.
void record_events(Tx& tx, TenantId tenant, const Columns& columns, const Result& decided) {
  const auto key = [](const std::string& msisdn, const std::string& scope) { return msisdn + ' ' + scope; };
  std::unordered_set<std::string> changed;
  for (const auto& row : decided)
    changed.insert(key(row[0].as<std::string>(), row.size() > 1 ? row[1].as<std::string>() : std::string{}));
  OptOutEvents events;
  for (std::size_t i = 0; i < columns.msisdns.size(); ++i) {
    if (changed.count(key(columns.msisdns[i], columns.scopes[i])) == 0) continue;
    events.msisdns.push_back(columns.msisdns[i]);
    events.methods.push_back(columns.methods[i]);
    events.sources.push_back(columns.sources[i]);
    events.scopes.push_back(columns.scopes[i]);
    events.times.push_back(columns.times[i]);
  }
  record_opt_out_events(tx, tenant, events);
}

void count_opt_outs(Tx& tx, TenantId tenant, const std::vector<std::string>& methods) {
  CounterChanges counters;
  for (const auto& method : methods) counters.add(std::nullopt, opt_out_counter(method), 1);
  apply_counters(tx, tenant, launch_slot, counters, now());
}

// Changes of one weight, no number twice.
std::int64_t record_alike(Tx& tx, TenantId tenant, const Weight& weight, const Columns& columns) {
  const auto decided = set_states(tx, tenant, weight, columns);
  // The rows are locked now, so the states that spare an opt-out are those just met.
  const auto recorded = exec(
      tx,
      std::string{
          "INSERT INTO consent_event (tenant_id, msisdn, action, method, source, import_id, inbound_id,"
          " message_id, occurred_at, scope)"
          " SELECT $1, u.msisdn, $2, u.method, u.source, u.import_id, u.inbound_id, u.message_id, u.at,"
          "        u.scope"
          "   FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],"
          "               $9::timestamptz[], $11::text[])"
          "     WITH ORDINALITY AS u(msisdn, method, source, import_id, inbound_id, message_id, at, scope,"
          "                          n)"
          "  WHERE NOT ($10 AND coalesce((SELECT c.state = 'opted_out' FROM "} +
          (weight.scoped ? "consent_scope" : "consent") +
          " c WHERE c.tenant_id = $1 AND c.msisdn = u.msisdn" +
          (weight.scoped ? " AND c.scope = u.scope" : "") + " LIMIT 1), false)) ORDER BY u.n",
      tenant, to_string(weight.action), columns.msisdns, columns.methods, columns.sources, columns.imports,
      columns.inbounds, columns.messages, columns.times, weight.spares_opt_out, columns.scopes);
  if (weight.action == ConsentAction::opt_out) record_events(tx, tenant, columns, decided);
  if (weight.action == ConsentAction::opt_out) count_opt_outs(tx, tenant, columns.methods);
  return static_cast<std::int64_t>(columns.msisdns.size()) -
         static_cast<std::int64_t>(recorded.affected_rows());
}

ConsentMethod parse_method(std::string_view word) {
  for (const auto method :
       {ConsentMethod::operator_, ConsentMethod::import, ConsentMethod::keyword, ConsentMethod::text})
    if (word == to_string(method)) return method;
  return ConsentMethod::provider;
}

ConsentAction parse_action(std::string_view word) {
  if (word == to_string(ConsentAction::opt_in)) return ConsentAction::opt_in;
  return word == to_string(ConsentAction::opt_out) ? ConsentAction::opt_out : ConsentAction::withdrawal;
}

ConsentEvent read_event(const Row& row, const std::string& msisdn) {
  ConsentEvent event;
  event.msisdn = msisdn;
  event.action = parse_action(row["action"].as<std::string>());
  event.method = parse_method(row["method"].as<std::string>());
  event.source = row["source"].as<std::string>();
  event.occurred_at = row["occurred_at"].as<Timestamp>();
  event.import = as_optional<ImportId>(row["import_id"]);
  event.inbound = as_optional<InboundId>(row["inbound_id"]);
  event.message = as_optional<MessageId>(row["message_id"]);
  event.recorded_at = row["recorded_at"].as<Timestamp>();
  event.scope = row["scope"].as<std::string>();
  return event;
}

std::string day_of(Timestamp at) { return format_rfc3339(at).substr(0, 10); }

}  // namespace

std::string_view to_string(ConsentAction action) {
  switch (action) {
    case ConsentAction::opt_in:
      return "opt_in";
    case ConsentAction::opt_out:
      return "opt_out";
    case ConsentAction::withdrawal:
      return "withdrawal";
  }
  return "";
}

std::string_view to_string(ConsentMethod method) {
  switch (method) {
    case ConsentMethod::operator_:
      return "operator";
    case ConsentMethod::import:
      return "import";
    case ConsentMethod::keyword:
      return "keyword";
    case ConsentMethod::provider:
      return "provider";
    case ConsentMethod::text:
      return "text";
  }
  return "";
}

std::string_view to_string(ConsentState state) {
  switch (state) {
    case ConsentState::none:
      return "none";
    case ConsentState::opted_in:
      return "opted_in";
    case ConsentState::opted_out:
      return "opted_out";
  }
  return "";
}

std::int64_t record_consent(Tx& tx, TenantId tenant, const std::vector<ConsentChange>& changes) {
  // Round n holds the nth change of each number, so a number's changes stay in order.
  std::map<std::pair<std::size_t, Weight>, Columns> rounds;
  std::unordered_map<std::string_view, std::size_t> seen;
  for (const auto& change : changes) {
    auto& columns = rounds[{seen[change.msisdn]++, weigh(change)}];
    columns.msisdns.push_back(change.msisdn);
    columns.methods.emplace_back(to_string(change.method));
    columns.sources.push_back(change.source);
    columns.times.push_back(change.occurred_at);
    columns.imports.push_back(change.import);
    columns.inbounds.push_back(change.inbound);
    columns.messages.push_back(change.message);
    columns.scopes.push_back(change.scope);
  }
  std::int64_t left_out = 0;
  for (const auto& [round, columns] : rounds) left_out += record_alike(tx, tenant, round.second, columns);
  return left_out;
}

std::vector<ConsentEvent> list_consent_events(Tx& tx, TenantId tenant, const std::string& msisdn,
                                              std::optional<Timestamp> as_of) {
  std::vector<ConsentEvent> events;
  // Ids are handed out to sessions in blocks, so they order the events of one transaction only.
  for (const auto& row : exec(
           tx,
           "SELECT action, method, source, import_id, inbound_id, message_id, occurred_at, recorded_at, scope"
           "  FROM consent_event"
           " WHERE tenant_id = $1 AND msisdn = $2 AND ($3::timestamptz IS NULL OR recorded_at <= $3)"
           " ORDER BY recorded_at, id",
           tenant, msisdn, as_of))
    events.push_back(read_event(row, msisdn));
  return events;
}

std::vector<ConsentEvent> list_consent_events(Tx& tx, TenantId tenant,
                                              const std::vector<std::string>& msisdns) {
  std::vector<ConsentEvent> events;
  for (const auto& row :
       exec(tx,
            "SELECT e.msisdn, action, method, source, import_id, inbound_id, message_id, occurred_at,"
            "       recorded_at, scope"
            "  FROM (SELECT $1::bigint AS tenant_id, unnest($2::text[]) AS msisdn OFFSET 0) u"
            "  JOIN consent_event e ON e.tenant_id = u.tenant_id AND e.msisdn = u.msisdn"
            " ORDER BY e.msisdn, recorded_at, id",
            tenant, msisdns))
    events.push_back(read_event(row, row["msisdn"].as<std::string>()));
  return events;
}

FoldedConsent fold_ledger(const std::vector<ConsentEvent>& events, const std::string& scope) {
  std::set<std::optional<ImportId>> undone;
  for (const auto& event : events)
    if (event.action == ConsentAction::withdrawal) undone.insert(event.import);
  FoldedConsent folded;
  for (const auto& event : events) {
    if (event.scope != scope || event.action == ConsentAction::withdrawal) continue;
    const bool out = event.action == ConsentAction::opt_out;
    if (!out && event.import && undone.count(event.import) > 0) continue;
    const auto weight = weigh(event);
    const auto at = std::min(event.occurred_at, event.recorded_at);
    const bool counts = folded.state == ConsentState::none || weight.always || at > folded.changed_at ||
                        (at == folded.changed_at && out);
    if (!counts || (weight.spares_opt_out && folded.state == ConsentState::opted_out)) continue;
    folded.state = out ? ConsentState::opted_out : ConsentState::opted_in;
    folded.changed_at = std::max(folded.changed_at, at);
  }
  return folded;
}

ConsentState fold_consent(const std::vector<ConsentEvent>& events, const std::string& scope) {
  return fold_ledger(events, scope).state;
}

std::vector<std::string> fold_opted_out_scopes(const std::vector<ConsentEvent>& events) {
  std::set<std::string> scopes;
  for (const auto& event : events)
    if (!event.scope.empty()) scopes.insert(event.scope);
  std::vector<std::string> out;
  for (const auto& scope : scopes)
    if (fold_consent(events, scope) == ConsentState::opted_out) out.push_back(scope);
  return out;
}

ConsentStatus get_consent_status(Tx& tx, TenantId tenant, const std::string& msisdn) {
  const auto row =
      exec(tx,
           "SELECT t.consent AS mode, c.state, c.changed_at, d.reason, e.*,"
           "       ARRAY(SELECT o.scope FROM consent_scope o WHERE o.tenant_id = t.id AND o.msisdn = $2"
           "                AND " +
               as_filter("o.state = 'opted_out'") + " ORDER BY o.scope COLLATE \"C\") AS opted_out_of, " +
               no_sender_left("$2", "'{}'", Asked::once) +
               " AS no_sender_left"
               "  FROM tenant t"
               "  LEFT JOIN consent c ON c.tenant_id = t.id AND c.msisdn = $2"
               "  LEFT JOIN dnc d ON d.tenant_id = t.id AND d.msisdn = $2"
               "  LEFT JOIN LATERAL (SELECT action, method, source, import_id, inbound_id, message_id,"
               "                            occurred_at, recorded_at, scope"
               "                       FROM consent_event WHERE tenant_id = t.id AND msisdn = $2 AND scope = "
               "''"
               "                      ORDER BY recorded_at DESC, id DESC LIMIT 1) e ON true"
               " WHERE t.id = $1",
           tenant, msisdn)
          .at(0);
  ConsentStatus status;
  if (const auto state = as_optional<std::string>(row["state"]))
    status.state = *state == "opted_in" ? ConsentState::opted_in : ConsentState::opted_out;
  status.changed_at = as_optional<Timestamp>(row["changed_at"]);
  status.dnc_reason = as_optional<std::string>(row["reason"]);
  status.mode = row["mode"].as<std::string>() == "implied" ? ConsentMode::implied : ConsentMode::recorded;
  if (!row["action"].is_null()) status.latest = read_event(row, msisdn);
  status.opted_out_of = read_array(row["opted_out_of"]);
  status.no_sender_left = row["no_sender_left"].as<bool>();
  return status;
}

bool is_opted_out(const ConsentStatus& status, const std::string& address, const std::string& pool) {
  const auto covering = covering_scopes(address, pool);
  return status.state == ConsentState::opted_out ||
         std::find_first_of(covering.begin(), covering.end(), status.opted_out_of.begin(),
                            status.opted_out_of.end()) != covering.end();
}

std::string_view refusal(const ConsentStatus& status) {
  if (status.dnc_reason) return "dnc";
  if (status.state == ConsentState::opted_out || status.no_sender_left) return "opted_out";
  if (status.state == ConsentState::none && status.mode == ConsentMode::recorded) return "no_consent";
  return {};
}

std::string explain(const ConsentStatus& status) {
  if (status.dnc_reason)
    return status.dnc_reason->empty() ? "on the do-not-contact list"
                                      : fmt::format("on the do-not-contact list ({})", *status.dnc_reason);
  std::string text;
  if (status.state == ConsentState::none) {
    text = status.mode == ConsentMode::implied ? "no opt-out, and the tenant's consent is implied"
                                               : "no consent is recorded";
    if (status.latest && status.latest->action == ConsentAction::withdrawal)
      text += fmt::format(" ({})", status.latest->source);
  } else {
    const bool out = status.state == ConsentState::opted_out;
    text = fmt::format("{} on {}", out ? "opted out" : "opted in", day_of(*status.changed_at));
    // The newest event of the ledger need not be the one that decided.
    if (status.latest && status.latest->action == (out ? ConsentAction::opt_out : ConsentAction::opt_in))
      text += fmt::format(" ({}: {})", to_string(status.latest->method), status.latest->source);
  }
  if (status.opted_out_of.empty()) return text;
  std::vector<std::string> scopes;
  for (const auto& scope : status.opted_out_of) scopes.push_back(describe_scope(scope));
  text += fmt::format(", and opted out of {}", fmt::join(scopes, ", "));
  if (status.no_sender_left) text += ", which leaves no sender";
  return text;
}

}  // namespace smscrm
