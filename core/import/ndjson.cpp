#include "core/import/ndjson.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/import/consent_words.hpp"

namespace smscrm {
namespace {

using Json = nlohmann::json;

constexpr std::size_t sample_size = 64 * 1024;
constexpr std::size_t first_buffer = 256 * 1024;

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
};

}  // namespace

// Takes one line apart. nlohmann calls the functions whose names it gives, and stops at the first false.
class NdjsonReader::Row {
 public:
  explicit Row(std::vector<std::string>& keys) : keys_(keys) {}

  // Whether `text` is one object without a fault. Keys of another one are forgotten again.
  bool parse(std::string_view text) {
    const auto known = keys_.size();
    fault_ = {};
    goes_on_ = false;
    if (read(text)) return true;
    if (fault_.reason.empty()) fault_.reason = is_valid_utf8(text) ? "not_json" : "not_utf8";
    forget_keys(known);
    return false;
  }

  // What can be read of a text that parse() refused: cells() of the keys that are known.
  void parse_remains(std::string_view text) {
    const auto known = keys_.size();
    goes_on_ = true;
    read(readable_utf8(text));
    forget_keys(known);
  }

  struct Cell {
    std::string text;
    bool is_set = false;
    bool is_nested = false;
  };
  const std::vector<Cell>& cells() const noexcept { return cells_; }
  const Fault& fault() const noexcept { return fault_; }

