// The addresses of the sandbox: Twilio's, and its own.
#include <limits>

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto.hpp"
#include "core/phone/phone.hpp"
#include "daemon/sandbox/listing.hpp"
#include "daemon/sandbox/state.hpp"
#include "daemon/sandbox/wire.hpp"

namespace smscrm {
namespace {

using nlohmann::json;

constexpr std::string_view api_prefix = "/2010-04-01/Accounts/";

HttpResponse json_response(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

HttpResponse pretty(const json& value, int status = 200) {
  // What a client sent may come back in an error, whatever its bytes.
  return json_response(status, value.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

HttpResponse bad_request(std::string_view why) { return pretty({{"error", why}}, 400); }

HttpResponse resource(int status, const SandboxMessage& message) {
  HttpResponse response = json_response(status, {});
  response.body.reserve(900);
  append_resource(response.body, message);
  return response;
}

// The account whose credentials the request carries and whose path it names.
const TwilioAccount* authenticate(const SandboxState& state, const HttpRequest& request,
                                  std::string_view sid) {
  const auto* account = state.find_account(sid);
  const auto header = request.header("Authorization");
  if (!account || !header || !header->starts_with("Basic ")) return nullptr;
  const auto plain = base64_decode(trim(header->substr(6)));
  if (!plain) return nullptr;
  const auto colon = plain->find(':');
  if (colon == std::string::npos) return nullptr;
  const auto user = plain->substr(0, colon);
  const auto password = plain->substr(colon + 1);
  if (user == account->sid && constant_time_equal(password, account->token)) return account;
  for (const auto& [key, secret] : state.options.api_keys)
    if (user == key && constant_time_equal(password, secret)) return account;
  return nullptr;
}

class ApiCall {
 public:
  ApiCall(SandboxState& state, const HttpRequest& request, HttpReply reply)
      : state_(state), request_(request), reply_(std::move(reply)) {}

  void run() {
    auto path = std::string_view{request_.path}.substr(api_prefix.size());
    const auto slash = path.find('/');
    account_ = authenticate(state_, request_, path.substr(0, slash));
    if (!account_) return reply_.send(refuse(api_error(20003)));
    const auto rest = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
    const bool is_list = rest == "/Messages.json";
    if (is_list && request_.method == "POST") return create();
    if (account_->test) return reply_.send(refuse(api_error(20008)));
    spoil({}, false, [&] {
      try {
        if (is_list && request_.method == "GET") return list();
        if (is_list) return refuse(api_error(20004));
        if (rest.starts_with("/Messages/") && rest.ends_with(".json"))
          return one(rest.substr(10, rest.size() - 15));
        return refuse(api_error(20404, request_.path));
      } catch (const Error&) {
        return refuse(api_error(20001, "too many"));
      }
    });
  }

 private:
  HttpResponse refuse(const ApiError& error) { return to_response(error); }

  void create() {
    Form form;
    try {
      form = parse_form(request_.body);
    } catch (const Error&) {
      return reply_.send(refuse(api_error(20001, "too many")));
    }
    const auto at = now();
    auto checked = validate_message(form, account_->test, at);
    const std::string to{find_field(form, "To").value_or(std::string_view{})};
    spoil(to, true, [&] {
      auto& world = state_.world;
      if (auto* error = std::get_if<ApiError>(&checked)) {
        world.count_refusal(error->code);
        return refuse(*error);
      }
      auto created = world.create(*account_, std::get<NewTwilioMessage>(checked), at);
      if (auto* error = std::get_if<ApiError>(&created)) {
        world.count_refusal(error->code);
        return refuse(*error);
      }
      return resource(201, world.ledger().at(std::get<MessageIndex>(created)));
    });
  }

  HttpResponse list() {
    auto listed = list_messages(state_.world.ledger(), account_->sid, parse_form(request_.query));
    if (auto* error = std::get_if<ApiError>(&listed)) return refuse(*error);
    return json_response(200, std::move(std::get<std::string>(listed)));
  }

  HttpResponse one(std::string_view sid) {
    auto& world = state_.world;
    const auto* index = world.ledger().find(sid);
    if (!index) return refuse(api_error(20404, request_.path));
    const auto& message = world.ledger().at(*index);
    if (message.deleted || message.account != account_->sid) return refuse(api_error(20404, request_.path));
    if (request_.method == "GET") return resource(200, message);
    if (request_.method == "POST") {
      if (auto error = world.update(*index, parse_form(request_.body), now())) return refuse(*error);
      return resource(200, message);
    }
    if (request_.method != "DELETE") return refuse(api_error(20004));
    if (auto error = world.remove(*index, now())) return refuse(*error);
    return {204, {}, {}, {}};
  }

  // Answers with what `act` gives, unless a fault strikes before or after it.
  template <class F>
  void spoil(const std::string& to, bool is_create, F act) {
    const std::lock_guard lock{state_.mutex};
    auto& world = state_.world;
    const auto ordeal = world.next_ordeal(to, is_create, request_.sequence > 0, state_.creating);
    const auto wake_at = world.next_due();
    HttpResponse response;
    if (ordeal.fault == Fault::none || strikes_after(ordeal.fault)) response = act();
    const auto due = world.next_due();
    if (due && (!wake_at || *due < *wake_at)) state_.webhook_client.wake();
    switch (ordeal.fault) {
      case Fault::none:
        break;
      case Fault::too_many:
        response = refuse(api_error(20429));
        if (world.faults.retry_after_s)
          response.headers.emplace_back("Retry-After", std::to_string(*world.faults.retry_after_s));
        break;
      case Fault::server_error:
      case Fault::server_error_after:
        response = refuse(api_error(world.faults.server_error_status == 500 ? 20500 : 20503));
        response.status = world.faults.server_error_status;
        break;
      case Fault::hang:
      case Fault::hang_after:
        if (state_.stopping) return reply_.close();
        state_.hanging.push_back(std::move(reply_));
        return;
      case Fault::reset:
      case Fault::reset_after:
        return reply_.reset();
      case Fault::close_reused:
      case Fault::close_reused_after:
        return reply_.close();
      case Fault::truncate_after: {
        const auto half = response.body.size() / 2;
        return reply_.truncate(std::move(response), half);
      }
    }
    response.headers.emplace_back("Twilio-Concurrent-Requests", std::to_string(state_.creating + 1));
    if (ordeal.latency.count() == 0 || state_.stopping) return reply_.send(std::move(response));
    if (is_create) ++state_.creating;
    state_.late_replies.emplace(now() + ordeal.latency,
                                LateReply{std::move(reply_), std::move(response), is_create});
    state_.webhook_client.wake();
  }

  SandboxState& state_;
  const HttpRequest& request_;
  HttpReply reply_;
  const TwilioAccount* account_ = nullptr;
};

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
  if (!is_sender_address(from) || !is_sender_address(to))
    return reply.send(
        bad_request("from and to must be addresses: numbers, short codes, names or channel:address"));
  auto received = state.world.receive(*account, from, to, body, now());
  if (received.webhook && !state.stopping)
    state.inbound.push_back({std::move(received), std::move(reply)});
  else
    reply.send(finish_inbound(state.world, *account, received, nullptr, now()));
  state.webhook_client.wake();
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

void SandboxState::handle(HttpRequest request, HttpReply reply) {
  if (request.path.starts_with(api_prefix))
    ApiCall{*this, request, std::move(reply)}.run();
  else
    administer(*this, request, std::move(reply));
}

}  // namespace smscrm
