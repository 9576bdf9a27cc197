#include "daemon/asset.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

// Scripts and styles of our own alone, no text that becomes markup, no frame, no other host.
constexpr const char* content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

constexpr const char* without_console =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>smscrm</title>\n"
    "<h1>smscrm</h1>\n<p>This smscrmd was built without its console. The API is at /api/v1, and "
    "/api/v1/openapi.json describes it.\n</html>\n";

const Asset* find_asset(std::string_view path) {
  const auto all = built_assets();
  const auto found = std::ranges::find(all, path, &Asset::path);
  return found == all.end() ? nullptr : &*found;
}

// Whether the client takes this coding. RFC 9110 12.5.3; "q=0" says no.
bool takes_coding(const HttpRequest& request, std::string_view coding) {
  for (const auto& one : split(request.header("Accept-Encoding").value_or(""), ',')) {
    const std::string_view text{one};
    const auto end = text.find(';');
    if (to_lower(trim(text.substr(0, end))) != coding) continue;
    if (end == std::string_view::npos) return true;
    const auto weight = trim(text.substr(end + 1));
    return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000";
  }
  return false;
}

bool has_seen(const HttpRequest& request, const std::string& tag) {
  for (const auto& one : split(request.header("If-None-Match").value_or(""), ','))
    if (trim(one) == tag || trim(one) == "*") return true;
  return false;
}

std::string_view type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> types{
      {{".html", "text/html; charset=utf-8"},
       {".js", "text/javascript; charset=utf-8"},
       {".css", "text/css; charset=utf-8"},
       {".svg", "image/svg+xml"},
       {".txt", "text/plain; charset=utf-8"}}};
  for (const auto& [end, type] : types)
    if (name.ends_with(end)) return type;
  return "application/octet-stream";
}

// One name without a way out of its folder.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

// "/t/acme/contacts" is of "contacts", "/t/acme/contacts/12" of "contacts-one", "/t/acme" of "dashboard".
std::string section_of(std::string_view path) {
  if (path == "/") return "home";
  if (!path.starts_with("/t/")) return std::string{path.substr(1)};
  const auto tenant_end = path.find('/', 3);
  if (tenant_end == std::string_view::npos || tenant_end + 1 == path.size()) return "dashboard";
  const auto rest = path.substr(tenant_end + 1);
  const auto end = rest.find('/');
  return std::string{rest.substr(0, end)} + (end < rest.size() - 1 ? "-one" : "");
}

// Reads that a page makes at once anyway begin with the page's own headers. Only where somebody is signed
// in: for others each would be a refusal.
std::string first_reads(const HttpRequest& request, const Asset& page) {
  if (request.header("Cookie").value_or("").find("__Host-smscrm=") == std::string_view::npos) return "";
  std::string_view tenant;
  if (request.path.starts_with("/t/"))
    tenant = std::string_view{request.path}.substr(3, request.path.find('/', 3) - 3);
  std::string header;
  for (const auto& read : split(page.first_reads, ' ')) {
    if (read.empty()) continue;
    const auto place = read.find("{tenant}");
    if (place != std::string::npos && !is_plain_name(tenant)) continue;
    header += header.empty() ? "<" : ", <";
    header += place == std::string::npos
                  ? read
                  : fmt::format("{}{}{}", read.substr(0, place), tenant, read.substr(place + 8));
    header += ">; rel=preload; as=fetch; crossorigin";
  }
  return header;
}

}  // namespace

Console::Console(std::string folder, const std::string& public_url)
    : folder_(std::move(folder)),
      guards_{{"Content-Security-Policy", content_policy},
              {"X-Content-Type-Options", "nosniff"},
              {"Referrer-Policy", "same-origin"},
              {"Cross-Origin-Opener-Policy", "same-origin"},
              {"Cross-Origin-Resource-Policy", "same-origin"}} {
  if (public_url.starts_with("https://"))
    guards_.emplace_back("Strict-Transport-Security", "max-age=31536000");
}

std::vector<HttpRoute> Console::routes() {
  const auto add_page = [this](const char* name, const char* pattern) {
    return HttpRoute{name, "GET, HEAD", pattern, 0, [this](const HttpRequest& request, HttpReply reply) {
                       reply.send(page(request, request.path));
                     }};
  };
  return {add_page("console", "/"),
          add_page("console sign-in", "/sign-in"),
          add_page("console me", "/me"),
          add_page("console page", "/t/*"),
          {"console file", "GET, HEAD", "/assets/*", 0, [this](const HttpRequest& request, HttpReply reply) {
             reply.send(file(request, request.parts.front()));
           }}};
}

HttpResponse Console::page(const HttpRequest& request, std::string_view path) const {
  if (folder_.empty() && built_assets().empty())
    return {path == "/" ? 200 : 404, "text/html; charset=utf-8", without_console, guards_};
  const auto section = section_of(path);
  const auto name = "pages/" + section + ".html";
  const bool is_there =
      is_plain_name(section) &&
      (folder_.empty() ? find_asset(name) != nullptr : read_file(folder_ + "/" + name).has_value());
  auto response = file(request, is_there ? name : "pages/home.html");
  // The page says itself that nothing is there.
  if (!is_there && response.status == 200) response.status = 404;
  return response;
}

HttpResponse Console::file(const HttpRequest& request, std::string_view name) const {
  const bool is_page = name.starts_with("pages/");
  const auto path = is_page ? std::string{name} : "assets/" + std::string{name};
  const HttpResponse nothing{404, "text/plain", "nothing here\n", guards_};
  if (!is_plain_name(is_page ? name.substr(6) : name)) return nothing;
  auto headers = guards_;
  if (!folder_.empty()) {
    auto body = read_file(folder_ + "/" + path);
    if (!body) return nothing;
    headers.emplace_back("Cache-Control", "no-cache");
    return {200, std::string{type_of(path)}, *std::move(body), std::move(headers)};
  }
  const auto* asset = find_asset(path);
  if (asset == nullptr) return nothing;
  const auto tag = fmt::format("W/\"{}\"", asset->etag);
  headers.emplace_back("ETag", tag);
  headers.emplace_back("Cache-Control", is_page ? "no-cache" : "public, max-age=31536000, immutable");
  headers.emplace_back("Vary", is_page ? "Accept-Encoding, Cookie" : "Accept-Encoding");
  if (is_page)
    if (auto link = first_reads(request, *asset); !link.empty())
      headers.emplace_back("Link", std::move(link));
  if (has_seen(request, tag)) return {304, "", "", std::move(headers)};
  auto body = asset->plain;
  if (!asset->brotli.empty() && takes_coding(request, "br")) {
    headers.emplace_back("Content-Encoding", "br");
    body = asset->brotli;
  } else if (!asset->gzip.empty() && takes_coding(request, "gzip")) {
    headers.emplace_back("Content-Encoding", "gzip");
    body = asset->gzip;
  }
  return {200, std::string{asset->type}, std::string{body}, std::move(headers)};
}

}  // namespace smscrm
