// core/import/consent_words, message_log and cell_time: whatever the bytes, blanks around them say nothing,
// and what is a no wherever it stands is one in a column of consent, too.
#include "core/import/consent_words.hpp"

#include <string>

#include "core/import/cell_time.hpp"
#include "core/import/message_log.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  const auto column = classify_consent_header(input);
  promise(column == ConsentColumn::none || !names_other_channel(input),
          "another channel is nothing said of texts");
  const auto padded = " " + std::string{input} + "\t";
  for (const auto each :
       {ConsentColumn::texts, ConsentColumn::unnamed, ConsentColumn::opt_out, ConsentColumn::opt_out_at}) {
    const auto word = read_consent_cell(input, each);
    promise(read_consent_cell(padded, each) == word, "blanks around a cell say nothing");
    promise(word != ConsentWord::yes || each == ConsentColumn::texts || each == ConsentColumn::unnamed,
            "a column of opt-outs never says yes");
  }
  promise(!says_no(input) || read_consent_cell(input, ConsentColumn::texts) == ConsentWord::no,
          "a no is a no in a column of consent");
  const auto reading =
      read_logged_message({.from = "them", .to = "us", .direction = "inbound", .body = input});
  promise(reading.person == "them", "who wrote is the person");
  promise(reading.opt_out.empty() || !reading.may_be_opt_out, "an opt-out is clear or to be read");
  if (const auto at = read_cell_time(input))
    promise(read_cell_time(format_rfc3339(*at)) == at, "times read back");
}

}  // namespace smscrm::fuzz
