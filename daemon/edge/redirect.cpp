#include "daemon/edge/redirect.hpp"

#include <algorithm>

#include "core/net/url.hpp"
#include "daemon/edge/client.hpp"

namespace smscrm {
namespace {

HttpResponse page(int status, std::string_view words) {
  return {status,
          "text/html; charset=utf-8",
          fmt::format(
              "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
              "<meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title><p>{0}</p></html>\n",
              words),
          {{"Cache-Control", "no-store"},
           {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
           {"X-Content-Type-Options", "nosniff"}}};
}

// Targets are kept as headers carry them; one that was stored before they were is brought into that form, or
// leads nowhere.
std::optional<std::string> location_of(const std::string& target_url) {
  const bool plain =
      std::all_of(target_url.begin(), target_url.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (plain) return target_url;
  try {
    return to_ascii_url(target_url);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<HttpRoute> Redirect::routes() {
  return {{"redirect", "GET, HEAD", "/r/*", 0,
           [this](HttpRequest request, HttpReply reply) { handle(std::move(request), std::move(reply)); }}};
}

void Redirect::handle(HttpRequest request, HttpReply reply) {
  const auto target = decode_link_code(directory_.link_key(), read_link_code(request.parts.front()));
  if (!target) return miss(request, std::move(reply));
  if (const auto link = directory_.find_link(target->link, request.header("Host").value_or("")))
    return follow(request, std::move(reply), *target, *link);
  // Whoever makes codes up hits an id that may be new once in thousands of times.
  if (!directory_.may_be_new(target->link)) return miss(request, std::move(reply));

  struct Held {
    HttpRequest request;
    HttpReply reply;
  };
  auto held = std::make_shared<Held>(Held{std::move(request), std::move(reply)});
  const bool waits = directory_.reload_in_doubt([this, held, target = *target](bool fresh) {
    if (const auto link = directory_.find_link(target.link, held->request.header("Host").value_or("")))
      return follow(held->request, std::move(held->reply), target, *link);
    if (fresh) return miss(held->request, std::move(held->reply));
    held->reply.send(page(503, "Please try again in a moment."));
  });
  if (!waits) held->reply.send(page(503, "Please try again in a moment."));
}

void Redirect::miss(const HttpRequest& request, HttpReply reply) {
  const auto client = client_of(request.remote);
  if (client.empty() || misses_.pass(client, std::chrono::steady_clock::now()))
    return reply.send(page(404, "This link does not exist."));
  auto refused = page(429, "Please try again in a minute.");
  refused.headers.emplace_back("Retry-After", "60");
  reply.send(std::move(refused));
}

void Redirect::follow(const HttpRequest& request, HttpReply reply, LinkTarget target, const LiveLink& link) {
  if (target.message < link.first_message || target.message > link.last_message || link.foreign)
    return miss(request, std::move(reply));
  if (link.ended) return reply.send(page(410, "This link is no longer available."));
  const auto at = now();
  if (link.expires_at && *link.expires_at <= at) return reply.send(page(410, "This link has expired."));
  auto location = location_of(link.target_url);
  if (!location) return reply.send(page(410, "This link is no longer available."));
  const std::string agent{request.header("User-Agent").value_or("").substr(0, 512)};
  auto purpose = request.header("Sec-Purpose");
  if (!purpose) purpose = request.header("Purpose");
  if (!purpose) purpose = request.header("X-Moz");
  const std::string said{purpose.value_or("").substr(0, 128)};
  reply.send({302,
              "",
              "",
              {{"Location", *std::move(location)},
               {"Cache-Control", "no-store"},
               {"Referrer-Policy", "no-referrer"}}});
  Click click{target.link,    target.message, link.campaign, at,
              request.method, agent,          said,          classify_click(request.method, agent, said)};
  if (gate_.pass(link.tenant, click, client_of(request.remote), std::chrono::steady_clock::now()))
    writer_.submit(ClickEvent{link.tenant, std::move(click)});
}

}  // namespace smscrm
