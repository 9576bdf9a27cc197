// What of a text its sender wrote: what is quoted, forwarded or repeated of ours is taken away before the
// text is read for its meaning (core/consent/opt_out_text.hpp).
//
// Taken away are
// - lines quoted as mail does it ("> …"), and what stands below "On … wrote:" or a forward's heading
// - quotations that are of a text of ours, or that a reaction stands beside ("Loved “…”", "👍 to “…”", and
//   what phones write in other languages; shortened with an ellipsis or not)
// - what is repeated of a text of ours without quotation marks, when it is most of that text
// A quotation of anything else is the sender's words: 'I said "stop"'.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

struct OwnWords {
  enum class Mark { none, reaction, dislike, taken_back };

  std::string text;  // what is left, parted by line ends where something was
  // What was taken away, in order: of texts of ours, and what may be somebody else's.
  std::vector<std::string> ours, foreign;
  Mark mark = Mark::none;
  bool is_marked = false;  // a quotation, a forward or a reply, not a mere repetition
};

// `sent`: what we sent to that number lately, whatever of it. Pure; time in proportion to the length of both.
OwnWords find_own_words(std::string_view text, std::span<const std::string> sent);

}  // namespace smscrm
