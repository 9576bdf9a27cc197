// smscrm user …: people who may come in, and what they may do.
#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/access/access_json.hpp"
#include "core/access/one_time_link.hpp"
#include "core/access/password.hpp"
#include "core/config/console_url.hpp"
#include "core/net/crypto_password.hpp"

namespace smscrm {
namespace {

struct Flags {
  std::string user;
  std::optional<std::string> name, email;
  std::string role, operates, purpose = "sign-in", file, variable, scope;
  std::optional<std::int64_t> session;
  Page page;
  bool is_operator = false, all = false, reset = false, end_all = false;
};

const std::vector<std::string> role_words{"viewer", "agent", "editor", "manager", "owner"};

void print_link(Context& context, const User& user, LinkPurpose purpose, const std::string& token,
                Timestamp at) {
  const auto url = one_time_url(console_url(context.config().http), token);
  auto& out = context.out();
  if (out.format() == Format::table)
    out.print_raw(url + "\n");
  else
    out.print_record(to_json(user, url, at + life_of(purpose)));
  out.note(fmt::format("good once, for {}; whoever has it comes in as {}", format_duration(life_of(purpose)),
                       user.email));
}

void show_change(Context& context, const User& user, const char* what) {
  if (context.out().format() != Format::table) context.out().print_record(to_json(user));
  context.out().note(fmt::format("{} user {}", what, user.email));
}

void create(Context& context, const Flags& flags) {
  if (flags.role.empty() && !flags.is_operator)
    throw Error(Errc::usage, "what may the user do? give --role, --operator or both");
  const auto at = now();
  console_url(context.config().http);  // before anything is written
  std::optional<TenantId> tenant;
  if (!flags.role.empty()) tenant = context.tenant().id;
  const auto [user, token] = context.transaction([&](Tx& tx) {
    auto added = add_user(tx, {flags.user, flags.name.value_or(""), flags.is_operator}, at);
    if (tenant) set_role(tx, *tenant, added.id, parse_role(flags.role), at);
    auto link = new_one_time_link(tx, added.id, LinkPurpose::invitation, at);
    return std::pair{get_user(tx, added.email), std::move(link)};
  });
  print_link(context, user, LinkPurpose::invitation, token, at);
}

void list_all(Context& context, const Flags& flags) {
  std::optional<TenantId> tenant;
  if (!flags.all) tenant = context.tenant().id;
  std::vector<Json> rows;
  for (const auto& user : context.transaction([&](Tx& tx) { return list_users(tx, tenant); }))
    rows.push_back(to_json(user));
  print_page(
      context,
      {"email", "name", "roles", Column{"operator"}.spare(2), Column{"second_factor"}.spare(), "disabled_at"},
      flags.page, rows, "email", "no users; add one with \"smscrm user create EMAIL --role owner\"");
}

void show(Context& context, const Flags& flags) {
  context.out().print_record(to_json(context.transaction([&](Tx& tx) { return get_user(tx, flags.user); })));
}

void update(Context& context, const Flags& flags) {
  const auto at = now();
  std::optional<TenantId> tenant;
  if (!flags.role.empty()) tenant = context.tenant().id;
  show_change(context, context.transaction([&](Tx& tx) {
    const auto user = get_user(tx, flags.user);
    if (tenant && flags.role == "none")
      remove_role(tx, *tenant, user.id, at);
    else if (tenant)
      set_role(tx, *tenant, user.id, parse_role(flags.role), at);
    UserChange change{flags.email, flags.name, {}, {}};
    if (!flags.operates.empty()) change.is_operator = flags.operates == "on";
    return update_user(tx, user.id, change, at);
  }),
              "updated");
}

void set_disabled(Context& context, const Flags& flags, bool disabled) {
  show_change(context, context.transaction([&](Tx& tx) {
    return update_user(tx, get_user(tx, flags.user).id, {{}, {}, {}, disabled}, now());
  }),
              disabled ? "disabled" : "enabled");
}

void make_link(Context& context, const Flags& flags) {
  const auto at = now();
  console_url(context.config().http);
  const auto purpose = flags.purpose == "password" ? LinkPurpose::password : LinkPurpose::sign_in;
  const auto [user, token] = context.transaction([&](Tx& tx) {
    auto found = get_user(tx, flags.user);
    if (found.disabled_at)
      throw Error(Errc::conflict, "user {} is disabled", found.email)
          .with_hint(fmt::format("\"smscrm user enable {}\" lets them in again", found.email));
    return std::pair{found, new_one_time_link(tx, found.id, purpose, at)};
  });
  print_link(context, user, purpose, token, at);
}

void change_password(Context& context, const Flags& flags) {
  const auto password = read_secret(flags.file, flags.variable, "password");
  if (!password)
    throw Error(Errc::usage, "give the password with --password-file or --password-env")
        .with_hint("\"smscrm user link EMAIL --purpose password\" lets them choose one themselves");
  const auto user = context.transaction([&](Tx& tx) { return get_user(tx, flags.user); });
  std::vector<std::string> known{user.email, user.name};
  for (const auto& membership : user.memberships) known.push_back(membership.slug);
  check_password(*password, known);
  const auto hash = hash_password(*password);
  context.transaction([&](Tx& tx) { set_password(tx, context.secret_key(), user.id, hash, now()); });
  context.out().note(fmt::format("set the password of {}; their sessions have ended", user.email));
}

void second_factor(Context& context, const Flags& flags) {
  const auto [user, codes] = context.transaction([&](Tx& tx) {
    const auto found = get_user(tx, flags.user);
    if (flags.reset) remove_totp(tx, found.id, now());
    return std::pair{found, count_recovery_codes(tx, found.id)};
  });
  if (flags.reset) {
    context.out().note(
        fmt::format("{} signs in without a second factor now; their sessions have ended", user.email));
    return;
  }
  context.out().print_record(second_factor_to_json(user, codes));
}

void sessions(Context& context, const Flags& flags) {
  const auto at = now();
  if (flags.session || flags.end_all) {
    const auto ended = context.transaction([&](Tx& tx) {
      const auto user = get_user(tx, flags.user);
      if (flags.end_all) return end_other_sessions(tx, user.id, std::nullopt, at);
      if (!end_session(tx, user.id, SessionId{*flags.session}))
        throw Error(Errc::not_found, "user {} has no session {}", user.email, *flags.session);
      return 1;
    });
    context.out().note(fmt::format("ended {} session{}", ended, ended == 1 ? "" : "s"));
    return;
  }
  std::vector<Json> rows;
  for (const auto& session :
       context.transaction([&](Tx& tx) { return list_sessions(tx, get_user(tx, flags.user).id, at); }))
    rows.push_back(to_json(session));
  print_page(context, {"session", "seen_at", Column{"created_at"}.spare(), "address", "agent"}, flags.page,
             rows, "session", "no sessions");
}

void can(Context& context, const Flags& flags) {
  const auto at = now();
  const auto user = context.transaction([&](Tx& tx) { return get_user(tx, flags.user); });
  auto who = context.transaction([&](Tx& tx) { return find_principal(tx, user.id); });
  if (who) who->fresh_at = at;  // as if they had just signed in
  const auto may = [&](const Scope& scope) {
    if (!who) return false;
    const auto tenant = scope.least ? std::optional{context.tenant().id} : std::nullopt;
    return decide(*who, scope.name, tenant, at) == Permission::allowed;
  };
  if (flags.scope.empty()) {
    std::vector<Json> rows;
    for (const auto& scope : scopes()) rows.push_back(to_json(scope, may(scope)));
    context.out().print_list({"right", "may", "least_role", Column{"about"}.wrapped()}, rows);
    return;
  }
  const auto& scope = get_scope(flags.scope);
  if (context.out().format() != Format::table) context.out().print_record(to_json(scope, may(scope)));
  if (!may(scope)) context.set_status(ExitStatus::denied);
  context.out().note(
      may(scope) ? fmt::format("yes: {} may {}", user.email, scope.about)
      : !who     ? fmt::format("no: {} is disabled", user.email)
             : fmt::format("no: it takes the role {}", scope.least ? to_string(*scope.least) : "operator"));
}

}  // namespace

void add_user(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "user", "People who may come in, and what they may do.",
                        "smscrm user create ann@acme.example --name 'Ann Lee' --role owner\n"
                        "smscrm user link ann@acme.example\n"
                        "smscrm user update bob@acme.example --role editor\n"
                        "smscrm user can bob@acme.example launch");
  noun.preparse_callback([&context](std::size_t) { context.act_for_installation(); });
  const auto verb = [&](const char* name, const char* summary, auto run) -> std::pair<CLI::App&, Flags&> {
    auto flags = std::make_shared<Flags>();
    auto& made = add_verb(noun, name, summary, [=, &context] { run(context, *flags); });
    if (std::string_view{name} != "list")
      add_positional(made, "user", flags->user, "USER", "The e-mail address, or the id.");
    return {made, *flags};
  };
  auto [create_verb, created] =
      verb("create", "Create a user; prints a link that lets them in, once.", create);
  add_flag(create_verb, "--name", created.name, "NAME", "What they are called.");
  add_choice(create_verb, "--role", created.role, role_words, "What they may do in the tenant.");
  add_switch(create_verb, "--operator", created.is_operator,
             "They operate the installation: tenants and its state.");

