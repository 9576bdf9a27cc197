#include "core/import/chunk.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

// Three texts of this size are in memory at once: the chunk being merged, the one being read, and its sorted
// copy. Measured: a fifth of the rows costs a tenth of the rate, twice as many gain nothing but memory.
constexpr std::int64_t chunk_rows = 30'000;
constexpr std::size_t chunk_bytes = 5 << 20;

std::uint64_t number_of(std::string_view msisdn) {
  std::uint64_t number = 0;
  for (const char c : msisdn.substr(1)) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  return number;
}

void add_known(CopyRows& rows, std::string_view value) {
  if (value.empty())
    rows.add_null();
  else
    rows.add(value);
}

// Bytes that are not UTF-8, and NUL, have no place in the database; the file of rejects has them as they
// came.
std::string as_text(std::string_view text) {
  if (is_valid_utf8(text) && text.find('\0') == std::string_view::npos) return std::string{text};
  std::string clean;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    if (next_code_point(text, at) <= 0)
      clean += "\uFFFD";
    else
      clean += text.substr(begin, at - begin);
  }
  return clean;
}

// The columns of the stage that tell of consent, all of them NULL.
constexpr std::string_view no_offer = "\t\\N\t\\N\t\\N\n";

bool has_letters_beyond_ascii(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

std::vector<ImportColumn> map_names(const RecordReader& records, const Tenant& tenant,
                                    const ImportOptions& options) {
  const auto names = records.names();
  const std::vector<std::string_view> header{names.begin(), names.end()};
  const auto region = region_of(tenant, options);
  return map_columns(header, options.columns, {records.names_line(), region});
}

}  // namespace

ImportReader::ImportReader(ByteSource bytes, const Tenant& tenant, const ImportOptions& options,
                           ErasedNumbers erased)
    : tenant_(tenant.id),
      input_(
          [this, read = std::move(bytes)](char* buffer, std::size_t size) {
            const auto got = read(buffer, size);
            bytes_ += static_cast<std::int64_t>(got);
            return got;
          },
          options.encoding, options.source),
      records_(open_records(
          [this](char* buffer, std::size_t size) { return input_.read(buffer, size); },
          {.format = options.format, .delimiter = options.delimiter, .columns = options.column_names})),
      column_options_(options.columns),
      decoder_(map_names(*records_, tenant, options), tenant, options, std::move(erased)),
      max_rows_(options.max_rows),
      stops_at_bad_beginning_(!options.max_rejects) {
  guesses_ = !input_.guessed_from().empty();
  rows_.reserve(chunk_bytes + 64 * 1024);
}

ImportFormat ImportReader::format() const {
  const char delimiter = records_->delimiter();
  return {.encoding = input_.encoding(),
          .compression = input_.compression(),
          .format = std::string{records_->format()},
          .delimiter = delimiter == '\0' ? "" : std::string{delimiter},
          .guessed_from = input_.guessed_from()};
}

std::vector<std::string> ImportReader::header() const {
  std::vector<std::string> header;
  for (const auto& column : columns()) header.push_back(column.header);
  return header;
}

ImportChunk ImportReader::next(ImportId id, std::int64_t limit) {
  ImportChunk chunk;
  rows_.clear();
  ends_.clear();
  numbers_.clear();
  offers_.clear();
  noes_.clear();
  ContactRow row;
  while (chunk.counts.rows < std::min(chunk_rows, limit) &&
         rows_.text().size() + chunk.rejects_text.size() < chunk_bytes) {
    if (!records_->next()) {
      chunk.last = true;
      break;
    }
    if (++rows_read_ > max_rows_)
      throw Error(Errc::invalid, "line {}: over {} rows", records_->line(), max_rows_)
          .with_hint("divide the file, or allow more with --max-rows");
    ++chunk.counts.rows;
    if (const auto refusal = decode(row, chunk))
      reject(*refusal, id, chunk);
    else
      stage(row, chunk);
    if (rows_read_ == max_bad_beginning) check_beginning(chunk);
  }
  write_staged(chunk);
  if (!chunk.new_columns.empty()) chunk.columns = read_columns(columns());
  chunk.bytes = bytes_;
  chunk.digest = static_cast<std::int64_t>(digest_);
  return chunk;
}

