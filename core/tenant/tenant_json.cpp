#include "core/tenant/tenant_json.hpp"

namespace smscrm {
namespace {

std::string show_quiet_hours(const std::optional<QuietHours>& hours) {
  return hours ? hours->from + "-" + hours->until : "off";
}

const char* masked(const std::string& secret) { return secret.empty() ? "" : "********"; }

}  // namespace

Json to_json(const Tenant& tenant) {
  return {{"id", tenant.id.value},
          {"slug", tenant.slug},
          {"name", tenant.name},
          {"timezone", tenant.timezone},
          {"country", tenant.country},
          {"consent", tenant.consent == ConsentMode::recorded ? "recorded" : "implied"},
          {"quiet_hours", show_quiet_hours(tenant.quiet_hours)},
          {"law_hours", tenant.law_hours ? to_string(*tenant.law_hours) : "off"},
          {"frequency_cap", format_frequency_cap(tenant.frequency_cap)},
          {"min_gap", format_min_gap(tenant.min_gap)},
          {"when_capped", to_string(tenant.when_capped)},
          {"stop_reply", tenant.stop_reply},
          {"start_reply", tenant.start_reply},
          {"help_reply", tenant.help_reply},
          {"link_url", tenant.link_url},
          {"opt_out_scope", to_string(tenant.opt_out_scope)},
          {"hold_reviews", tenant.hold_reviews},
          {"unknown_policy", tenant.unknown_policy == UnknownPolicy::resend ? "resend" : "hold"},
          {"undelivered_retries", tenant.undelivered_retries},
          {"daily_cap", or_null(tenant.daily_cap)},
          {"aliases", tenant.aliases},
          {"created_at", format_rfc3339(tenant.created_at)}};
}

Json to_json(const Account& account) {
  return {{"provider", account.provider},
          {"sid", account.sid},
          {"auth_token", masked(account.auth_token)},
          {"previous_auth_token", account.webhook_tokens.size() > 1 ? "********" : ""},
          {"previous_token_until", or_null(account.previous_token_until)},
          {"api_key_sid", account.api_key_sid},
          {"api_key_secret", masked(account.api_key_secret)},
          {"messaging_service", account.messaging_service},
          {"rate", account.rate},
          {"max_in_flight", account.max_in_flight},
          {"part_price", fmt::format("{}", account.part_price)},
          {"currency", account.currency},
          {"paused_at", or_null(account.paused_at)},
          {"pause_code", or_null(account.pause_code)},
          {"pause_reason", account.pause_reason}};
}

Json account_check_to_json(const Account& account, std::chrono::microseconds took) {
  return {{"sid", account.sid},
          {"ok", true},
          {"milliseconds", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}};
}

}  // namespace smscrm
