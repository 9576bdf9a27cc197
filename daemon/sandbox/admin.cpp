// The addresses of the sandbox that Twilio has not: what it did, how it behaves, and texts from handsets.
#include <algorithm>
#include <limits>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/phone/phone.hpp"
#include "daemon/sandbox/state.hpp"
#include "daemon/sandbox/wire.hpp"

namespace smscrm {
namespace {

using nlohmann::json;

HttpResponse pretty(const json& value, int status = 200) {
  // What a client sent may come back in an error, whatever its bytes.
  return {status, "application/json", value.dump(2, ' ', false, json::error_handler_t::replace) + "\n", {}};
}

HttpResponse bad_request(std::string_view why) { return pretty({{"error", why}}, 400); }

HttpResponse ledger_response(const SandboxWorld& world, const Form& query) {
  const auto is = [&](std::string_view name, std::string_view value) {
    const auto wanted = find_field(query, name);
    return !wanted || *wanted == value;
  };
  const auto after = find_field(query, "after");
  const auto begin = after ? parse_integer(*after).value_or(-1) + 1 : 0;
  const auto asked_limit = find_field(query, "limit");
  auto left =
      asked_limit ? parse_integer(*asked_limit).value_or(0) : std::numeric_limits<std::int64_t>::max();
  HttpResponse response{200, "application/x-ndjson", {}, {}};
  const auto& ledger = world.ledger();
  for (auto i = static_cast<MessageIndex>(std::max<std::int64_t>(begin, 0)); i < ledger.size() && left > 0;
       ++i) {
    const auto& message = ledger.at(i);
    if (is("to", message.to) && is("from", message.from) && is("account", message.account) &&
        is("status", to_string(message.status)) && is("direction", to_string(message.direction))) {
      append_ledger_line(response.body, i, message);
      --left;
    }
  }
  return response;
}

json counts_json(const SandboxState& state) {
  const auto& world = state.world;
  const auto& counts = world.counts();
  const auto accepted = world.ledger().counts();
  json refused = json::object();
  for (const auto& [code, n] : counts.refused) refused[std::to_string(code)] = n;
  json statuses = json::object();
  for (const auto& [status, n] : accepted.statuses) statuses[std::string{to_string(status)}] = n;
  const auto& webhooks = state.webhooks;
  return {{"requests", counts.requests},
          {"accepted", accepted.accepted},
          {"parts", accepted.parts},
          {"recipients", accepted.recipients},
          {"max_per_recipient", accepted.max_per_recipient},
          {"min_per_recipient", accepted.min_per_recipient},
          {"duplicates", accepted.duplicates},
          {"refused", refused},
          {"faults", counts.faults},
          {"statuses", statuses},
          {"opt_outs", world.opt_outs().size()},
          {"inbound", counts.inbound},
          {"callbacks",
           {{"due", counts.callbacks},
            {"dropped", counts.callbacks_dropped},
            {"doubled", counts.callbacks_doubled},
            {"delayed", counts.callbacks_delayed}}},
          {"webhooks",
           {{"sent", webhooks.sent},
            {"retried", webhooks.retried},
            {"answered", webhooks.answered},
            {"refused", webhooks.refused},
            {"unanswered", webhooks.unanswered}}}};
}

SandboxFaults defaults_for(const SandboxFaults&) { return {}; }
// Where inbound texts go is how the sandbox is wired, often from its command line, not how it behaves.
SandboxSettings defaults_for(const SandboxSettings& current) {
  SandboxSettings settings;
  settings.inbound_url = current.inbound_url;
  settings.inbound_urls = current.inbound_urls;
  return settings;
}

// GET shows, PUT replaces all, PATCH changes the keys given.
template <class T>
HttpResponse configure(const HttpRequest& request, T& value) {
  if (request.method == "PUT" || request.method == "PATCH") {
    T changed = request.method == "PUT" ? defaults_for(value) : value;
    apply_json(changed, json::parse(request.body));
    value = std::move(changed);
  } else if (request.method != "GET") {
    return to_response(api_error(20004));
  }
  return pretty(to_json(value));
}

// Leaves `reply` alone when it throws, for the error to be told.
void receive_inbound(SandboxState& state, const HttpRequest& request, HttpReply& reply) {
  const auto in = json::parse(request.body);
  const auto from = in.at("from").get<std::string>();
  const auto to = in.at("to").get<std::string>();
  const auto body = in.value("body", "");
  const auto* account = state.find_account(in.value("account", state.options.accounts.front().sid));
  if (!account) return reply.send(bad_request("no such account"));
  // Names write to nobody.
  const bool may_write = is_e164(from) || is_short_code(from) || is_channel_address(from);
  if (!may_write || !is_sender_address(to))
    return reply.send(bad_request("from and to must be numbers or channel:address"));
  auto received = state.world.receive(*account, from, to, body, now());
  if (received.webhook && !state.stopping)
    state.inbound.push_back({std::move(received), std::move(reply)});
  else
    reply.send(finish_inbound(state.world, *account, received, nullptr, now()));
  state.webhook_client.wake();
}

// What Twilio makes of a webhook's answer; the code is one of its debugger's.
std::variant<std::vector<TwimlMessage>, int> read_answer(const HttpResult& result) {
  if (result.failure == HttpFailure::not_sent) return 11205;
  if (result.failure == HttpFailure::ambiguous || result.status / 100 != 2) return 11200;
  const auto type =
      to_lower(trim(std::string_view{result.content_type}.substr(0, result.content_type.find(';'))));
  if (trim(result.body).empty()) return std::vector<TwimlMessage>{};
  if (type == "text/plain")
    return std::vector<TwimlMessage>{{{}, {}, result.body, {}, 0}};  // sent as it stands
  if (type != "text/xml" && type != "application/xml" && type != "text/html") return 12300;
  try {
    return parse_twiml(result.body);
  } catch (const Error&) {
    return 12100;
  }
}

}  // namespace

HttpResponse forgotten_inbound() {
  return pretty({{"error", "the sandbox was reset before the webhook had answered"}}, 409);
}

HttpResponse finish_inbound(SandboxWorld& world, const TwilioAccount& account,
                            const SandboxWorld::Received& received, const HttpResult* result, Timestamp at) {
  constexpr std::size_t max_replies = 10;  // 14109
  json out{{"sid", nullptr}, {"auto_reply", nullptr}, {"webhook", nullptr}, {"replies", json::array()}};
  out["sid"] = world.ledger().at(received.message).sid;
  if (received.auto_reply) out["auto_reply"] = world.ledger().at(*received.auto_reply).body;
  if (!result) return pretty(out);
  out["webhook"] = {{"status", result->status}, {"error_code", nullptr}};
  const auto answer = read_answer(*result);
  if (const auto* code = std::get_if<int>(&answer)) {
    out["webhook"]["error_code"] = *code;
    return pretty(out);
  }
  for (const auto& message : std::get<std::vector<TwimlMessage>>(answer)) {
    if (out["replies"].size() == max_replies) {
      out["webhook"]["error_code"] = 14109;
      break;
    }
    const auto sent = world.reply(account, received.message, message, at);
    if (const auto* error = std::get_if<ApiError>(&sent))
      out["replies"].push_back({{"error_code", error->code}});
    else
      out["replies"].push_back(
          {{"sid", world.ledger().at(std::get<MessageIndex>(sent)).sid}, {"body", message.body}});
  }
  return pretty(out);
}

void administer(SandboxState& state, const HttpRequest& request, HttpReply reply) {
  const std::lock_guard lock{state.mutex};
  const auto& path = request.path;
  const bool is_post = request.method == "POST";
  if (!is_valid_utf8(request.body)) return reply.send(bad_request("the body is not UTF-8"));
  try {
    if (path == "/sandbox/ledger") return reply.send(ledger_response(state.world, parse_form(request.query)));
    if (path == "/sandbox/counts") return reply.send(pretty(counts_json(state)));
    if (path == "/sandbox/faults") return reply.send(configure(request, state.world.faults));
    if (path == "/sandbox/settings") return reply.send(configure(request, state.world.settings));
    if (path == "/sandbox/inbound" && is_post) return receive_inbound(state, request, reply);
    if (path == "/sandbox/reset" && is_post) {
      state.world.reset();
      state.webhooks = {};
      for (auto& job : state.inbound) job.reply.send(forgotten_inbound());
      state.inbound.clear();
      return reply.send({204, {}, {}, {}});
    }
    return reply.send(to_response(api_error(20404, path)));
  } catch (const json::exception& e) {
    if (reply) reply.send(bad_request(e.what()));
  } catch (const Error& e) {
    if (reply) reply.send(bad_request(e.what()));
  }
}

}  // namespace smscrm
