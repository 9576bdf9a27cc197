// What a row says of consent to texts, all of its columns together. A stated no goes before everything else.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/import/import.hpp"
#include "core/import/message_log.hpp"

namespace smscrm {

struct Statement {
  ConsentWord word = ConsentWord::nothing;
  bool withholds = false;  // there is room for a yes, and none in it: a blanket one does not count
  std::optional<std::size_t> column = {};  // that decided
  std::string proof = {};                  // of both: where it stands; of a no with its words
  std::optional<Timestamp> at = {};        // of a no: when it was said; nullopt: not known
};

// One thread at a time.
class StatementReader {
 public:
  using Fields = std::span<const std::string_view>;

  // `everybody`: consent is said to hold for all rows, or the tenant implies it, so that what cannot be read
  // must not pass for a yes.
  StatementReader(std::string source, bool everybody) : source_(std::move(source)), everybody_(everybody) {}

  void add_column(const ImportColumn& column, std::size_t position);

  // Fields that are not UTF-8 are passed over.
  Statement read(Fields fields);

  // Whether the columns are those of a log of messages.
  bool reads_log() const noexcept { return is_log_; }
  // Of such a row: views into `fields`.
  LogReading read_log(Fields fields) const;

 private:
  struct Column {
    std::size_t position;
    ConsentColumn says;  // none: of an attribute, which may say no all the same
    bool is_detected;    // by its header, and not by name
    bool is_phone;       // "DO NOT TEXT 415…"
    std::string header;
    std::unordered_map<std::string, ConsentWord> known =
        {};  // cells read before: there are few different ones
  };
  static std::string_view cell(Fields fields, std::optional<std::size_t> position);
  ConsentWord read_cell(Column& column, std::string_view cell) const;
  std::string proof_of(const Column& column, std::string_view cell) const;

  std::string source_;
  bool everybody_;
  bool is_log_ = false;
  bool has_texts_ = false, has_unnamed_ = false;
  std::vector<Column> columns_;
  std::optional<std::size_t> from_, to_, direction_, status_, body_, error_, at_, consent_at_;
};

}  // namespace smscrm
