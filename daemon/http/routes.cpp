#include "daemon/http/routes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::string_view any_method = "*";

// nullopt: another path.
std::optional<std::vector<std::string>> match_pattern(std::string_view pattern, std::string_view path) {
  std::vector<std::string> parts;
  while (!pattern.empty()) {
    if (pattern == "*") {
      parts.emplace_back(path);
      return parts;
    }
    if (pattern.front() == '{') {
      const auto segment = path.substr(0, path.find('/'));
      if (segment.empty()) return std::nullopt;
      parts.emplace_back(segment);
      path.remove_prefix(segment.size());
      pattern.remove_prefix(pattern.find('}') + 1);
      continue;
    }
    const auto literal = pattern.substr(0, pattern.find_first_of("{*"));
    if (!path.starts_with(literal)) return std::nullopt;
    path.remove_prefix(literal.size());
    pattern.remove_prefix(literal.size());
  }
  if (!path.empty()) return std::nullopt;
  return parts;
}

bool has_method(std::string_view methods, std::string_view method) {
  const auto listed = split(methods, ',');
  return methods == any_method ||
         std::any_of(listed.begin(), listed.end(), [&](const auto& one) { return trim(one) == method; });
}

}  // namespace

HttpRoutes::Entry::Entry(HttpRoute its_route, MetricSet& metrics)
    : route(std::move(its_route)),
      answer_seconds(metrics, "smscrm_http_answer_seconds",
                     "Time from a whole request to its answer, by what it asked for.",
                     fmt::format("route=\"{}\"", route.name)),
      failures(metrics, "smscrm_http_failures_total", "Answers of 5xx, by what was asked for.",
               fmt::format("route=\"{}\"", route.name)) {}

HttpRoutes::HttpRoutes(std::vector<HttpRoute> routes) {
  for (auto& route : routes) entries_.push_back(std::make_unique<Entry>(std::move(route), *metrics_));
}

HttpRoutes::HttpRoutes(HttpHandler handler)
    : HttpRoutes(std::vector<HttpRoute>{{"any", std::string{any_method}, "*",
                                         std::numeric_limits<std::size_t>::max(), std::move(handler)}}) {}

HttpRoutes::Match HttpRoutes::find(std::string_view method, std::string_view path) const {
  std::string allowed;
  for (const auto& entry : entries_) {
    auto parts = match_pattern(entry->route.pattern, path);
    if (!parts) continue;
    if (has_method(entry->route.methods, method)) return {entry.get(), *std::move(parts), {}};
    allowed += (allowed.empty() ? "" : ", ") + entry->route.methods;
  }
  if (allowed.empty()) return {nullptr, {}, {404, "text/plain", "nothing here\n", {}}};
  return {nullptr, {}, {405, "text/plain", fmt::format("{} only\n", allowed), {{"Allow", allowed}}}};
}

}  // namespace smscrm
