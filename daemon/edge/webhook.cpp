#include "daemon/edge/webhook.hpp"

#include <nlohmann/json.hpp>

#include "core/base/form.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/phone/address.hpp"
#include "core/provider/provider.hpp"
#include "core/provider/twilio.hpp"
#include "core/provider/twilio_signature.hpp"
#include "core/provider/twilio_webhook.hpp"

namespace smscrm {
namespace {

// No form of Twilio's is longer: what a stranger may have us hold until a reload.
constexpr std::size_t max_form_bytes = 64 * 1024;

HttpResponse plain(int status, std::string text) {
  return {status, "text/plain", std::move(text) + "\n", {}};
}

std::string field(const Form& form, std::string_view name) {
  return readable_utf8(find_field(form, name).value_or(""));
}

std::string media_of(const Form& form) {
  nlohmann::json media = nlohmann::json::array();
  const auto count = parse_integer(field(form, "NumMedia")).value_or(0);
  for (std::int64_t i = 0; i < count && i < 20; ++i)
    media.push_back({{"url", field(form, fmt::format("MediaUrl{}", i))},
                     {"type", field(form, fmt::format("MediaContentType{}", i))}});
  return media.dump();
}

std::optional<Keyword> handled_by_twilio(const Form& form) {
  const auto type = field(form, "OptOutType");
  if (type == "STOP") return Keyword::stop;
  if (type == "START") return Keyword::start;
  if (type == "HELP") return Keyword::help;
  return std::nullopt;
}

// What the route leaves open.
struct Address {
  std::string tenant;
  std::optional<MessageId> message;  // nullopt: inbound
};

std::optional<Address> parse_address(const std::vector<std::string>& parts) {
  if (parts.size() == 1) return Address{parts[0], std::nullopt};
  if (looks_like_id(parts[1])) return Address{parts[0], MessageId{*parse_integer(parts[1])}};
  return std::nullopt;
}

}  // namespace

TwilioWebhook::TwilioWebhook(std::string public_url, Directory& directory, EventWriter& writer,
                             EventWriter& receipts)
    : public_url_(public_url.ends_with('/') ? public_url.substr(0, public_url.size() - 1)
                                            : std::move(public_url)),
      directory_(directory),
      writer_(writer),
      receipts_(receipts),
      twilio_(get_provider("twilio")) {}

std::vector<HttpRoute> TwilioWebhook::routes() {
  const auto handler = [this](HttpRequest request, HttpReply reply) {
    handle(std::move(request), std::move(reply), true);
  };
  return {{"receipt", "POST", "/webhooks/twilio/{tenant}/status/{message}", max_form_bytes, handler},
          {"inbound", "POST", "/webhooks/twilio/{tenant}/inbound", max_form_bytes, handler}};
}

// The tenant or its token may be newer than what is in memory.
void TwilioWebhook::retry_fresh(const std::string& tenant, HttpRequest request, HttpReply reply) {
  struct Held {
    HttpRequest request;
    HttpReply reply;
  };
  auto held = std::make_shared<Held>(std::move(request), std::move(reply));
  const bool waits = directory_.reload_in_doubt([this, held](bool fresh) {
    if (fresh) {
      handle(std::move(held->request), std::move(held->reply), false);
    } else {
      held->reply.send(plain(503, "try again"));
    }
  });
  if (!waits) refuse(tenant, held->request.remote, std::move(held->reply));
}

void TwilioWebhook::refuse(const std::string& tenant, const std::string& remote, HttpReply reply) {
  ++rejected_;
  if (const auto left_out = refusals_.pass(LogLimit::Clock::now()))
    log_warn("webhook refused: not signed for this tenant",
             {{"tenant", tenant}, {"remote", remote}, {"refusals_not_logged", *left_out}});
  reply.send(plain(403, "signature does not match"));
}

void TwilioWebhook::handle(HttpRequest request, HttpReply reply, bool may_reload) {
  const auto address = parse_address(request.parts);
  if (!address) return reply.send(plain(404, "no such webhook"));

  auto tenant = directory_.find_tenant(address->tenant);
  const auto signature = request.header("X-Twilio-Signature").value_or("");
  Form form;
  try {
    if (!signature.empty()) form = parse_form(request.body);
  } catch (const Error& e) {
    return reply.send(plain(400, e.what()));
  }
  const bool known = tenant && !signature.empty() &&
                     check_twilio_form(tenant->tokens, signature, public_url_ + request.target, form) &&
                     find_field(form, "AccountSid").value_or("") == tenant->account_sid;
  if (!known) {
    if (may_reload && !signature.empty())
      return retry_fresh(address->tenant, std::move(request), std::move(reply));
    return refuse(address->tenant, request.remote, std::move(reply));
  }

  if (const auto fault = address->message ? find_fault_of_receipt(form) : find_fault_of_inbound(form)) {
    if (const auto left_out = faults_.pass(LogLimit::Clock::now()))
      log_warn("webhook refused: signed, but not as Twilio writes it",
               {{"tenant", tenant->tenant.slug}, {"fault", *fault}, {"refusals_not_logged", *left_out}});
    return reply.send(plain(400, *fault));
  }
  const auto sid = field(form, "MessageSid");
  if (address->message) {
    const auto status = parse_twilio_status(field(form, "MessageStatus"));
    if (!status)
      return reply.send({204, "", "", {}});  // of Twilio's statuses one that says nothing of an outcome
    Receipt receipt;
    receipt.message = *address->message;
    receipt.provider_sid = sid;
    receipt.status = *status;
    receipt.to = field(form, "To");
    if (const auto code = parse_integer(field(form, "ErrorCode"))) {
      receipt.error_code = static_cast<int>(*code);
      const auto error_class = twilio_.classify_receipt(*receipt.error_code);
      receipt.opted_out = error_class == ErrorClass::opt_out;
      receipt.misconfigured = error_class == ErrorClass::configuration;
      receipt.retry = twilio_.retry_of_receipt(*receipt.error_code);
    }
    receipt.detail = field(form, "ErrorMessage");
    receipt.form = std::move(form);
    receipts_.submit(StatusEvent{std::move(tenant), std::move(receipt), std::move(reply)});
  } else {
    if (!texts_.pass(tenant->tenant.id.value, std::chrono::steady_clock::now())) {
      if (const auto left_out = faults_.pass(LogLimit::Clock::now()))
        log_warn("webhook refused: more texts than one tenant may have in a second",
                 {{"tenant", tenant->tenant.slug}, {"refusals_not_logged", *left_out}});
      return reply.send({503, "text/plain", "too many texts at once\n", {{"Retry-After", "1"}}});
    }
    NewInbound inbound{sid,
                       address_key(field(form, "From")),
                       without_channel(field(form, "To")),
                       field(form, "Body"),
                       media_of(form),
                       handled_by_twilio(form)};
    inbound.service = field(form, "MessagingServiceSid");
    inbound.texted = is_text_channel(address_channel(field(form, "From")));
    if (!inbound.handled) inbound.reading = read_opt_out(inbound.body);
    writer_.submit(InboundEvent{std::move(tenant), std::move(inbound), std::move(reply)});
  }
}

}  // namespace smscrm
