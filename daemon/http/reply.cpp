#include "daemon/http/reply.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/log.hpp"

namespace smscrm {

bool HttpMailbox::put(HttpAnswer answer) {
  const std::lock_guard lock{mutex_};
  if (!wake_) return false;
  answers_.push_back(std::move(answer));
  if (answers_.size() == 1) wake_();
  return true;
}

void HttpMailbox::put(std::vector<HttpAnswer> answers) {
  const std::lock_guard lock{mutex_};
  if (!wake_ || answers.empty()) return;
  const bool was_empty = answers_.empty();
  std::move(answers.begin(), answers.end(), std::back_inserter(answers_));
  if (was_empty) wake_();
}

std::vector<HttpAnswer> HttpMailbox::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(answers_, {});
}

void HttpMailbox::close() {
  const std::lock_guard lock{mutex_};
  wake_ = nullptr;
  answers_.clear();
}

HttpReply& HttpReply::operator=(HttpReply&& other) noexcept {
  std::swap(mailbox_, other.mailbox_);
  std::swap(ticket_, other.ticket_);
  return *this;
}

HttpReply::~HttpReply() {
  if (!mailbox_) return;
  HttpAnswer answer;
  answer.ticket = ticket_;
  answer.response = {500, "text/plain", "internal error\n", {}};
  if (mailbox_->put(std::move(answer))) log_error("an HTTP request was left without an answer");
}

void HttpReply::put(HttpAnswer answer) {
  if (!mailbox_) return;
  answer.ticket = ticket_;
  std::exchange(mailbox_, nullptr)->put(std::move(answer));
}

void HttpReply::send(HttpResponse response) { put({HttpAnswer::Kind::send, 0, std::move(response), 0}); }

void HttpReply::send_all(std::vector<std::pair<HttpReply, HttpResponse>> answers) {
  std::vector<std::pair<std::shared_ptr<HttpMailbox>, std::vector<HttpAnswer>>>
      batches;  // one a loop, so few
  for (auto& [reply, response] : answers) {
    if (!reply.mailbox_) continue;
    auto batch = std::find_if(batches.begin(), batches.end(),
                              [&, &wanted = reply](const auto& b) { return b.first == wanted.mailbox_; });
    if (batch == batches.end()) batch = batches.insert(batch, {reply.mailbox_, {}});
    batch->second.push_back({HttpAnswer::Kind::send, reply.ticket_, std::move(response), 0});
    reply.mailbox_ = nullptr;
  }
  for (auto& [mailbox, batch] : batches) mailbox->put(std::move(batch));
}

void HttpReply::reset() { put({HttpAnswer::Kind::reset, 0, {}, 0}); }

void HttpReply::close() { put({HttpAnswer::Kind::close, 0, {}, 0}); }

void HttpReply::truncate(HttpResponse response, std::size_t body_bytes) {
  put({HttpAnswer::Kind::truncate, 0, std::move(response), body_bytes});
}

}  // namespace smscrm
