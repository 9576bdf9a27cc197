// smscrm migrate …: brings the database's schema to what this program knows.
#include "core/db/migrate.hpp"

#include <algorithm>

#include "cli/command.hpp"
#include "core/db/db_json.hpp"
#include "core/db/server_check.hpp"

namespace smscrm {
namespace {

void up(Context& context) {
  check_encoding(context.unchecked_connection());
  const auto applied = migrate(context.unchecked_connection());
  auto& out = context.out();
  const auto notes = list_migration_notes(context.unchecked_connection());
  if (out.format() != Format::table) {
    std::vector<Json> rows;
    for (const auto& name : applied) rows.push_back(migrated_to_json(name, notes));
    return out.print_list({"migration"}, rows, "nothing to do: the schema is up to date");
  }
  for (const auto& name : applied) {
    out.note("applied " + name);
    for (const auto& note : notes)
      if (note.migration == name) out.note(fmt::format("  {}: {}", note.what, note.rows));
  }
  if (applied.empty()) out.note("nothing to do: the schema is up to date");
}

void status(Context& context) {
  const auto applied = list_applied_migrations(context.unchecked_connection());
  const auto notes = list_migration_notes(context.unchecked_connection());
  std::vector<Json> rows;
  for (const auto& migration : applied) rows.push_back(to_json(migration, notes));
  for (const auto& name : list_pending_migrations(context.unchecked_connection()))
    rows.push_back(pending_to_json(name));
  context.out().print_list({"migration", "status", "applied_at"}, rows);
}

}  // namespace

void add_migrate(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "migrate", "The database's schema: bring it up to date (the default), or look.",
                        "smscrm migrate\nsmscrm migrate status");
  noun.require_subcommand(0, 1);
  noun.callback([&noun, &context] {
    if (noun.get_subcommands().empty()) up(context);
  });
  add_verb(noun, "up", "Apply what is pending.", [&context] { up(context); });
  add_verb(noun, "status", "List applied and pending migrations.", [&context] { status(context); });
}

}  // namespace smscrm
