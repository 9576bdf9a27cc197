#include "daemon/http/server.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>

#include "daemon/http/counters.hpp"
#include "daemon/http/loop.hpp"

namespace smscrm {

HttpServer::HttpServer(HttpOptions options, HttpRoutes routes)
    : options_(std::make_unique<const HttpOptions>(std::move(options))),
      routes_(std::make_unique<const HttpRoutes>(std::move(routes))),
      counters_(std::make_unique<HttpCounters>()) {
  for (const auto& address : options_->listen)
    for (auto& listener : listen_on(address)) listeners_.push_back(std::move(listener));
  for (const auto& listener : listeners_) addresses_.push_back(listener.address());
  for (int i = 0; i < std::max(1, options_->threads); ++i)
    loops_.push_back(std::make_unique<HttpLoop>(*options_, *routes_, *counters_, listeners_));
}

HttpServer::~HttpServer() { drain(std::chrono::milliseconds{0}); }

std::vector<std::string> HttpServer::addresses() const { return addresses_; }

void HttpServer::start() {
  for (std::size_t i = 0; i < loops_.size(); ++i)
    threads_.emplace_back([this, i] {
      pthread_setname_np(pthread_self(), fmt::format("http-{}", i).c_str());
      loops_[i]->run();
    });
}

void HttpServer::drain(std::chrono::milliseconds deadline) {
  if (threads_.empty()) return;
  // The loops hold duplicates, so the kernel keeps the backlog until they have taken it.
  listeners_.clear();
  for (auto& loop : loops_) loop->begin_drain(std::chrono::steady_clock::now() + deadline);
  threads_.clear();
}

std::chrono::steady_clock::time_point HttpServer::turned_at() const {
  auto slowest = std::chrono::steady_clock::time_point::max();
  for (const auto& loop : loops_) slowest = std::min(slowest, loop->turned_at());
  return slowest;
}

std::vector<const MetricSet*> HttpServer::metrics() const {
  return {&counters_->metrics, &routes_->metrics()};
}

HttpCounts HttpServer::counts() const {
  HttpCounts counts;
  counts.connections = counters_->connections;
  counts.open_connections = static_cast<std::uint64_t>(counters_->open_connections.load());
  counts.in_flight = static_cast<std::uint64_t>(counters_->in_flight.load());
  for (int status = 200; status < 600; status += 100)
    counts.responses[static_cast<std::size_t>(status / 100)] = counters_->responses_of(status);
  return counts;
}

}  // namespace smscrm
