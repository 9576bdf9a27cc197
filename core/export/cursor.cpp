#include "core/export/cursor.hpp"

#include <array>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr ExportKind kinds[] = {ExportKind::contacts, ExportKind::messages, ExportKind::clicks,
                                ExportKind::inbox,    ExportKind::consent,  ExportKind::audit};

constexpr const char* all_once = "export all of it once, without --after";

struct History {
  std::int64_t server, timeline;
};

// Of a standby the timeline is not told, and it has no cursors of its own.
History find_history(Tx& tx) {
  const auto row = exec(tx,
                        "SELECT system_identifier AS server, coalesce(database_timeline(), 0) AS timeline"
                        "  FROM pg_control_system()")
                       .front();
  return {row["server"].as<std::int64_t>(), row["timeline"].as<std::int64_t>()};
}

}  // namespace

std::string_view to_string(ExportKind kind) {
  switch (kind) {
    case ExportKind::contacts:
      return "contacts";
    case ExportKind::messages:
      return "messages";
    case ExportKind::clicks:
      return "clicks";
    case ExportKind::inbox:
      return "inbox";
    case ExportKind::consent:
      return "consent";
    case ExportKind::audit:
      return "audit";
  }
  return "";
}

std::string format_cursor(const ExportCursor& cursor) {
  return fmt::format("{}.{}.{}.{}.{}", to_string(cursor.kind), cursor.tenant, cursor.server, cursor.timeline,
                     cursor.place);
}

ExportCursor parse_export_cursor(std::string_view text) {
  const auto parts = split(trim(text), '.');
  if (parts.size() == 5)
    for (const auto kind : kinds) {
      if (parts[0] != to_string(kind)) continue;
      std::array<std::int64_t, 4> numbers{};
      bool all = true;
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto number = parse_integer(parts[i + 1]);
        all = all && number;
        numbers[i] = number.value_or(0);
      }
      if (all && numbers[3] >= 0) return {kind, numbers[0], numbers[1], numbers[2], numbers[3]};
    }
  throw Error(Errc::usage, "\"{}\" is no cursor of an export", text)
      .with_hint("give the one that the last export told: contacts.1.7577577757757775757.1.48213");
}

ExportCursor make_cursor(Tx& tx, ExportKind kind, std::int64_t tenant, std::int64_t position) {
  const auto [server, timeline] = find_history(tx);
  const auto oldest = exec(tx, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint");
  return {kind, tenant, server, timeline,
          kind == ExportKind::audit ? position : oldest.front()[0].as<std::int64_t>()};
}

void check_cursor(Tx& tx, const ExportCursor& cursor, ExportKind kind, std::int64_t tenant) {
  if (cursor.kind != kind)
    throw Error(Errc::usage, "the cursor is of an export of {}, and not of {}", to_string(cursor.kind),
                to_string(kind));
  if (cursor.tenant != tenant) throw Error(Errc::usage, "the cursor is another tenant's");
  const auto [server, timeline] = find_history(tx);
  if (cursor.server != server || cursor.timeline != timeline)
    throw Error(
        Errc::conflict,
        "the database was restored, copied or promoted since the cursor, which says nothing of it now")
        .with_hint(all_once);
  // A disk that was put back is of the same server and timeline.
  const auto newest =
      kind == ExportKind::audit
          ? exec(tx, "SELECT coalesce(max(position), 0) FROM audit_event WHERE tenant_id = $1", tenant)
          : exec(tx, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
  if (cursor.place > newest.front()[0].as<std::int64_t>())
    throw Error(Errc::conflict,
                "the cursor is of more than the database has: it has forgotten what came last")
        .with_hint(all_once);
}

std::string written_since(Tx& tx, const ExportCursor& cursor, std::string_view alias) {
  // Rows know the lower 32 bits of a transaction's number; age() compares them within two billion.
  constexpr std::int64_t comparable = 2'000'000'000;
  const auto next =
      exec(tx, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").front()[0].as<std::int64_t>();
  if (next - cursor.place > comparable) return "true";
  return fmt::format("age({}.xmin) <= age('{}'::xid)", alias, cursor.place & 0xFFFF'FFFF);
}

}  // namespace smscrm
