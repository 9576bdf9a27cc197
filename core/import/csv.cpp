#include "core/import/csv.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/error.hpp"

namespace smscrm {
namespace {

constexpr std::size_t sample_size = 64 * 1024;
constexpr std::size_t first_buffer = 256 * 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t not_found = std::string_view::npos;

// Line ends in `text`: LF, CRLF or CR, each once.
std::int64_t count_lines(std::string_view text) {
  std::int64_t lines = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++lines;
  return lines;
}

bool begins_with_sep(std::string_view text) {
  constexpr std::string_view sep = "sep=";
  return text.size() >= sep.size() && std::equal(sep.begin(), sep.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? b | 0x20 : b);
         });
}

template <class Field>
void append_row(std::string& out, std::span<const Field> fields) {
  bool first = true;
  for (const std::string_view field : fields) {
    if (!std::exchange(first, false)) out += ',';
    // A record of one empty field would otherwise be a blank line, which readers skip.
    const bool blank_line = fields.size() == 1 && field.empty();
    // At the beginning of a file a byte order mark would be skipped, and so would be what says the delimiter.
    const bool marked = field.starts_with(byte_order_mark) || begins_with_sep(field);
    if (!blank_line && !marked && field.find_first_of(",\"\r\n") == not_found) {
      out += field;
      continue;
    }
    out += '"';
    for (const char c : field) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  out += "\r\n";
}

struct SepLine {
  char delimiter = ',';
  std::size_t size = 0;  // of the line with its end; 0: there is none
};

// `sep=;` in any case, with empty fields behind where a program took it for a row of the table. In quotes it
// is a record.
SepLine find_sep_line(std::string_view sample) {
  const auto end = std::min(sample.find_first_of("\r\n"), sample.size());
  auto line = sample.substr(0, end);
  if (!begins_with_sep(line)) return {};
  line.remove_prefix(4);
  if (line.empty() || line.front() == '"' || line.front() == '\0') return {};
  const char delimiter = line.front();
  if (line.find_first_not_of(delimiter) != not_found) return {};
  std::size_t size = end;
  if (size < sample.size() && sample[size] == '\r') ++size;
  if (size < sample.size() && sample[size] == '\n') ++size;
  return {delimiter, size};
}

// Delimiters in each of the first records of `sample`, as far as they are whole.
std::vector<int> delimiters_per_record(std::string_view sample, char delimiter) {
  constexpr std::size_t enough = 50;
  std::vector<int> counts;
  int count = 0;
  bool quoted = false;
  bool blank = true;
  for (std::size_t i = 0; i < sample.size() && counts.size() < enough; ++i) {
    const char c = sample[i];
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '\n' || c == '\r')) {
      if (!blank) counts.push_back(count);
      count = 0;
      blank = true;
      continue;
    }
    blank = false;
    if (!quoted && c == delimiter) ++count;
  }
  if (counts.empty()) counts.push_back(count);
  return counts;
}

}  // namespace

char detect_csv_delimiter(std::string_view sample) {
  char best = ',';
  std::pair<double, int> best_score{0, 0};
  for (const char candidate : {',', ';', '\t', '|'}) {
    const auto counts = delimiters_per_record(sample, candidate);
    const int in_header = counts.front();
    if (in_header == 0) continue;
    const auto like_header = std::count(counts.begin(), counts.end(), in_header);
    const std::pair score{static_cast<double>(like_header) / static_cast<double>(counts.size()), in_header};
    if (score > best_score) {
      best_score = score;
      best = candidate;
    }
  }
  return best;
}

CsvReader::CsvReader(ByteSource source, CsvOptions options)
    : source_(std::move(source)), options_(options), buffer_(first_buffer) {
  if (options_.delimiter && std::string_view{"\"\r\n\0", 4}.find(*options_.delimiter) != not_found)
    throw Error(Errc::usage, "a quote, a line end or NUL cannot separate fields");
  while (!source_ended_ && end_ < sample_size) fill();
  // Bounded, so that what is detected does not depend on how much the source gave at once.
  const std::string_view sample{buffer_.data(), std::min(end_, sample_size)};
  if (sample.starts_with(byte_order_mark)) begin_ = next_begin_ = byte_order_mark.size();
  const auto told = find_sep_line(sample.substr(begin_));
  begin_ = next_begin_ += told.size;
  if (told.size > 0) line_ = next_line_ = 2;
  delimiter_ = options_.delimiter ? *options_.delimiter
               : told.size > 0    ? told.delimiter
                                  : detect_csv_delimiter(sample.substr(begin_));
  for (const char c : {delimiter_, '\n', '\r', '\0'}) stops_[static_cast<unsigned char>(c)] = true;
}

bool CsvReader::next() {
  begin_ = next_begin_;
  line_ = next_line_;
  for (;;) {
    switch (scan()) {
      case Scan::record:
        finish_record();
        return true;
      case Scan::need_more:
        fill();
        break;
      case Scan::end:
        next_begin_ = begin_;
        next_line_ = line_;
        fields_.clear();
        return false;
    }
  }
}

