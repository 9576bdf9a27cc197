// Segments: rules with a name (core/segment/rule.hpp). Whom they hold is worked out each time they are used;
// the rule keeps its words, "today" among them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/segment/rule.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

using SegmentId = Id<struct SegmentTag>;

inline constexpr std::int64_t most_segments = 1'000;  // of a tenant

struct NewSegment {
  std::string slug;
  std::string rule;         // as it was typed
  std::string description;  // what people read; may be empty
};

struct Segment : NewSegment {
  SegmentId id;
  Timestamp created_at, updated_at;
};

// Throws Error{invalid} for a bad slug or one that is a rule (all, dnc, sent …), RuleError for a bad rule,
// Error{conflict} when the slug is taken.
Segment add_segment(Tx& tx, const Tenant& tenant, const NewSegment& added, Timestamp at);

// By slug, or by id when `name` is all digits.
std::optional<Segment> find_segment(Tx& tx, TenantId tenant, std::string_view name);
// The same; throws Error{not_found} naming the nearest slug.
Segment get_segment(Tx& tx, TenantId tenant, std::string_view name);

std::vector<Segment> list_segments(Tx& tx, TenantId tenant);  // by slug

struct SegmentChange {
  std::optional<std::string> slug, rule, description;  // nullopt leaves it alone
};

// Drafts of campaigns that are meant for it follow it to its new slug. Throws as add_segment, and
// Error{conflict} for a new slug while a rule names the old one.
Segment update_segment(Tx& tx, const Tenant& tenant, const Segment& segment, const SegmentChange& change,
                       Timestamp at);

// Throws Error{conflict} while another segment or a draft of a campaign uses it, naming them.
void delete_segment(Tx& tx, TenantId tenant, const Segment& segment);

// Who uses it: "segment \"vips\"", "campaign \"spring\"", the latter while it is a draft.
std::vector<std::string> users_of_segment(Tx& tx, TenantId tenant, const std::string& slug);

enum class NamedInRules { list, segment, campaign };

// Throws Error{conflict} while a segment's rule names it: it may not go, or have another name.
void check_not_in_rules(Tx& tx, TenantId tenant, NamedInRules kind, const std::string& slug);

}  // namespace smscrm
