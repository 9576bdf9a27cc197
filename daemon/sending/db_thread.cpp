#include "daemon/sending/db_thread.hpp"

#include <utility>

#include "core/fence/watch.hpp"
#include "daemon/outage.hpp"

namespace smscrm {
namespace {

constexpr auto idle_turn = std::chrono::seconds{2};

}  // namespace

DbThread::DbThread(std::string url, std::string application, std::function<void()> on_end)
    : url_(std::move(url)),
      application_(std::move(application)),
      on_end_(std::move(on_end)),
      thread_([this] { run(); }) {}

DbThread::~DbThread() {
  {
    const std::lock_guard lock{mutex_};
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void DbThread::submit(Work work, Done done) {
  ++pending_;
  {
    const std::lock_guard lock{mutex_};
    waiting_.push_back({std::move(work), std::move(done), epoch_, nullptr});
  }
  changed_.notify_one();
}

void DbThread::collect() {
  for (std::unique_lock lock{mutex_}; !ended_.empty(); lock.lock()) {
    const auto job = std::move(ended_.front());
    ended_.pop_front();
    lock.unlock();
    --pending_;
    if (job.failure && job.epoch == epoch_ && is_loss(job.failure)) ++epoch_;
    job.done(job.failure);
  }
}

void DbThread::run() {
  pulse_.attach();
  std::optional<Connection> db;
  std::unique_lock lock{mutex_};
  while (true) {
    note_turn();
    if (!changed_.wait_for(lock, idle_turn, [this] { return stop_ || !waiting_.empty(); })) continue;
    if (stop_) return;
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job.failure = perform(db, job);
    job.work = nullptr;  // its captures end here, not on the owner's time
    lock.lock();
    ended_.push_back(std::move(job));
    lock.unlock();
    on_end_();
    lock.lock();
  }
}

std::exception_ptr DbThread::perform(std::optional<Connection>& db, const Job& job) {
  if (job.epoch < broken_) return loss_;
  const Waiting for_database;
  try {
    if (!db) db.emplace(connect_watched(url_, application_));
    job.work(*db);
    return nullptr;
  } catch (...) {
    auto failure = std::current_exception();
    if (is_loss(failure)) {
      db.reset();
      broken_ = job.epoch + 1;
      loss_ = failure;
    }
    return failure;
  }
}

}  // namespace smscrm
