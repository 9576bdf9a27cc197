#include "daemon/worker.hpp"

#include <utility>

#include <pthread.h>

namespace smscrm {

Worker::Worker(std::string name, std::function<void(std::stop_token)> work)
    : name_(std::move(name)), thread_([this, work = std::move(work)](std::stop_token stop) {
        ::pthread_setname_np(::pthread_self(), name_.c_str());
        pulse_.attach();
        work(stop);
      }) {}

void Worker::ask_to_stop() { thread_.request_stop(); }

void Worker::stop() {
  ask_to_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace smscrm
