#include "core/import/statement.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"
#include "core/import/cell_time.hpp"

namespace smscrm {

void StatementReader::add_column(const ImportColumn& column, std::size_t position) {
  const auto place = [&](std::optional<std::size_t>& where) { where = where.value_or(position); };
  switch (column.field) {
    case ImportField::message_from:
      is_log_ = true;
      return place(from_);
    case ImportField::message_to:
      is_log_ = true;
      return place(to_);
    case ImportField::message_direction:
      return place(direction_);
    case ImportField::message_status:
      return place(status_);
    case ImportField::message_body:
      return place(body_);
    case ImportField::message_error:
      return place(error_);
    case ImportField::message_at:
      return place(at_);
    case ImportField::consent_at:
      return place(consent_at_);
    case ImportField::consent:
    case ImportField::opt_out:
    case ImportField::attribute:
    case ImportField::tags:
    case ImportField::phone:
      break;
    default:
      return;
  }
  if (column.is_silent || (column.says == ConsentColumn::none && column.is_of_other_channel)) return;
  has_texts_ = has_texts_ || column.says == ConsentColumn::texts;
  has_unnamed_ = has_unnamed_ || column.says == ConsentColumn::unnamed;
  columns_.push_back({.position = position,
                      .says = column.says,
                      .is_detected = column.field == ImportField::attribute,
                      .is_phone = column.field == ImportField::phone,
                      .header = column.header});
}

std::string_view StatementReader::cell(Fields fields, std::optional<std::size_t> position) {
  return position && *position < fields.size() ? trim(fields[*position]) : std::string_view{};
}

LogReading StatementReader::read_log(Fields fields) const {
  return read_logged_message({.from = cell(fields, from_),
                              .to = cell(fields, to_),
                              .direction = cell(fields, direction_),
                              .status = cell(fields, status_),
                              .body = cell(fields, body_),
                              .error = cell(fields, error_),
                              .at = cell(fields, at_),
                              .tells_direction = direction_ || status_});
}

ConsentWord StatementReader::read_cell(Column& column, std::string_view text) const {
  if (column.is_phone) {
    std::string words;
    for (const char c : text)
      if ((c | 0x20) >= 'a' || c == ' ' || c == '\'') words += c;
    return words.size() >= 3 && says_no(words) ? ConsentWord::no : ConsentWord::nothing;
  }
  if (column.says == ConsentColumn::none) {
    if (says_no(text)) return ConsentWord::no;
    // Several in one cell, such as tags.
    for (std::size_t begin = 0;
         text.find_first_of(",;|") != std::string_view::npos && begin <= text.size();) {
      const auto end = std::min(text.find_first_of(",;|", begin), text.size());
      if (says_no(text.substr(begin, end - begin))) return ConsentWord::no;
      begin = end + 1;
    }
    return ConsentWord::nothing;
  }
  constexpr std::size_t enough = 1000;
  if (const auto known = column.known.find(std::string{text}); known != column.known.end())
    return known->second;
  const auto word = read_consent_cell(text, column.says);
  if (column.known.size() < enough) column.known.emplace(text, word);
  return word;
}

std::string StatementReader::proof_of(const Column& column, std::string_view text) const {
  constexpr std::size_t most = 100;
  std::size_t end = 0;
  while (end < text.size() && end < most) next_code_point(text, end);
  return fmt::format("column {} of {}: {}", column.header, source_, text.substr(0, end));
}

Statement StatementReader::read(Fields fields) {
  Statement statement;
  bool texts = false, unnamed = false;
  std::string proof;
  for (auto& column : columns_) {
    const auto text = cell(fields, column.position);
    if (!is_valid_utf8(text)) continue;
    const auto word = read_cell(column, text);
    if (word == ConsentWord::no) {
      statement = {.word = ConsentWord::no, .column = column.position, .proof = proof_of(column, text)};
      if (column.says == ConsentColumn::opt_out || column.says == ConsentColumn::opt_out_at)
        statement.at = read_cell_time(text);
      else if (column.says == ConsentColumn::texts && !column.is_detected)
        statement.at = read_cell_time(cell(fields, consent_at_));
      return statement;
    }
    if (word == ConsentWord::yes && column.says == ConsentColumn::texts && !std::exchange(texts, true))
      proof = fmt::format("column {} of {}", column.header, source_);
    unnamed = unnamed || (word == ConsentWord::yes && column.says == ConsentColumn::unnamed);
    if (word == ConsentWord::unclear && (!column.is_detected || everybody_) &&
        statement.word == ConsentWord::nothing) {
      statement.word = ConsentWord::unclear;
      statement.column = column.position;
    }
  }
  if (is_log_) {
    if (auto log = read_log(fields); !log.opt_out.empty())
      return {.word = ConsentWord::no,
              .column = body_,
              .proof = fmt::format("{} in {}", log.opt_out, source_),
              .at = log.at};
    else if (log.may_be_opt_out)
      statement.withholds = true;
  }
  if (statement.word == ConsentWord::unclear) return statement;
  if (texts) {
    statement.word = ConsentWord::yes;
    statement.proof = std::move(proof);
  }
  statement.withholds = statement.withholds || (has_texts_ ? !texts : has_unnamed_ && !unnamed);
  return statement;
}

}  // namespace smscrm
