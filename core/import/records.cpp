#include "core/import/records.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/import/columns.hpp"
#include "core/import/formula.hpp"
#include "core/import/ndjson.hpp"

namespace smscrm {
namespace {

// Blanks of any width.
bool is_blank(std::string_view field) {
  for (std::size_t at = 0; at < field.size();) {
    const auto point = next_code_point(field, at);
    if (point != ' ' && point != '\t' && point != '\r' && point != '\n' && point != 0xA0 && point != 0x3000 &&
        !(point >= 0x2000 && point <= 0x200B) && point != 0xFEFF)
      return false;
  }
  return true;
}

class CsvRecords : public RecordReader {
 public:
  CsvRecords(ByteSource source, const RecordOptions& options)
      : csv_(std::move(source), {.delimiter = options.delimiter,
                                 .max_field = options.max_field,
                                 .max_row = options.max_row,
                                 .max_columns = options.max_columns}),
        names_(options.columns) {
    if (!names_.empty()) return;
    if (!next()) throw Error(Errc::invalid, "the file is empty; it needs a line of headers");
    for (const auto name : fields()) names_.emplace_back(name);
    names_line_ = csv_.line();
  }

  std::string_view format() const override { return "csv"; }
  char delimiter() const override { return csv_.delimiter(); }
  std::span<const std::string> names() const override { return names_; }
  std::int64_t names_line() const override { return names_line_; }
  // Spreadsheets write ",,," for rows that were emptied: no more of a row than a blank line.
  bool next() override {
    do {
      if (!csv_.next()) return false;
    } while (std::ranges::all_of(csv_.fields(), is_blank));
    const auto fields = csv_.fields();
    unguarded_.clear();
    if (std::ranges::any_of(fields, [](std::string_view field) { return field.starts_with('\''); }))
      for (const auto field : fields) unguarded_.push_back(unguard_formula(field));
    return true;
  }
  std::int64_t line() const override { return csv_.line(); }
  std::span<const std::string_view> fields() const override {
    return unguarded_.empty() ? csv_.fields() : std::span{unguarded_};
  }

  void format_reject(std::string& out, bool begin, const Refusal& refusal) const override {
    if (begin) {
      std::vector<std::string> header{std::begin(reject_columns), std::end(reject_columns)};
      for (const auto& name : names_) header.push_back(guard_formula(std::string{trim(name)}));
      format_csv_row(out, header);
    }
    std::vector<std::string> cells{
        std::to_string(csv_.line()), std::string{refusal.reason},
        refusal.column ? guard_formula(std::string{trim(names_[*refusal.column])}) : std::string{}};
    for (const auto field : fields()) cells.push_back(guard_formula(std::string{field}));
    format_csv_row(out, cells);
  }

 private:
  CsvReader csv_;
  std::vector<std::string_view> unguarded_;  // the fields of a record that has a guard somewhere
  std::vector<std::string> names_;
  std::int64_t names_line_ = 0;
};

class NdjsonRecords : public RecordReader {
 public:
  NdjsonRecords(ByteSource source, const RecordOptions& options)
      : lines_(std::move(source), {.max_field = options.max_field,
                                   .max_row = options.max_row,
                                   .max_columns = options.max_columns}) {
    if (lines_.keys().empty()) throw Error(Errc::invalid, "the file is empty");
  }

  std::string_view format() const override { return "ndjson"; }
  std::span<const std::string> names() const override { return lines_.keys(); }
  std::int64_t names_line() const override { return 0; }
  bool next() override {
    if (!lines_.next()) return false;
    text_ = lines_.text();
    return true;
  }
  std::int64_t line() const override { return lines_.line(); }
  std::span<const std::string_view> fields() const override {
    return refusal() ? std::span{&text_, 1} : lines_.fields();
  }
  std::span<const std::string_view> remains() const override { return lines_.remains(); }
  std::span<const std::size_t> nested() const override { return lines_.nested(); }

  std::optional<Refusal> refusal() const override {
    const auto& fault = lines_.fault();
    if (fault.reason.empty()) return std::nullopt;
    Refusal refusal{fault.reason};
    if (fault.key.empty()) return refusal;
    const auto& keys = lines_.keys();
    const auto key = std::ranges::find(keys, fault.key);
    if (key != keys.end()) refusal.column = static_cast<std::size_t>(key - keys.begin());
    return refusal;
  }

  void format_reject(std::string& out, bool, const Refusal& refusal) const override {
    nlohmann::ordered_json why{{reject_columns[0], lines_.line()},
                               {reject_columns[1], refusal.reason},
                               {reject_columns[2], refusal.column ? lines_.keys()[*refusal.column] : ""}};
    const bool is_object = text_.starts_with('{') && nlohmann::json::accept(text_);
    if (!is_object) {
      why["reject_text"] = text_;
    } else if (was_rejected_before()) {
      const auto object = nlohmann::ordered_json::parse(text_);
      for (const auto& [key, value] : object.items())
        if (!why.contains(key)) why[key] = value;
    }
    out += why.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    if (is_object && !was_rejected_before()) {
      // As it was written, numbers and all.
      const auto members = trim(text_.substr(1));
      out.back() = members.starts_with('}') ? '}' : ',';
      if (out.back() == ',') out += members;
    }
    out += '\n';
  }

 private:
  bool was_rejected_before() const { return text_.find("\"reject_line\"") != std::string_view::npos; }

  NdjsonReader lines_;
  std::string_view text_;
};

bool is_json(std::string_view sample) {
  if (sample.starts_with("\xEF\xBB\xBF")) sample.remove_prefix(3);
  sample = trim(sample);
  // An array of objects, too: NdjsonReader says what to do with it.
  if (sample.starts_with('[')) sample = trim(sample.substr(1));
  return sample.starts_with('{');
}

}  // namespace

std::unique_ptr<RecordReader> open_records(ByteSource source, const RecordOptions& options) {
  if (!options.format.empty() &&
      std::ranges::find(import_formats, options.format) == std::end(import_formats))
    throw Error(Errc::usage, "\"{}\" is no format known here", options.format);
  auto format = options.format;
  if (format.empty()) {
    constexpr std::size_t sample_size = 4096;
    auto sample = read_first(source, sample_size);
    format = is_json(sample) ? "ndjson" : "csv";
    source = put_back(std::move(sample), std::move(source));
  }
  if (format == "csv") return std::make_unique<CsvRecords>(std::move(source), options);
  if (!options.columns.empty())
    throw Error(Errc::usage, "the file is NDJSON, each line of which names its columns")
        .with_hint("leave --columns out");
  return std::make_unique<NdjsonRecords>(std::move(source), options);
}

}  // namespace smscrm
