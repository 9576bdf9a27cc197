// A rule of the gate: one question of law or of our own, answered for one message.
//
// It lives in a file of its own, core/gate/NAME.cpp, whose function rule::NAME() returns it, and is a line in
// core/gate/rules.hpp. What it must know of a number it asks of the database by itself, as yes-or-no
// questions in SQL; they are asked for a few messages at a time by a claim and of a million contacts by a
// launch (core/gate/gate.hpp), so that the rule says once what the answer means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/gate/facts.hpp"
#include "core/gate/verdict.hpp"

namespace smscrm {

// Who puts the questions, in a statement in which $1 is the tenant and `c` the contact, all NULL where it is
// absent.
struct Asker {
  std::string msisdn;   // expression: the number
  std::string contact;  // expression: the contact's id as whoever wrote the message knew it; NULL: had none
  // Parameter, bigint[]: the senders that it may leave from; the empty array: all of the tenant. Empty: the
  // asker looks at senders itself and says what it found in Facts::no_sender_left.
  std::string senders = {};
  bool of_set = false;  // of most contacts of the tenant; false: a few, looked up one by one
};

struct Question {
  // A table to be joined by number: its alias, and "SELECT msisdn, … WHERE tenant_id = $1". Rules that name
  // the same alias share it. Empty: none.
  std::string_view table, rows;
  // The condition over `table` and `c`. NULL is no.
  std::string (*condition)(const Asker& asker);
  bool repeats = false;  // a number has more than one row, all alike
};

// To a rule's own questions, in their order.
class Answers {
 public:
  explicit Answers(std::uint32_t bits) : bits_(bits) {}
  bool operator[](std::size_t question) const { return (bits_ >> question & 1U) != 0; }

 private:
  std::uint32_t bits_;
};

struct Rule {
  std::vector<Question> questions;
  Verdict (*judge)(const Facts& facts, Answers answers);
};

}  // namespace smscrm
