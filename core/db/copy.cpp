#include "core/db/copy.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

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

}  // namespace smscrm
