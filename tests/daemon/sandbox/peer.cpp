#include "tests/daemon/sandbox/peer.hpp"

#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/net/crypto.hpp"

namespace smscrm::test {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s;

std::string header_of(const std::string& head, const std::string& name) {
  const auto at = to_lower(head).find("\r\n" + to_lower(name) + ":");
  if (at == std::string::npos) return "";
  const auto begin = at + name.size() + 3;
  return std::string{trim(std::string_view{head}.substr(begin, head.find("\r\n", begin) - begin))};
}

}  // namespace

SandboxOptions fast() {
  SandboxOptions options;
  options.settings.send_ms = options.settings.sent_ms = options.settings.receipt_ms = 1;
  options.settings.spread = 0;
  return options;
}

void await(const std::string& what, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("waited in vain for " + what);
    ::usleep(1000);
  }
}

int PlainAnswer::status() const {
  return head.size() < 12 ? 0 : static_cast<int>(parse_integer(head.substr(9, 3)).value_or(0));
}

PlainAnswer plain_request(const std::string& address, const std::string& method, const std::string& path,
                          const std::string& body, const std::string& headers) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(*parse_integer(address.substr(address.rfind(':') + 1))));
  const timeval timeout{std::chrono::seconds{patience}.count(), 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  const auto request = method + ' ' + path + " HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n" + headers +
                       "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::string all;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == std::ssize(request)) {
    char bytes[16384];
    for (ssize_t got; (got = ::recv(fd, bytes, sizeof bytes, 0)) > 0;)
      all.append(bytes, static_cast<std::size_t>(got));
  }
  ::close(fd);
  const auto end = all.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  return {all.substr(0, end + 2), all.substr(end + 4)};
}

SandboxPeer::SandboxPeer(SandboxOptions options) : sandbox(std::move(options)) { sandbox.start(); }

HttpCall SandboxPeer::call_of(const std::string& path) const {
  HttpCall call;
  call.url = sandbox.url() + path;
  call.user = demo_account_sid;
  call.password = demo_account_token;
  call.timeout = patience;
  return call;
}

HttpCall SandboxPeer::call_of_create(const Form& form) const {
  auto call = call_of(messages_path());
  call.method = HttpMethod::post;
  call.body = format_form(form);
  return call;
}

HttpResult SandboxPeer::send(const std::string& to, const std::string& body, Form more) const {
  Form form{{"To", to}, {"Body", body}};
  if (!find_field(more, "From") && !find_field(more, "MessagingServiceSid"))
    form.emplace_back("From", our_number);
  form.insert(form.end(), more.begin(), more.end());
  return create(form);
}

std::string SandboxPeer::must_send(const std::string& to, Form more) const {
  const auto result = send(to, "Hello", std::move(more));
  if (result.status != 201) throw std::runtime_error("not accepted: " + result.error + result.body);
  return json::parse(result.body)["sid"];
}

HttpResult SandboxPeer::post(const std::string& path, const Form& form) const {
  auto call = call_of(path);
  call.method = HttpMethod::post;
  call.body = format_form(form);
  return http_request(call);
}

PlainAnswer SandboxPeer::remove(const std::string& path) const {
  const auto credentials = base64_encode(std::string{demo_account_sid} + ':' + demo_account_token);
  return plain_request(sandbox.address(), "DELETE", path, "", "Authorization: Basic " + credentials + "\r\n");
}

json SandboxPeer::message(const std::string& sid) const {
  const auto result = get(message_path(sid));
  if (result.status != 200) throw std::runtime_error("no message: " + result.body);
  return json::parse(result.body);
}

json SandboxPeer::admin(const std::string& path) const {
  return json::parse(http_request(call_of("/sandbox/" + path)).body);
}

PlainAnswer SandboxPeer::admin(const std::string& method, const std::string& path, const json& body) const {
  return plain_request(sandbox.address(), method, "/sandbox/" + path, body.dump());
}

std::vector<json> SandboxPeer::ledger(const std::string& query) const {
  std::vector<json> entries;
  for (const auto& line : split(http_request(call_of("/sandbox/ledger?" + query)).body, '\n'))
    if (!line.empty()) entries.push_back(json::parse(line));
  return entries;
}

json SandboxPeer::entry(const std::string& sid) const {
  for (auto& entry : ledger())
    if (entry["sid"] == sid) return entry;
  throw std::runtime_error("the ledger has no " + sid);
}

std::string SandboxPeer::history(const std::string& sid) const {
  std::vector<std::string> statuses;
  const auto found = entry(sid);
  for (const auto& change : found["history"]) statuses.push_back(change["status"]);
  return join(statuses, " ");
}

void SandboxPeer::await_status(const std::string& sid, const std::string& status) const {
  await(sid + " to be " + status, [&] { return entry(sid)["status"] == status; });
}

void SandboxPeer::await_webhooks() const {
  await("the webhooks to end", [&] {
    const auto counts = admin("counts")["webhooks"];
    return counts["sent"].get<int>() ==
           counts["answered"].get<int>() + counts["refused"].get<int>() + counts["unanswered"].get<int>();
  });
}

json SandboxPeer::inbound(const std::string& from, const std::string& body, const std::string& to) const {
  const auto answer = admin("POST", "inbound", {{"from", from}, {"to", to}, {"body", body}});
  if (answer.status() != 200) throw std::runtime_error("inbound: " + answer.head + answer.body);
  return answer.json();
}

std::string messages_path(const std::string& account) {
  return "/2010-04-01/Accounts/" + account + "/Messages.json";
}

std::string message_path(const std::string& sid) {
  return "/2010-04-01/Accounts/" + std::string{demo_account_sid} + "/Messages/" + sid + ".json";
}

int error_code(const HttpResult& result) {
  const auto body = json::parse(result.body, nullptr, false);
  return result.status >= 400 && body.is_object() ? body.value("code", 0) : 0;
}

WebhookPeer::WebhookPeer(Answer answer)
    : answer_(std::move(answer)), peer_([this](const RawRequest& request) { return take(request); }) {}

RawReply WebhookPeer::take(const RawRequest& request) {
  Webhook webhook;
  webhook.target = split(request.head, ' ').at(1);
  webhook.url = "http://" + header_of(request.head, "Host") + webhook.target;
  webhook.signature = header_of(request.head, "X-Twilio-Signature");
  webhook.idempotency = header_of(request.head, "I-Twilio-Idempotency-Token");
  webhook.content_type = header_of(request.head, "Content-Type");
  webhook.form = parse_form(request.body);
  std::size_t nth = 0;
  {
    const std::lock_guard lock{mutex_};
    webhooks_.push_back(webhook);
    nth = webhooks_.size();
  }
  arrived_.notify_all();
  return answer_ ? answer_(webhook, nth) : RawReply{"HTTP/1.1 204 No Content\r\n\r\n", false};
}

std::vector<Webhook> WebhookPeer::all() const {
  const std::lock_guard lock{mutex_};
  return webhooks_;
}

std::vector<Webhook> WebhookPeer::wait_for(std::size_t count) const {
  std::unique_lock lock{mutex_};
  if (!arrived_.wait_for(lock, patience, [&] { return webhooks_.size() >= count; }))
    throw std::runtime_error("only " + std::to_string(webhooks_.size()) + " webhooks of " +
                             std::to_string(count));
  return webhooks_;
}

}  // namespace smscrm::test
