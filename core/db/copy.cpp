#include "core/db/copy.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

// Rows that are in COPY's form already, without the last line end. libpqxx 6.4 writes row by row from values;
// passed as the only value of a "row" and exempt from escaping, a block goes out whole.
struct CopyBlock {
  std::string_view rows;
};

}  // namespace
}  // namespace smscrm

template <>
std::string pqxx::internal::TypedCopyEscaper::operator()(const smscrm::CopyBlock* block) const {
  return std::string{block->rows};
}

namespace smscrm {

void CopyRows::begin_value() {
  if (std::exchange(row_begun_, true)) text_ += '\t';
}

void CopyRows::add(std::string_view value) {
  begin_value();
  const auto special = [](char c) { return c == '\\' || c == '\t' || c == '\n' || c == '\r'; };
  for (auto at = value.begin();;) {
    const auto stop = std::find_if(at, value.end(), special);
    text_.append(at, stop);
    if (stop == value.end()) return;
    text_ += '\\';
    text_ += *stop == '\t' ? 't' : *stop == '\n' ? 'n' : *stop == '\r' ? 'r' : '\\';
    at = stop + 1;
  }
}

void CopyRows::add_null() {
  begin_value();
  text_ += "\\N";
}

void CopyRows::end_row() {
  text_ += '\n';
  row_begun_ = false;
}

void copy_in(Tx& tx, const std::string& table, const std::vector<std::string>& columns,
             const CopyRows& rows) {
  constexpr std::size_t block_size = 256 * 1024;
  pqxx::stream_to stream{tx, table, columns};
  const std::string_view text{rows.text()};
  for (std::size_t begin = 0; begin < text.size();) {
    auto end = text.find('\n', std::min(begin + block_size, text.size() - 1));
    stream << std::tuple{CopyBlock{text.substr(begin, end - begin)}};
    begin = end + 1;
  }
  stream.complete();
}

namespace {

std::string literal(Tx& tx, const Param& param) {
  if (!param) return "NULL";
  if (param->find('\0') != std::string::npos)
    throw Error(Errc::invalid, "a text has a NUL character, which PostgreSQL cannot hold");
  return tx.quote(*param);
}

// The statement with its parameters in their places; what stands in quotes of either kind is no place.
std::string with_literals(Tx& tx, std::string_view sql, const std::vector<Param>& params) {
  std::string text;
  char quote = '\0';
  for (std::size_t at = 0; at < sql.size(); ++at) {
    const char c = sql[at];
    if (quote != '\0' ? c == quote : c == '\'' || c == '"') quote = quote == '\0' ? c : '\0';
    auto end = at + 1;
    while (quote == '\0' && c == '$' && end < sql.size() && sql[end] >= '0' && sql[end] <= '9') ++end;
    if (end == at + 1) {
      text += c;
      continue;
    }
    const auto number = parse_integer(sql.substr(at + 1, end - at - 1));
    text += literal(tx, params.at(static_cast<std::size_t>(number.value_or(0)) - 1));
    at = end - 1;
  }
  return text;
}

}  // namespace

void copy_out(Tx& tx, const std::string& sql, const std::vector<Param>& params, const std::string& options,
              const std::function<void(std::string_view row)>& each) {
  // libpqxx 6.4 reads whole tables only, and in one form: what it puts behind the "table" becomes a comment.
  const auto source = fmt::format("({}) TO STDOUT ({}) --", with_literals(tx, sql, params), options);
  pqxx::stream_from stream{tx, source};
  std::string row;
  try {
    while (stream.get_raw_line(row)) each(row);
  } catch (const pqxx::pqxx_exception&) {
    throw;
  } catch (...) {
    tx.conn().cancel_query();
    throw;
  }
}

}  // namespace smscrm
