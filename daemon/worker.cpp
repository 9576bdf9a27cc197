#include "daemon/worker.hpp"

#include <utility>

#include <pthread.h>

namespace smscrm {
namespace {

using Clock = std::chrono::steady_clock;

thread_local std::atomic<Clock::rep>* turned_at_of_this_thread = nullptr;

}  // namespace

Worker::Worker(std::string name, std::function<void(std::stop_token)> work)
    : name_(std::move(name)), thread_([this, work = std::move(work)](std::stop_token stop) {
        ::pthread_setname_np(::pthread_self(), name_.c_str());
        turned_at_of_this_thread = &turned_at_;
        work(stop);
      }) {}

void Worker::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Clock::time_point Worker::turned_at() const { return Clock::time_point{Clock::duration{turned_at_.load()}}; }

void note_turn() {
  if (turned_at_of_this_thread) *turned_at_of_this_thread = Clock::now().time_since_epoch().count();
}

}  // namespace smscrm