  bool null() { return depth_ == 1 || (depth_ > 1 && add(Kind::null, "null")); }
  bool boolean(bool value) { return add(Kind::word, value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return add(Kind::word, fmt::format_int{value}.c_str()); }
  bool number_unsigned(std::uint64_t value) { return add(Kind::word, fmt::format_int{value}.c_str()); }
  bool number_float(double, const std::string& written) { return add(Kind::word, written); }
  bool string(const std::string& value) {
    // Outside of an object there is no key to name, and the line is at fault as a whole.
    if (depth_ > 0 && value.find('\0') != std::string::npos && !goes_on_) return fail("nul");
    return add(Kind::text, value);
  }
  bool binary(Json::binary_t&) { return false; }

  bool start_object(std::size_t) {
    if (depth_ > 0) open('{');
    ++depth_;
    return true;
  }
  bool end_object() {
    if (--depth_ > 0) close('}');
    return true;
  }
  bool start_array(std::size_t) {
    if (depth_ == 0) return false;
    open('[');
    ++depth_;
    return true;
  }
  bool end_array() {
    --depth_;
    close(']');
    return true;
  }
  bool key(const std::string& name) {
    if (depth_ > 1) {
      begin_element();
      json_ += Json(name).dump();
      json_ += ':';
      has_before_ = false;
      return true;
    }
    if (name.find('\0') != std::string::npos && !goes_on_) {
      fault_ = {"nul"};
      return false;
    }
    if (at_ == keys_.size() || keys_[at_] != name) at_ = place(name);
    cell_ = at_++;
    if (!std::exchange(cells_[cell_].is_set, true)) return true;
    return goes_on_ || fail("duplicate_key");
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

 private:
  enum class Kind { null, word, text };

  bool read(std::string_view text) {
    depth_ = 0;
    at_ = 0;
    for (auto& cell : cells_) {
      cell.is_set = cell.is_nested = false;
      cell.text.clear();
    }
    return Json::sax_parse(text.begin(), text.end(), this);
  }
  void forget_keys(std::size_t known) {
    for (; keys_.size() > known; keys_.pop_back(), cells_.pop_back()) places_.erase(keys_.back());
  }

  std::size_t place(const std::string& name) {
    if (const auto known = places_.find(name); known != places_.end()) return known->second;
    places_.emplace(name, keys_.size());
    keys_.push_back(name);
    cells_.emplace_back();
    return keys_.size() - 1;
  }

  bool fail(std::string_view reason) {
    failed_key_ = keys_[cell_];
    fault_ = {reason, failed_key_};
    return false;
  }

  // A value that is neither object nor array.
  bool add(Kind kind, std::string_view value) {
    if (depth_ == 0) return false;
    if (depth_ == 1) {
      auto& text_of_cell = cells_[cell_].text;
      // Under a key that comes twice a no is not written over.
      if (goes_on_ && read_consent_cell(text_of_cell, ConsentColumn::texts) == ConsentWord::no) return true;
      text_of_cell = value;
      return true;
    }
    begin_element();
    json_ += kind == Kind::text ? Json(value).dump() : std::string{value};
    if (depth_ == 2 && kind != Kind::null) {
      if (!joined_.empty()) joined_ += ';';
      joined_ += value;
    }
    return true;
  }

  void open(char bracket) {
    if (depth_ == 1) {
      json_.clear();
      joined_.clear();
      is_plain_ = bracket == '[';
      has_before_ = false;
    } else {
      is_plain_ = false;
    }
    begin_element();
    json_ += bracket;
    has_before_ = false;
  }
  void close(char bracket) {
    json_ += bracket;
    has_before_ = true;
    if (depth_ > 1) return;
    cells_[cell_].text = is_plain_ ? joined_ : json_;
    cells_[cell_].is_nested = !is_plain_;
  }
  void begin_element() {
    if (std::exchange(has_before_, true)) json_ += ',';
  }

  std::vector<std::string>& keys_;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<Cell> cells_;
  std::size_t depth_ = 0;
  std::size_t at_ = 0;    // where the next key is expected: lines mostly have the same
  std::size_t cell_ = 0;  // of the key being read
  Fault fault_;
  std::string failed_key_;
  bool goes_on_ = false;  // for what remains, whatever is wrong

  // Of the array or object being read.
  std::string json_, joined_;
  bool is_plain_ = false;
  bool has_before_ = false;  // an element, so that a comma is due
};

NdjsonReader::NdjsonReader(ByteSource source, NdjsonOptions options)
    : source_(std::move(source)),
      options_(options),
      buffer_(first_buffer),
      row_(std::make_unique<Row>(keys_)) {
  const auto has_line = [&] { return std::memchr(buffer_.data(), '\n', end_) != nullptr; };
  while (!source_ended_ && (end_ < sample_size || (!has_line() && end_ <= options_.max_row))) fill();
  if (std::string_view{buffer_.data(), end_}.starts_with("\xEF\xBB\xBF")) begin_ = 3;
  read_sample();
}

NdjsonReader::~NdjsonReader() = default;

// Meets the keys of the lines that end in the first 64 KiB, at least of one, and leaves them where they are.
// How the source cuts what it hands out must make no difference: resuming an import depends on it.
void NdjsonReader::read_sample() {
  std::string_view rest{buffer_.data() + begin_, end_ - begin_};
  bool any = false;
  for (std::size_t used = 0; !rest.empty();) {
    const auto end = rest.find('\n');
    const auto size = end == std::string_view::npos ? rest.size() : end + 1;
    if (size > options_.max_row || ((used += size) > sample_size && any)) return;
    const auto text = trim(rest.substr(0, size));
    rest.remove_prefix(size);
    if (text.empty()) continue;
    if (!std::exchange(any, true) && text.starts_with('['))
      throw Error(Errc::invalid, "the file is a JSON array and not NDJSON, which has an object on each line")
          .with_hint("make it so with jq: jq -c '.[]' FILE | smscrm import run -");
    row_->parse(text);
  }
  if (any && keys_.empty())
    throw Error(Errc::invalid, "none of the first lines is a JSON object")
        .with_hint(
            "NDJSON has a whole object on each line; jq makes it so: jq -c . FILE | smscrm import run -");
}

// Reads on behind what is there; a line that is not whole moves to the front.
void NdjsonReader::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const auto got = source_(buffer_.data() + end_, buffer_.size() - end_);
  source_ended_ = got == 0;
  end_ += got;
}

// Sets text_ to the next line that is not blank.
bool NdjsonReader::next_line() {
  for (std::size_t searched = 0;;) {
    const char* const from = buffer_.data() + begin_;
    const void* const found = std::memchr(from + searched, '\n', end_ - begin_ - searched);
    const auto size =
        found ? static_cast<std::size_t>(static_cast<const char*>(found) - from) : end_ - begin_;
    if (size > options_.max_row)
      throw Error(Errc::invalid, "line {}: a row is over {} bytes", line_ + 1, options_.max_row);
    if (!found && !source_ended_) {
      searched = size;
      fill();
      continue;
    }
    if (!found && size == 0) return false;
    text_ = trim(std::string_view{from, size});
    begin_ += size + (found ? 1 : 0);
    searched = 0;
    ++line_;
    if (!text_.empty()) return true;
  }
}

bool NdjsonReader::next() {
  fields_.clear();
  nested_.clear();
  if (!next_line()) return false;
  row_->parse(text_);
  fault_ = row_->fault();
  if (keys_.size() > options_.max_columns)
    throw Error(Errc::invalid, "line {}: over {} different keys so far", line_, options_.max_columns);
  if (!fault_.reason.empty()) {
    row_->parse_remains(text_);
    remains_.clear();
    for (const auto& cell : row_->cells()) remains_.push_back(cell.text);
    return true;
  }
  for (const auto& cell : row_->cells()) {
    if (cell.text.size() > options_.max_field)
      throw Error(Errc::invalid, "line {}: the value of \"{}\" is over {} bytes", line_,
                  keys_[fields_.size()], options_.max_field);
    if (cell.is_nested) nested_.push_back(fields_.size());
    fields_.push_back(cell.text);
  }
  return true;
}

}  // namespace smscrm
