// smscrm config …: what is configured, and where that comes from.
#include "cli/command.hpp"
#include "core/config/config_json.hpp"

namespace smscrm {
namespace {

void show(Context& context) {
  std::vector<Json> rows;
  for (const auto& setting : context.settings()) rows.push_back(to_json(setting));
  context.out().print_list({"key", "value", "origin"}, rows);
}

// Values that are well formed, and yet cannot work.
void check(Context& context) {
  const auto& config = context.config();
  if (!config.secrets.key_file.empty()) context.secret_key();
  context.out().note("the configuration is right");
}

}  // namespace

void add_config(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "config", "The configuration as it is in force.",
                        "smscrm config show\nsmscrm --config staging.toml config check");
  add_verb(noun, "show", "List every setting with its value and origin; passwords are masked.",
           [&context] { show(context); });
  add_verb(noun, "check", "Report every mistake, and whether the key file can be read.",
           [&context] { check(context); });
}

}  // namespace smscrm
