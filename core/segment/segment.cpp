#include "core/segment/segment.hpp"

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"
#include "core/segment/audience.hpp"
#include "core/segment/compile.hpp"

namespace smscrm {
namespace {

constexpr const char* segment_columns = "id, slug, rule, description, created_at, updated_at";

Segment read_segment(const Row& row) {
  Segment segment;
  segment.id = row["id"].as<SegmentId>();
  segment.slug = row["slug"].as<std::string>();
  segment.rule = row["rule"].as<std::string>();
  segment.description = row["description"].as<std::string>();
  segment.created_at = row["created_at"].as<Timestamp>();
  segment.updated_at = row["updated_at"].as<Timestamp>();
  return segment;
}

std::string_view word_of(NamedInRules kind) {
  switch (kind) {
    case NamedInRules::list:
      return "list";
    case NamedInRules::segment:
      return "segment";
    case NamedInRules::campaign:
      return "campaign";
  }
  return "";
}

// One after the other: of two at once each could close a circle that neither sees.
void lock_segments(Tx& tx, TenantId tenant) {
  exec(tx, "SELECT pg_advisory_xact_lock(hashtextextended('segments', $1))", tenant);
}

// What the rule means is asked of the database once, so that nothing is kept which it refuses.
SegmentRule check_rule_of_segment(Tx& tx, const Tenant& tenant, const NewSegment& segment, Timestamp at) {
  auto rule = parse_rule(segment.rule);
  std::vector<Param> params{to_param(tenant.id)};
  compile_rule(tx, tenant.id, rule, {at, tenant.timezone}, params, segment.slug);
  return rule;
}

void write_references(Tx& tx, TenantId tenant, SegmentId id, const SegmentRule& rule) {
  exec(tx, "DELETE FROM segment_reference WHERE tenant_id = $1 AND segment_id = $2", tenant, id);
  std::vector<std::string> kinds, slugs;
  const auto add = [&](NamedInRules kind, const std::vector<RuleName>& names) {
    for (const auto& name : names) kinds.emplace_back(word_of(kind)), slugs.push_back(name.text);
  };
  add(NamedInRules::list, names_in(rule, MemberKind::list));
  add(NamedInRules::segment, names_in(rule, MemberKind::segment));
  add(NamedInRules::campaign, campaigns_in(rule));
  exec(tx,
       "INSERT INTO segment_reference (tenant_id, segment_id, kind, slug)"
       " SELECT $1::bigint, $2::bigint, u.kind, u.slug FROM unnest($3::text[], $4::text[]) AS u(kind, slug)",
       tenant, id, kinds, slugs);
}

std::vector<std::string> segments_that_name(Tx& tx, TenantId tenant, NamedInRules kind,
                                            const std::string& slug) {
  std::vector<std::string> slugs;
  for (const auto& row : exec(tx,
                              "SELECT s.slug FROM segment_reference r JOIN segment s ON s.tenant_id = $1"
                              "                                                     AND s.id = r.segment_id"
                              " WHERE r.tenant_id = $1 AND r.kind = $2 AND r.slug = $3 ORDER BY s.slug",
                              tenant, word_of(kind), slug))
    slugs.push_back(row[0].as<std::string>());
  return slugs;
}

// Whether a rule that a draft has of its own uses the segment. One that cannot be read any more uses nothing.
bool uses_segment(const std::string& rule, const std::string& slug) {
  try {
    for (const auto& name : names_in(parse_rule(rule), MemberKind::segment))
      if (name.text == slug) return true;
  } catch (const RuleError&) {
  }
  return false;
}

// Where a rule or a segment is asked for, the name would mean two things.
void check_is_no_rule(const std::string& slug) {
  try {
    parse_rule(slug);
  } catch (const RuleError&) {
    return;
  }
  throw Error(Errc::invalid, "\"{}\" means something in a rule; a segment needs another name", slug);
}

void check_slug_is_free(Tx& tx, TenantId tenant, const std::string& slug) {
  check_is_no_rule(slug);
  if (find_segment(tx, tenant, slug) && !looks_like_id(slug))
    throw Error(Errc::conflict, "there is a segment \"{}\" already", slug);
}

}  // namespace

Segment add_segment(Tx& tx, const Tenant& tenant, const NewSegment& added, Timestamp at) {
  check_slug(added.slug, "segment");
  check_length(added.description, longest_name, "a segment's description");
  lock_segments(tx, tenant.id);
  check_room(
      exec(tx, "SELECT count(*) FROM segment WHERE tenant_id = $1", tenant.id).front()[0].as<std::int64_t>(),
      most_segments, "segments");
  check_slug_is_free(tx, tenant.id, added.slug);
  const auto rule = check_rule_of_segment(tx, tenant, added, at);
  const auto rows =
      exec(tx,
           fmt::format("INSERT INTO segment (tenant_id, slug, rule, description, created_at, updated_at)"
                       " VALUES ($1, $2, $3, $4, $5, $5)"
                       " ON CONFLICT (tenant_id, slug) DO NOTHING RETURNING {}",
                       segment_columns),
           tenant.id, added.slug, added.rule, added.description, at);
  if (rows.empty()) throw Error(Errc::conflict, "there is a segment \"{}\" already", added.slug);
  auto segment = read_segment(rows.front());
  write_references(tx, tenant.id, segment.id, rule);
  return segment;
}

std::optional<Segment> find_segment(Tx& tx, TenantId tenant, std::string_view name) {
  const auto rows = exec(tx,
                         fmt::format("SELECT {} FROM segment WHERE tenant_id = $1 AND {} = $2",
                                     segment_columns, looks_like_id(name) ? "id" : "slug"),
                         tenant, name);
  if (rows.empty()) return std::nullopt;
  return read_segment(rows.front());
}

Segment get_segment(Tx& tx, TenantId tenant, std::string_view name) {
  if (auto segment = find_segment(tx, tenant, name)) return *std::move(segment);
  std::vector<std::string> slugs;
  for (const auto& segment : list_segments(tx, tenant)) slugs.push_back(segment.slug);
  Error error(Errc::not_found, "there is no segment \"{}\"", name);
  if (const auto near = nearest(name, slugs))
    throw std::move(error).with_hint(fmt::format("did you mean \"{}\"?", *near));
  throw std::move(error).with_hint("\"smscrm segment list\" names them all");
}

std::vector<Segment> list_segments(Tx& tx, TenantId tenant) {
  std::vector<Segment> segments;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT {} FROM segment WHERE tenant_id = $1 ORDER BY slug COLLATE \"C\"",
                        segment_columns),
            tenant))
    segments.push_back(read_segment(row));
  return segments;
}

