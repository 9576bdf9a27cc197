// smscrm account …: the tenant's account at its provider.
#include "core/tenant/account.hpp"

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/question.hpp"
#include "core/base/secret.hpp"
#include "core/lane/brake.hpp"
#include "core/lane/lane_json.hpp"
#include "core/lane/trouble.hpp"
#include "core/net/curl.hpp"
#include "core/tenant/tenant_json.hpp"

namespace smscrm {
namespace {

struct Flags {
  AccountChange change;
  std::string token_file, token_env, api_key_secret_file;
};

Account get(Context& context) {
  const auto tenant = context.tenant().id;
  const auto& key = context.secret_key();
  return context.transaction([&](Tx& tx) { return get_account(tx, key, tenant); });
}

void set(Context& context, const Flags& flags) {
  auto change = flags.change;
  change.auth_token = read_secret(flags.token_file, flags.token_env, "auth token");
  change.api_key_secret = read_secret(flags.api_key_secret_file, "", "API key's secret");
  const auto tenant = context.tenant().id;
  const auto& key = context.secret_key();
  const auto account =
      context.transaction([&](Tx& tx) { return set_account(tx, key, tenant, change, now()); });
  if (context.out().format() != Format::table) context.out().print_record(to_json(account));
  context.out().note(fmt::format("set account {} of tenant {}", account.sid, context.tenant().slug));
  if (change.auth_token && account.webhook_tokens.size() > 1)
    context.out().note(fmt::format(
        "webhooks signed with the token before are still accepted until {}; --revoke-previous ends that",
        context.out().time(*account.previous_token_until)));
}

void show(Context& context) {
  auto record = to_json(get(context));
  const auto tenant = context.tenant().id;
  const auto trouble = context.transaction([&](Tx& tx) { return find_trouble(tx, tenant); });
  if (context.out().format() == Format::table)
    record["trouble"] = trouble ? describe(*trouble) : "";
  else
    record["trouble"] = trouble_to_json(trouble);
  context.out().print_record(record);
}

// What Twilio's refusal of a harmless question says of the credentials.
// Rule: twilio.com/docs/usage/requests-to-twilio and the pages of errors 20003 and 20404.
std::string explain_refusal(const CheckAnswer& answer, const Account& account) {
  switch (answer.error_code) {
    case 20003:
      return account.api_key_sid.empty() ? "the SID and the auth token do not belong together"
                                         : "the API key and its secret do not belong together";
    case 20404:
      return fmt::format("it knows no account {}", account.sid);
    default:
      return fmt::format("{} (error {})", answer.reason, answer.error_code);
  }
}

void check(Context& context) {
  const auto account = get(context);
  const auto& provider = get_provider(account.provider);
  const auto access = access_of(account, context.config().twilio);
  const auto result = http_request(provider.check_call(access));
  const auto answer = provider.parse_check(result);
  if (answer.kind == CheckAnswer::Kind::unanswered)
    throw Error(Errc::unavailable, "no answer from {}: {}", mask_url(access.api_url), answer.reason)
        .with_hint(answer.error_code != 0
                       ? "try again"
                       : "check the network, proxies on the way and twilio.api_url; then try again");
  if (answer.kind == CheckAnswer::Kind::refused)
    throw Error(Errc::denied, "Twilio refuses account {}: {}", account.sid, explain_refusal(answer, account))
        .with_hint("correct it with \"smscrm account set\"");
  if (context.out().format() != Format::table)
    context.out().print_record(account_check_to_json(account, result.took));
  context.out().note(fmt::format("Twilio accepts the credentials of account {}", account.sid));
  if (account.paused_at)
    context.out().warn(fmt::format("sending is paused{}{}; \"smscrm account resume\" ends that",
                                   account.pause_reason.empty() ? "" : ": ", account.pause_reason));
}

void pause(Context& context, const std::string& reason) {
  const auto tenant = context.tenant().id;
  const auto [pulled, found, by] = context.transaction([&](Tx& tx) {
    const bool now_paused = pull_brake(tx, tenant, operator_name(), reason, now());
    return std::tuple{now_paused, find_lane_pause(tx, tenant), find_brake(tx, tenant)};
  });
  if (context.out().format() != Format::table) context.out().print_record(paused_to_json(pulled, *found, by));
  if (pulled)
    context.out().note(fmt::format("nothing more of tenant {} is sent, until \"smscrm account resume\"",
                                   context.tenant().slug));
  else
    context.out().warn("nothing changed: " + describe(*found, by));
}

void resume(Context& context) {
  const auto tenant = context.tenant().id;
  const auto pause = context.transaction([&](Tx& tx) {
    check_has_lane(tx, tenant);
    auto found = find_lane_pause(tx, tenant);
    resume_lane(tx, tenant);
    return found;
  });
  context.wake_senders();
  if (context.out().format() != Format::table) context.out().print_record(resumed_to_json(pause));
  context.out().note(!pause                  ? "sending was not paused"
                     : pause->reason.empty() ? "sending goes on"
                                             : "sending goes on; it was paused: " + pause->reason);
}

}  // namespace

void add_account(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "account", "The tenant's Twilio account.",
                        "smscrm account set --sid AC… --token-file token.txt\n"
                        "smscrm account set --token-env TWILIO_TOKEN --rate 100\n"
                        "smscrm account check\n"
                        "smscrm account pause --reason 'wrong price list'\n"
                        "smscrm account resume");

  auto flags = std::make_shared<Flags>();
  auto& set_verb = add_change(noun, "set", "Set the account up, or change what is named.",
                              [=, &context] { set(context, *flags); });
  auto& change = flags->change;
  add_flag(set_verb, "--sid", change.sid, "SID", "The account's SID: AC and 32 hex digits.");
  add_flag(set_verb, "--token-file", flags->token_file, "FILE",
           "The auth token's file; - is standard input.");
  add_flag(set_verb, "--token-env", flags->token_env, "NAME", "The variable that holds the auth token.");
  add_switch(set_verb, "--revoke-previous", change.revoke_previous_token,
             "Webhooks signed with the token before count no more, at once.");
  add_flag(set_verb, "--api-key-sid", change.api_key_sid, "SID",
           "An API key to send with: SK…; empty: none.");
  add_flag(set_verb, "--api-key-secret-file", flags->api_key_secret_file, "FILE",
           "The API key's secret; - is standard input.");
  add_flag(set_verb, "--messaging-service", change.messaging_service, "SID",
           "A service to send through when there is no sender: MG…; empty: none.");
  add_flag(set_verb, "--rate", change.rate, "N", "Parts per second, all senders together.");
  add_flag(set_verb, "--max-in-flight", change.max_in_flight, "N", "Requests at once.");
  add_flag(set_verb, "--part-price", change.part_price, "AMOUNT", "Price of a part, for estimates.");
  add_flag(set_verb, "--currency", change.currency, "CUR", "Its currency (ISO 4217).");

  add_verb(noun, "show", "Show the account, secrets masked.", [&context] { show(context); });
  add_verb(noun, "check", "Ask Twilio whether the credentials are right.", [&context] { check(context); });
  auto reason = std::make_shared<std::string>();
  auto& pause_verb = add_verb(noun, "pause", "Stop all sending of the tenant at once, replies and tests too.",
                              [=, &context] { pause(context, *reason); });
  add_flag(pause_verb, "--reason", *reason, "TEXT", "Why, for whoever finds it paused.");
  add_verb(noun, "resume", "Go on after a pause, or after an error stopped sending.",
           [&context] { resume(context); });
}

}  // namespace smscrm
