#include "core/segment/preview.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/db/joins.hpp"
#include "core/segment/segment.hpp"

namespace smscrm {
namespace {

void prepare_reading(Tx& tx) {
  exec(tx, "SET LOCAL work_mem = '64MB'");
  set_joins(tx, Joins::by_hash);
}

// "count(*) FILTER …" of who is left out by a stricter condition.
std::string count_absent(const CompiledRule& compiled) {
  return compiled.present.empty() ? "0"
                                  : fmt::format("count(*) FILTER (WHERE ({}) IS NOT TRUE)", compiled.present);
}

}  // namespace

RulePreview preview_rule(Tx& tx, TenantId tenant, const SegmentRule& rule, const RuleClock& clock) {
  std::vector<Param> params{to_param(tenant)};
  const auto compiled = compile_rule(tx, tenant, rule, clock, params);
  const auto absent =
      compiled.present.empty() ? std::string{"false"} : fmt::format("(({}) IS NOT TRUE)", compiled.present);
  prepare_reading(tx);
  const auto row =
      exec_with(tx,
                fmt::format("WITH matched AS MATERIALIZED (SELECT c.id, {} AS absent FROM contact c{}"
                            "                               WHERE c.tenant_id = $1 AND {})"
                            " SELECT (SELECT count(*) FROM matched) AS count,"
                            "        (SELECT count(*) FROM matched WHERE absent) AS absent,"
                            "        ARRAY(SELECT id FROM matched ORDER BY id LIMIT {}) AS first",
                            absent, compiled.joins, compiled.where, previewed_contacts),
                params)
          .front();
  set_joins(tx, Joins::planned);
  RulePreview preview;
  preview.count = row["count"].as<std::int64_t>();
  preview.absent = row["absent"].as<std::int64_t>();
  for (const auto& person :
       exec(tx,
            fmt::format("SELECT c.msisdn, btrim(c.first_name || ' ' || c.last_name) AS name"
                        "  FROM {} c ORDER BY c.id",
                        look_up("contact")),
            tenant, read_array(row["first"])))
    preview.sample.push_back({person["msisdn"].as<std::string>(), person["name"].as<std::string>()});
  return preview;
}

ContactFilter filter_by_rule(Tx& tx, TenantId tenant, ContactFilter filter, const SegmentRule& rule,
                             const RuleClock& clock) {
  filter.condition = [&tx, tenant, rule, clock](std::vector<Param>& params) {
    const auto compiled = compile_rule(tx, tenant, rule, clock, params);
    prepare_reading(tx);
    return ContactCondition{compiled.joins, compiled.where};
  };
  return filter;
}

WantedRule get_wanted_rule(Tx& tx, TenantId tenant, const std::string& text) {
  const std::string name{trim(text)};
  const auto is_slug_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  const bool may_be_name = !name.empty() && name.size() <= 63 && std::ranges::all_of(name, is_slug_character);
  if (may_be_name)
    if (const auto segment = find_segment(tx, tenant, name))
      return {segment->slug, parse_rule(segment->rule)};
  try {
    return {"", parse_rule(text)};
  } catch (const RuleError& error) {
    if (may_be_name && error.rule_code() != "too_long") get_segment(tx, tenant, name);
    throw;
  }
}

RuleExplanation explain_rule(Tx& tx, TenantId tenant, const SegmentRule& rule, const RuleClock& clock) {
  std::vector<Param> params{to_param(tenant)};
  const auto compiled = compile_rule(tx, tenant, rule, clock, params);
  RuleExplanation explanation;
  explanation.rule = format_rule(rule);
  explanation.segments = compiled.segments;
  explanation.sql =
      fmt::format("FROM contact c{} WHERE c.tenant_id = $1 AND {}", compiled.joins, compiled.where);
  for (const auto& param : params) explanation.parameters.push_back(param.value_or(""));

  std::string columns = fmt::format("SELECT count(*) AS count, {} AS absent", count_absent(compiled));
  for (std::size_t i = 0; i < compiled.absences.size(); ++i)
    columns += fmt::format(", count(*) FILTER (WHERE {}) AS absent_{}", compiled.absences[i].where, i);
  prepare_reading(tx);
  const auto plan =
      exec_with(tx, fmt::format("EXPLAIN (FORMAT JSON) SELECT count(*) {}", explanation.sql), params);
  explanation.cost =
      nlohmann::json::parse(plan.front()[0].c_str()).at(0).at("Plan").at("Total Cost").get<double>();
  const auto begin = std::chrono::steady_clock::now();
  const auto row = exec_with(tx, fmt::format("{} {}", columns, explanation.sql), params).front();
  explanation.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  set_joins(tx, Joins::planned);
  explanation.count = row["count"].as<std::int64_t>();
  explanation.absent = row["absent"].as<std::int64_t>();
  for (std::size_t i = 0; i < compiled.absences.size(); ++i)
    explanation.absences.push_back({compiled.absences[i].place, compiled.absences[i].field,
                                    row[fmt::format("absent_{}", i)].as<std::int64_t>()});
  for (const auto& tag : compiled.tags)
    if (exec(tx,
             "SELECT FROM contact c WHERE c.tenant_id = $1 AND c.id IN (SELECT tagged_contacts($1, $2)) "
             "LIMIT 1",
             tenant, tag.text)
            .empty())
      explanation.unused_tags.push_back(tag.text);
  return explanation;
}

}  // namespace smscrm
