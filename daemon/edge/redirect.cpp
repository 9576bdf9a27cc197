#include "daemon/edge/redirect.hpp"

#include <algorithm>

#include "core/net/url.hpp"

namespace smscrm {
namespace {

HttpResponse page(int status, std::string_view words) {
  return {status,
          "text/html; charset=utf-8",
          fmt::format(
              "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
              "<meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title><p>{0}</p></html>\n",
              words),
          {{"Cache-Control", "no-store"}}};
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

HttpResponse not_a_link() { return page(404, "This link does not exist."); }

}  // namespace

std::vector<HttpRoute> Redirect::routes() {
  return {{"redirect", "GET, HEAD", "/r/*", 0,
           [this](HttpRequest request, HttpReply reply) { handle(std::move(request), std::move(reply)); }}};
}

void Redirect::handle(HttpRequest request, HttpReply reply) {
  const auto target = decode_link_code(directory_.link_key(), read_link_code(request.parts.front()));
  if (!target) return reply.send(not_a_link());
  if (const auto link = directory_.find_link(target->link))
    return follow(request, std::move(reply), *target, *link);

  struct Held {
    HttpRequest request;
    HttpReply reply;
  };
  auto held = std::make_shared<Held>(std::move(request), std::move(reply));
  directory_.reload([this, held, target = *target](bool fresh) {
    if (const auto link = directory_.find_link(target.link))
      return follow(held->request, std::move(held->reply), target, *link);
    held->reply.send(fresh ? not_a_link() : page(503, "Please try again in a moment."));
  });
}

void Redirect::follow(const HttpRequest& request, HttpReply reply, LinkTarget target, const LiveLink& link) {
  if (target.message < link.first_message || target.message > link.last_message)
    return reply.send(not_a_link());
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
  writer_.submit(ClickEvent{link.tenant, Click{target.link, target.message, link.campaign, at, request.method,
                                               agent, said, classify_click(request.method, agent, said)}});
}

}  // namespace smscrm