void ImportReader::check_beginning(const ImportChunk& chunk) {
  if (any_good_ || !stops_at_bad_beginning_) return;
  const auto most =
      std::ranges::max_element(chunk.counts.reasons, {}, [](const auto& each) { return each.second; });
  throw Error(Errc::refused, "the first {} rows are all rejected, most of them for {}", rows_read_,
              most->first)
      .with_hint(
          "is it the right file, and are its columns understood? See with --dry-run and --map what becomes "
          "of its"
          " beginning; --max-rejects 100% imports it all the same");
}

std::optional<Refusal> ImportReader::decode(ContactRow& row, ImportChunk& chunk) {
  if (const auto refusal = records_->refusal()) return refusal;
  const auto names = records_->names();
  for (auto known = columns().size(); known < names.size(); ++known) {
    decoder_.add_column(map_late_column(names[known], columns(), column_options_));
    chunk.new_columns.push_back(columns().back().header);
  }
  for (const auto position : records_->nested())
    if (const auto field = columns()[position].field;
        field != ImportField::attribute && field != ImportField::ignored)
      return Refusal{"nested_value", position};
  return decoder_.decode(records_->fields(), row);
}

void ImportReader::stage(const ContactRow& row, ImportChunk& chunk) {
  if (!row.assigned) ++chunk.counts.warnings["phone_unassigned"];
  if (guesses_ && std::ranges::any_of(records_->fields(), has_letters_beyond_ascii))
    ++chunk.counts.warnings["encoding_guessed"];
  for (const auto warning : row.warnings) ++chunk.counts.warnings[std::string{warning}];
  rows_.add(row.msisdn);
  for (const auto* value : {&row.first_name, &row.last_name, &row.email, &row.timezone, &row.country,
                            &row.external_id, &row.attributes, &row.tags})
    add_known(rows_, *value);
  offers_.push_back({static_cast<std::uint32_t>(rows_.text().size())});
  if (row.consent) {
    offers_.back().kind = !*row.consent ? Offer::no : row.is_blanket ? Offer::blanket : Offer::stated;
    if (!*row.consent) {
      ++chunk.counts.opt_outs;
      noes_.push_back({.number = number_of(row.msisdn),
                       .at = row.consent_at.value_or(Timestamp::max()),
                       .position = static_cast<std::uint32_t>(numbers_.size()),
                       .text = {}});
      if (decoder_.has_several_phones())
        for (auto& other : decoder_.read_withdrawals(records_->fields()))
          if (other.msisdn != row.msisdn) withdraw(std::move(other), chunk);
    }
    rows_.add(*row.consent ? "t" : "f");
    rows_.add(row.consent_source);
    add_known(rows_, row.consent_at ? format_rfc3339(*row.consent_at) : std::string{});
  } else {
    for (int i = 0; i < 3; ++i) rows_.add_null();
  }
  rows_.end_row();
  any_good_ = true;
  ends_.push_back(rows_.text().size());
  numbers_.push_back(number_of(row.msisdn));
  digest(numbers_.back());
}

// Of a number whose row is not staged.
void ImportReader::withdraw(Withdrawal withdrawal, ImportChunk& chunk) {
  any_good_ = true;
  ++chunk.counts.opt_outs;
  CopyRows row;
  row.add(withdrawal.msisdn);
  for (std::size_t i = 1; i + 3 < stage_columns.size(); ++i) row.add_null();
  row.add("f");
  row.add(withdrawal.source);
  add_known(row, withdrawal.at ? format_rfc3339(*withdrawal.at) : std::string{});
  row.end_row();
  noes_.push_back({.number = number_of(withdrawal.msisdn),
                   .at = withdrawal.at.value_or(Timestamp::max()),
                   .position = std::nullopt,
                   .text = row.text()});
}