  auto [list_verb, listed] = verb("list", "List who is in the tenant.", list_all);
  add_switch(list_verb, "--all", listed.all, "All users of the installation.");
  add_page(list_verb, listed.page, "--after", "EMAIL");

  verb("show", "Show a user.", show);

  auto updated = std::make_shared<Flags>();
  auto& update_verb = add_change(noun, "update", "Change a user; what is not named stays.",
                                 [=, &context] { update(context, *updated); });
  add_positional(update_verb, "user", updated->user, "USER", "The e-mail address, or the id.");
  add_flag(update_verb, "--name", updated->name, "NAME", "What they are called.");
  add_flag(update_verb, "--email", updated->email, "EMAIL", "Another address to sign in with.");
  auto roles = role_words;
  roles.emplace_back("none");
  add_choice(update_verb, "--role", updated->role, roles,
             "What they may do in the tenant; none: nothing any more.");
  add_choice(update_verb, "--operator", updated->operates, {"on", "off"},
             "Whether they operate the installation.");

  verb("disable", "Let a user in no more; what they did stays.",
       [](Context& c, const Flags& flags) { set_disabled(c, flags, true); });
  verb("enable", "Let a disabled user in again.",
       [](Context& c, const Flags& flags) { set_disabled(c, flags, false); });

