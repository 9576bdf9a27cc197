// The addresses of the sandbox that Twilio has, too.
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto.hpp"
#include "daemon/sandbox/listing.hpp"
#include "daemon/sandbox/state.hpp"
#include "daemon/sandbox/wire.hpp"

namespace smscrm {
namespace {

constexpr std::string_view api_prefix = "/2010-04-01/Accounts/";

HttpResponse json_response(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

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

}  // namespace

void SandboxState::handle(HttpRequest request, HttpReply reply) {
  if (request.path.starts_with(api_prefix))
    ApiCall{*this, request, std::move(reply)}.run();
  else
    administer(*this, request, std::move(reply));
}

}  // namespace smscrm
