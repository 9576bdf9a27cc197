// What the threads of the sandbox share; private to it.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/net/curl.hpp"
#include "daemon/http/server.hpp"
#include "daemon/sandbox/sandbox.hpp"

namespace smscrm {

// An inbound message whose webhook is to be sent, and who waits for its outcome.
struct InboundJob {
  SandboxWorld::Received received;
  HttpReply reply;
};

struct LateReply {
  HttpReply reply;
  HttpResponse response;
  bool creates;  // it is under way, for max_concurrent, until it leaves
};

struct WebhookCounts {
  std::uint64_t sent = 0, answered = 0, refused = 0, unanswered = 0, retried = 0;  // answered: 2xx
};

struct SandboxState {
  explicit SandboxState(SandboxOptions given);

  const SandboxOptions options;

  mutable std::mutex mutex;  // guards what follows, up to the next blank line
  SandboxWorld world;
  std::multimap<Timestamp, LateReply> late_replies;
  int creating = 0;  // late replies that create
  std::vector<HttpReply> hanging;
  std::vector<InboundJob> inbound;
  WebhookCounts webhooks;
  bool stopping = false;  // nothing may wait for time to pass any more

  HttpMulti webhook_client{256};
  HttpServer server;
  std::jthread thread;

  const TwilioAccount* find_account(std::string_view sid) const;
  void handle(HttpRequest request, HttpReply reply);  // on a thread of the server
};

// Answers at the sandbox's own addresses.
void administer(SandboxState& state, const HttpRequest& request, HttpReply reply);

// What POST /sandbox/inbound answers when a reset came between.
HttpResponse forgotten_inbound();

// The JSON that it answers otherwise. `result` is absent without a webhook.
HttpResponse finish_inbound(SandboxWorld& world, const TwilioAccount& account,
                            const SandboxWorld::Received& received, const HttpResult* result, Timestamp now);

}  // namespace smscrm
