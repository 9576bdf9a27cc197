// Many unknown outcomes asked about at once: by the pages of all that the account sent, newest first, instead
// of a question for each number. A page has hundreds of messages, so outcomes are found out as fast as they
// become unknown.
//
// An entry that a page has is found, as by a question (core/sending/resolve.hpp). That it is missing proves
// less: how the provider orders such a list, and how soon it shows what it took, is not written down. So
// absence counts only where the pages show what we know to be there: a message that the provider took before
// the one in question, and one that it took after it. What cannot be decided so is asked for by its number.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/sending/resolve.hpp"

namespace smscrm {

// Messages that the provider took, some for every moment: what a complete list has to have.
class TakenMessages {
 public:
  // When its request left; one that left before the last is not needed.
  void add(const std::string& provider_id, Timestamp left_at);

  struct Taken {
    std::string provider_id;
    Timestamp left_at;
  };
  const std::deque<Taken>& all() const { return taken_; }

 private:
  std::deque<Taken> taken_;
};

class UnknownPages {
 public:
  // `asked_at` is before the first page is asked for; `grace` as in record_resolutions.
  UnknownPages(std::vector<Unresolved> messages, const TakenMessages& taken, std::chrono::milliseconds grace,
               Timestamp asked_at);

  // The answer to the first request, and then to those for next(). `at` is when it came.
  void read(const ListedPage& page, const HttpResult& reply, Timestamp at);
  // Nothing more to ask for: the pages go back far enough, or asking one by one is cheaper.
  bool done() const { return done_; }
  const std::string& next() const { return next_; }

  struct Answers {
    std::vector<Resolution> resolutions;
    std::vector<Unresolved> undecided;  // to be asked for one by one
  };
  // What was learned so far.
  Answers answers() const;

 private:
  struct Question {
    Unresolved message;    // claimed when by the provider's clock, once a reply shows it
    Timestamp claimed_at;  // by ours
    Resolution answer;
  };

  void take(const ListedMessage& listed);
  bool must_be_listed(Timestamp claimed_at) const;

  std::vector<Question> questions_;
  std::multimap<std::string, std::size_t> by_address_;  // key of the number
  std::map<std::string, Timestamp> taken_;              // by the provider's id: when it left
  std::set<Timestamp> seen_;                            // of those that the pages had
  const std::chrono::milliseconds grace_;
  const Timestamp asked_at_;
  std::size_t pages_left_;
  bool first_ = true, ordered_ = true, complete_ = false, done_ = false;
  Timestamp back_to_, oldest_ = Timestamp::max();
  std::string next_;
};

}  // namespace smscrm