// Reads on behind what is there. The record being read moves to the front, and the buffer grows only when
// that one record fills it, which the limits bound.
void CsvReader::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const std::size_t got = source_(buffer_.data() + end_, buffer_.size() - end_);
  source_ended_ = got == 0;
  end_ += got;
}

std::int64_t CsvReader::line_at(std::size_t offset) const {
  return line_ + count_lines({buffer_.data() + begin_, offset - begin_});
}

// From an opening quote to past the closing one; not_found when it is not in the buffer yet.
std::size_t CsvReader::skip_quoted(std::size_t at) const {
  const char* const data = buffer_.data();
  for (std::size_t from = at + 1;;) {
    const void* found = from < end_ ? std::memchr(data + from, '"', end_ - from) : nullptr;
    if (!found) {
      if (end_ - at > options_.max_field + 2)
        throw Error(Errc::invalid, "line {}: the field is over {} bytes; is a quote left open there?",
                    line_at(at), options_.max_field);
      if (source_ended_)
        throw Error(Errc::invalid, "line {}: the quote opened there is never closed", line_at(at));
      return not_found;
    }
    const auto quote = static_cast<std::size_t>(static_cast<const char*>(found) - data);
    if (quote + 1 == end_ && !source_ended_) return not_found;
    if (quote + 1 == end_ || data[quote + 1] != '"') return quote + 1;
    from = quote + 2;
  }
}

// Finds the fields of the record at begin_ without changing the buffer, for it may have to start again with
// more.
CsvReader::Scan CsvReader::scan() {
  const char* const data = buffer_.data();
  bounds_.clear();
  for (std::size_t at = begin_;;) {
    Bounds field{at, at, at < end_ && data[at] == '"'};
    if (field.quoted && (at = skip_quoted(at)) == not_found) return Scan::need_more;
    while (at < end_ && !stops_[static_cast<unsigned char>(data[at])]) ++at;
    field.end = at;
    if (field.end - field.begin > options_.max_field + (field.quoted ? 2 : 0))
      throw Error(Errc::invalid, "line {}: a field is over {} bytes", line_at(field.begin),
                  options_.max_field);
    const bool ended = at == end_;
    if (ended && !source_ended_) return Scan::need_more;
    if (!ended && data[at] == '\0')
      throw Error(Errc::invalid, "line {}: a NUL byte; is the file UTF-16 and not UTF-8?", line_at(at));
    // A CR at the end of the buffer may be half of a CRLF.
    if (!ended && data[at] == '\r' && at + 1 == end_ && !source_ended_) return Scan::need_more;

    const bool first = bounds_.empty();
    const bool line_ends = ended || data[at] == '\n' || data[at] == '\r';
    if (first && line_ends && field.begin == field.end) {
      if (ended) return Scan::end;
      at += data[at] == '\r' && at + 1 < end_ && data[at + 1] == '\n' ? 2 : 1;
      begin_ = at;
      ++line_;
      continue;
    }
    if (bounds_.size() == options_.max_columns)
      throw Error(Errc::invalid, "line {}: over {} columns", line_, options_.max_columns);
    bounds_.push_back(field);
    if (field.end - begin_ > options_.max_row)
      throw Error(Errc::invalid, "line {}: a row is over {} bytes", line_, options_.max_row);
    if (!line_ends) {
      ++at;
      continue;
    }
    next_begin_ = at;
    if (!ended) next_begin_ += data[at] == '\r' && at + 1 < end_ && data[at + 1] == '\n' ? 2 : 1;
    next_line_ = line_ + 1;
    return Scan::record;
  }
}

void CsvReader::finish_record() {
  fields_.clear();
  for (const auto& field : bounds_) {
    if (!field.quoted) {
      fields_.emplace_back(buffer_.data() + field.begin, field.end - field.begin);
      continue;
    }
    const std::string_view raw{buffer_.data() + field.begin, field.end - field.begin};
    if (const auto nul = raw.find('\0'); nul != not_found)
      throw Error(Errc::invalid, "line {}: a NUL byte; is the file UTF-16 and not UTF-8?",
                  next_line_ - 1 + count_lines(raw.substr(0, nul)));
    next_line_ += count_lines(raw);
    fields_.emplace_back(buffer_.data() + field.begin, unquote(field.begin, field.end));
  }
}

// Takes the quotes out in place and returns the length that is left.
std::size_t CsvReader::unquote(std::size_t begin, std::size_t end) {
  char* to = buffer_.data() + begin;
  std::size_t at = begin + 1;
  for (bool open = true; open;) {
    const char* const from = buffer_.data() + at;
    const char* const quote = static_cast<const char*>(std::memchr(from, '"', end - at));
    const auto run = static_cast<std::size_t>(quote - from);
    std::memmove(to, from, run);
    to += run;
    at += run + 1;
    open = at < end && buffer_[at] == '"';
    if (open) {
      *to++ = '"';
      ++at;
    }
  }
  std::memmove(to, buffer_.data() + at, end - at);
  to += end - at;
  return static_cast<std::size_t>(to - (buffer_.data() + begin));
}

void format_csv_row(std::string& out, std::span<const std::string_view> fields) { append_row(out, fields); }
void format_csv_row(std::string& out, std::span<const std::string> fields) { append_row(out, fields); }

}  // namespace smscrm