void ImportReader::reject(const Refusal& refusal, ImportId id, ImportChunk& chunk) {
  digest(0);
  ++chunk.counts.rejected;
  ++chunk.counts.reasons[std::string{refusal.reason}];
  records_->format_reject(chunk.rejects_text, rejected_ == 0, refusal);
  const bool is_erased = refusal.reason == erased_reason;  // nothing of them is kept
  if (!is_erased)
    for (auto& withdrawal : decoder_.read_withdrawals(records_->remains()))
      withdraw(std::move(withdrawal), chunk);
  if (++rejected_ > max_kept_rejects) return;

  const auto line = fmt::format("{}", records_->line());
  const std::string column = refusal.column ? columns()[*refusal.column].header : "";
  std::vector<std::string> texts;
  if (!is_erased)
    for (const auto field : records_->fields()) texts.push_back(as_text(field));
  chunk.rejects.add(*to_param(tenant_));
  chunk.rejects.add(*to_param(id));
  chunk.rejects.add(line);
  chunk.rejects.add(refusal.reason);
  chunk.rejects.add(column);
  chunk.rejects.add(*to_param(texts));
  chunk.rejects.end_row();
}

// FNV-1a, a number at a time.
void ImportReader::digest(std::uint64_t number) { digest_ = (digest_ ^ number) * 0x100000001b3U + 1; }

std::string_view ImportReader::row_text(std::uint32_t position) const {
  const auto begin = position == 0 ? 0 : ends_[position - 1];
  return std::string_view{rows_.text()}.substr(begin, ends_[position] - begin);
}

// Whether the row offers consent for a number that another row says no to: a stated one counts where it may
// be the later one, a blanket one never does.
bool ImportReader::has_void_offer(std::uint32_t position) const {
  return offers_[position].kind == Offer::blanket && std::ranges::binary_search(voids_, numbers_[position]);
}

// Leaves out the rows whose number came before, and puts the others in the order of the index that they go
// to.
void ImportReader::write_staged(ImportChunk& chunk) {
  const auto accepted = seen_.add(numbers_);
  std::vector<std::uint64_t> unknown;  // numbers of rows that are no contact
  voids_.clear();
  for (const auto& no : noes_) {
    voids_.push_back(no.number);
    if (!no.position) unknown.push_back(no.number);
  }
  std::ranges::sort(voids_);
  if (!unknown.empty()) withdrawn_.add(unknown);
  std::vector<bool> withdrawn(accepted.size());
  if (!withdrawn_.empty()) {
    std::vector<std::uint64_t> ascending;
    for (const auto position : accepted) ascending.push_back(numbers_[position]);
    withdrawn = withdrawn_.find(ascending);
  }
  chunk.staged.reserve(rows_.text().size());
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    const auto position = accepted[i];
    const auto text = row_text(position);
    const auto& offer = offers_[position];
    const bool is_yes = offer.kind == Offer::stated || offer.kind == Offer::blanket;
    if (is_yes && (withdrawn[i] || has_void_offer(position))) {
      const auto begin = static_cast<std::size_t>(text.data() - rows_.text().data());
      chunk.staged.append(text.substr(0, offer.begin - begin));
      chunk.staged.append(no_offer);
    } else {
      chunk.offers += offer.kind == Offer::none ? 0 : 1;
      chunk.staged.append(text);
    }
  }
  chunk.accepted = static_cast<std::int64_t>(accepted.size());
  chunk.counts.duplicate = chunk.counts.rows - chunk.counts.rejected - chunk.accepted;
  write_withdrawals(accepted, chunk);
}

// The first row of a number counts, but a later one that says no to texts, or one that is rejected, must not
// be passed over. Of several the latest is the one that counts.
void ImportReader::write_withdrawals(const std::vector<std::uint32_t>& accepted, ImportChunk& chunk) {
  std::ranges::sort(noes_, [](const No& one, const No& other) {
    return one.number != other.number ? one.number < other.number : one.at > other.at;
  });
  const auto number = [&](std::uint32_t position) { return numbers_[position]; };
  auto known = accepted.begin();  // ascending by number, too
  std::optional<std::uint64_t> last;
  for (const auto& no : noes_) {
    if (last == no.number) continue;
    known = std::ranges::lower_bound(known, accepted.end(), no.number, {}, number);
    if (no.position && known != accepted.end() && *known == *no.position) continue;  // staged
    last = no.number;
    chunk.withdrawals.append(no.position ? row_text(*no.position) : std::string_view{no.text});
  }
}

}  // namespace smscrm
