// What the cases of the sandbox share: a running one asked over HTTP as a client of Twilio does, an
// application that takes its webhooks, and a check of its answers against Twilio's schemas.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/form.hpp"
#include "core/net/curl.hpp"
#include "daemon/sandbox/sandbox.hpp"
#include "tests/support/raw_peer.hpp"

namespace smscrm::test {

inline const std::string our_number = "+15005550006";
inline const std::string service_sid = "MG" + std::string(32, 'a');

// Every step of a message takes a millisecond.
SandboxOptions fast();

// Polls until `condition` holds; throws, naming `what`, after half a minute.
void await(const std::string& what, const std::function<bool()>& condition);

// An answer read off the socket: what a client that hides nothing sees.
struct PlainAnswer {
  std::string head;  // with its last line feed; empty when the connection ended before
  std::string body;
  int status() const;  // 0 without a head
  nlohmann::json json() const { return nlohmann::json::parse(body); }
};
// One request on a connection of its own, which the server is asked to close; reads until it does.
PlainAnswer plain_request(const std::string& address, const std::string& method, const std::string& path,
                          const std::string& body = "", const std::string& headers = "");

class SandboxPeer {
 public:
  explicit SandboxPeer(SandboxOptions options = fast());

  Sandbox sandbox;

  // With the demo account's credentials.
  HttpCall call_of(const std::string& path) const;  // a GET
  HttpCall call_of_create(const Form& form) const;
  HttpResult create(const Form& form) const { return http_request(call_of_create(form)); }
  HttpResult send(const std::string& to, const std::string& body = "Hello", Form more = {}) const;
  std::string must_send(const std::string& to, Form more = {}) const;  // the sid; throws unless 201
  HttpResult get(const std::string& path) const { return http_request(call_of(path)); }
  HttpResult post(const std::string& path, const Form& form) const;
  PlainAnswer remove(const std::string& path) const;
  nlohmann::json message(const std::string& sid) const;

  // The sandbox's own addresses: "counts", "ledger?to=…".
  nlohmann::json admin(const std::string& path) const;
  PlainAnswer admin(const std::string& method, const std::string& path, const nlohmann::json& body) const;
  std::vector<nlohmann::json> ledger(const std::string& query = "") const;
  nlohmann::json entry(const std::string& sid) const;  // of the ledger
  std::string history(const std::string& sid) const;   // its statuses so far: "queued sending"
  void await_status(const std::string& sid, const std::string& status) const;
  void await_webhooks() const;  // until none is under way
  // A text from a handset; the answer's JSON. Throws unless 200.
  nlohmann::json inbound(const std::string& from, const std::string& body,
                         const std::string& to = our_number) const;
};

std::string messages_path(const std::string& account = demo_account_sid);
std::string message_path(const std::string& sid);
int error_code(const HttpResult& result);  // of an error's body; 0 for any other

// One request that the application got.
struct Webhook {
  std::string target;  // path and query
  std::string url;     // whole, as it was asked for
  std::string signature, idempotency, content_type;
  Form form;
  std::string field(std::string_view name) const { return std::string{find_field(form, name).value_or("")}; }
};

class WebhookPeer {
 public:
  // `answer` gives the reply to the webhook that is the nth, from 1. By default all are answered 204.
  using Answer = std::function<RawReply(const Webhook&, std::size_t nth)>;
  explicit WebhookPeer(Answer answer = {});

  std::string url() const { return peer_.url(); }
  std::vector<Webhook> all() const;
  // Those that have come once there are at least so many; throws after half a minute.
  std::vector<Webhook> wait_for(std::size_t count) const;

 private:
  RawReply take(const RawRequest& request);

  mutable std::mutex mutex_;  // guards webhooks_
  mutable std::condition_variable arrived_;
  std::vector<Webhook> webhooks_;
  Answer answer_;
  RawPeer peer_;  // the last: its threads use all above
};

// How an answer departs from its schema in tests/data/twilio_message_schema.json; empty when it does not.
// Stricter than the schema says: every property of it must be there, and no other.
std::string message_faults(const std::string& body);
std::string list_faults(const std::string& body);
// The same for an error, which has no schema: code, message, more_info and status.
std::string error_faults(const HttpResult& result);

}  // namespace smscrm::test