  auto [link_verb, linked] = verb("link", "Make a link that lets a user in, once.", make_link);
  add_choice(link_verb, "--purpose", linked.purpose, {"sign-in", "password"},
             "To come in as they are, or to choose another password.")
      ->capture_default_str();

  auto [password_verb, secret] = verb("passwd", "Set a user's password.", change_password);
  add_flag(password_verb, "--password-file", secret.file, "FILE", "Where it stands; - is standard input.");
  add_flag(password_verb, "--password-env", secret.variable, "NAME", "The variable that has it.");

  auto [totp_verb, factor] = verb("totp", "Show or take away a user's second factor.", second_factor);
  add_switch(totp_verb, "--reset", factor.reset, "Take it away, when the device is lost.");

  auto [sessions_verb, session] = verb("sessions", "List or end a user's sessions.", sessions);
  add_flag(sessions_verb, "--end", session.session, "ID", "End this one.");
  add_switch(sessions_verb, "--end-all", session.end_all, "End all of them.");
  add_page(sessions_verb, session.page, "--after", "ID");

  auto [can_verb, asked] = verb("can", "Say what a user may do; status 4 when they may not.", can);
  can_verb.add_option("right", asked.scope, "The right, as \"launch\"; without one: all.")
      ->type_name("RIGHT");
}

}  // namespace smscrm