Segment update_segment(Tx& tx, const Tenant& tenant, const Segment& segment, const SegmentChange& change,
                       Timestamp at) {
  lock_segments(tx, tenant.id);
  const auto current = get_segment(tx, tenant.id, fmt::format("{}", segment.id.value));
  auto changed = current;
  if (change.slug) changed.slug = *change.slug;
  if (change.rule) changed.rule = *change.rule;
  if (change.description) changed.description = *change.description;
  check_slug(changed.slug, "segment");
  check_length(changed.description, longest_name, "a segment's description");
  if (changed.slug != current.slug) {
    check_slug_is_free(tx, tenant.id, changed.slug);
    check_not_in_rules(tx, tenant.id, NamedInRules::segment, current.slug);
    for (const auto& row :
         exec(tx,
              "SELECT slug, audience FROM campaign WHERE tenant_id = $1 AND status = 'draft'"
              "   AND starts_with(audience, 'where ') ORDER BY slug",
              tenant.id))
      if (uses_segment(parse_audience(row["audience"].as<std::string>()).name, current.slug))
        throw Error(Errc::conflict, "campaign \"{}\" uses segment \"{}\" in a rule of its own",
                    row["slug"].as<std::string>(), current.slug)
            .with_hint("launch or change it first");
  }
  // Also when it stays as it is: it may not name itself under its new name.
  if (change.rule || change.slug) {
    exec(tx, "UPDATE segment SET slug = $3, rule = $4 WHERE tenant_id = $1 AND id = $2", tenant.id,
         current.id, changed.slug, changed.rule);
    write_references(tx, tenant.id, current.id, check_rule_of_segment(tx, tenant, changed, at));
  }
  exec(tx, "UPDATE segment SET description = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2", tenant.id,
       current.id, changed.description, at);
  if (changed.slug != current.slug)
    exec(tx,
         "UPDATE campaign SET audience = 'segment:' || $3::text"
         " WHERE tenant_id = $1 AND status = 'draft' AND audience = 'segment:' || $2::text",
         tenant.id, current.slug, changed.slug);
  return get_segment(tx, tenant.id, fmt::format("{}", current.id.value));
}

std::vector<std::string> users_of_segment(Tx& tx, TenantId tenant, const std::string& slug) {
  std::vector<std::string> users;
  for (const auto& segment : segments_that_name(tx, tenant, NamedInRules::segment, slug))
    users.push_back(fmt::format("segment \"{}\"", segment));
  for (const auto& row : exec(tx,
                              "SELECT slug, audience FROM campaign WHERE tenant_id = $1 AND status = 'draft'"
                              "   AND (audience = 'segment:' || $2::text OR starts_with(audience, 'where '))"
                              " ORDER BY slug",
                              tenant, slug)) {
    const auto audience = parse_audience(row["audience"].as<std::string>());
    if (audience.kind == Audience::Kind::segment || uses_segment(audience.name, slug))
      users.push_back(fmt::format("campaign \"{}\"", row["slug"].as<std::string>()));
  }
  return users;
}

void delete_segment(Tx& tx, TenantId tenant, const Segment& segment) {
  lock_segments(tx, tenant);
  if (const auto users = users_of_segment(tx, tenant, segment.slug); !users.empty())
    throw Error(Errc::conflict, "segment \"{}\" is used by {}", segment.slug, join(users, ", "))
        .with_hint("change or launch them first, or delete them");
  exec(tx, "DELETE FROM segment WHERE tenant_id = $1 AND id = $2", tenant, segment.id);
}

void check_not_in_rules(Tx& tx, TenantId tenant, NamedInRules kind, const std::string& slug) {
  // A draft's own rule, in which it stands as a word.
  if (kind == NamedInRules::campaign)
    for (const auto& row : exec(tx,
                                "SELECT slug FROM campaign WHERE tenant_id = $1 AND status = 'draft'"
                                "   AND starts_with(audience, 'where ') AND slug <> $2"
                                "   AND audience ~* ('(^|[^a-z0-9_-])' || $2::text || '([^a-z0-9_-]|$)')"
                                " ORDER BY slug LIMIT 1",
                                tenant, slug))
      throw Error(Errc::conflict, "the rule of campaign \"{}\" asks for campaign \"{}\"",
                  row[0].as<std::string>(), slug)
          .with_hint("launch or change it first");
  const auto segments = segments_that_name(tx, tenant, kind, slug);
  if (segments.empty()) return;
  throw Error(Errc::conflict, "segment \"{}\" names {} \"{}\" in its rule", segments.front(), word_of(kind),
              slug)
      .with_hint(fmt::format("change it first: smscrm segment update {}", segments.front()));
}

}  // namespace smscrm
