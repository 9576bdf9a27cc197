// smscrm apikey …: what programs come in with.
#include "cli/page.hpp"
#include "core/access/access_json.hpp"

namespace smscrm {
namespace {

struct Flags {
  std::string key;
  std::vector<std::string> scopes, networks;
  std::string expires = "365d", overlap = "24h";
  Page page;
};

void print_made(Context& context, const MadeApiKey& made, const char* what) {
  auto& out = context.out();
  if (out.format() == Format::table) {
    out.print_raw(made.text + "\n");
  } else {
    out.print_record(to_json(made, now()));
  }
  out.note(fmt::format("{} API key {}; it is shown this once", what, made.key.name));
}

void create(Context& context, const Flags& flags) {
  const auto at = now();
  NewApiKey added{flags.key, flags.scopes, flags.networks, {}};
  if (flags.expires != "never")
    added.expires_at = context.read_time("--expires", flags.expires, TimeSense::future);
  const auto tenant = context.tenant().id;
  print_made(context,
             context.transaction([&](Tx& tx) { return add_api_key(tx, tenant, added, std::nullopt, at); }),
             "created");
}

void list_all(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto at = now();
  std::vector<Json> rows;
  for (const auto& key : context.transaction([&](Tx& tx) { return list_api_keys(tx, tenant); }))
    rows.push_back(to_json(key, at));
  print_page(context,
             {"key", "name", "state", "scopes", Column{"created_by"}.spare(2), "expires_at",
              Column{"last_used_at"}.spare()},
             flags.page, rows, "key",
             "no API keys; \"smscrm apikey create NAME --scope contacts:read\" makes one");
}

void show(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  context.out().print_record(
      to_json(context.transaction([&](Tx& tx) { return get_api_key(tx, tenant, flags.key); }), now()));
}

void revoke(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto at = now();
  const auto key = context.transaction([&](Tx& tx) { return get_api_key(tx, tenant, flags.key); });
  if (key.state(at) == "revoked") throw Error(Errc::conflict, "API key {} is revoked already", key.name);
  context.out().confirm(
      fmt::format("revoke API key {}{}", key.name,
                  key.last_used_at ? ", last used " + context.out().time(*key.last_used_at) : ""));
  context.transaction([&](Tx& tx) { revoke_api_key(tx, tenant, key.id, at); });
  context.out().note(fmt::format("revoked API key {}", key.name));
}

void rotate(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto at = now();
  const auto overlap = parse_duration(flags.overlap);
  print_made(context, context.transaction([&](Tx& tx) {
    return rotate_api_key(tx, tenant, get_api_key(tx, tenant, flags.key), overlap, at);
  }),
             "rotated");
  context.out().note(fmt::format("the key before it ends in {}", format_duration(overlap)));
}

}  // namespace

void add_apikey(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "apikey", "What programs come in with.",
                        "smscrm apikey create ci --scope contacts:write --scope imports:write --expires 90d\n"
                        "smscrm apikey list\n"
                        "smscrm apikey rotate ci --overlap 24h");
  noun.preparse_callback([&context](std::size_t) { context.act_for_installation(); });
  const auto verb = [&](const char* name, const char* summary, auto run) -> std::pair<CLI::App&, Flags&> {
    auto flags = std::make_shared<Flags>();
    auto& made = add_verb(noun, name, summary, [=, &context] { run(context, *flags); });
    return {made, *flags};
  };
  auto [create_verb, created] = verb("create", "Create a key; prints it, once.", create);
  add_positional(create_verb, "key", created.key, "NAME", "What it is for.");
  add_repeated(create_verb, "--scope", created.scopes, "RIGHT",
               "What it may do; smscrm-user(1) lists the rights.")
      ->required();
  add_repeated(create_verb, "--network", created.networks, "NETWORK",
               "Where it may be used from, as 192.0.2.0/24; without one: everywhere.");
  add_flag(create_verb, "--expires", created.expires, "TIME", "When it ends, as 90d from now; or never.")
      ->capture_default_str();

  auto [list_verb, listed] = verb("list", "List all keys, those that have ended too.", list_all);
  add_page(list_verb, listed.page, "--after", "KEY");

  auto [show_verb, shown] = verb("show", "Show a key.", show);
  add_positional(show_verb, "key", shown.key, "KEY", "Its name or id.");

  auto [rotate_verb, rotated] = verb("rotate", "Replace a key by a new one; prints it, once.", rotate);
  add_positional(rotate_verb, "key", rotated.key, "KEY", "Its name or id.");
  add_flag(rotate_verb, "--overlap", rotated.overlap, "TIME", "How long the one before is still good.")
      ->capture_default_str();

  auto [revoke_verb, revoked] = verb("revoke", "End a key at once.", revoke);
  add_positional(revoke_verb, "key", revoked.key, "KEY", "Its name or id.");
}

}  // namespace smscrm
