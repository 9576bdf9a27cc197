#include "cli/table.hpp"

#include <algorithm>
#include <numeric>

#include "cli/screen.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t readable = 16;  // a text cut off earlier says too little: a spare column goes first
constexpr std::size_t shortest = 4;

std::string padded(const std::string& text, std::size_t width, bool right) {
  const auto taken = display_width(text);
  const std::string blanks(width > taken ? width - taken : 0, ' ');
  return right ? blanks + text : text + blanks;
}

// "New_York" of "America/New_York".
std::string place_name(const std::string& zone) { return zone.substr(zone.rfind('/') + 1); }

}  // namespace

Column Column::spare(int rank) const {
  auto column = *this;
  column.spare_rank = rank;
  return column;
}

Column Column::wrapped() const {
  auto column = *this;
  column.is_wrapped = true;
  return column;
}

Column Column::below() const {
  auto column = *this;
  column.is_below = true;
  return column;
}

Table::Table(std::vector<Column> columns, std::string zone, std::optional<std::size_t> width, bool color)
    : columns_(std::move(columns)),
      zone_(std::move(zone)),
      width_(width),
      color_(color),
      is_number_(columns_.size(), false),
      is_time_(columns_.size(), false) {}

void Table::add(const Json& row) {
  Row cells;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto found = row.find(columns_[i].key);
    cells.push_back(found == row.end() ? Cell{} : show_cell(columns_[i].key, *found, zone_));
    is_number_[i] = is_number_[i] || cells.back().is_number;
    is_time_[i] = is_time_[i] || cells.back().is_time;
  }
  rows_.push_back(std::move(cells));
}

// The first column of times says by which clock they all are.
std::string Table::header_of(std::size_t column) const {
  const auto& that = columns_[column];
  auto header = that.header.empty() ? title_of(that.key) : that.header;
  const auto first_time = std::ranges::find(is_time_, true) - is_time_.begin();
  if (static_cast<std::ptrdiff_t>(column) == first_time) header += " (" + place_name(zone_) + ")";
  return header;
}

void Table::lay_out() {
  std::vector<std::size_t> whole(columns_.size(), 0);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].is_below) continue;
    whole[i] = display_width(header_of(i));
    for (const auto& row : rows_) whole[i] = std::max(whole[i], display_width(row[i].text));
    // A column that a batch before left out stays out.
    if (!widths_.empty() && widths_[i] == 0) whole[i] = 0;
  }
  widths_ = whole;
  if (!width_) return;
  const auto total = [&] {
    std::size_t sum = 0;
    for (const auto width : widths_) sum += width == 0 ? 0 : width + gap;
    return sum < gap ? 0 : sum - gap;
  };
  // The widest text gives way, cell by cell, down to `least`; numbers, times and what the row goes by do not.
  const auto shrink = [&](std::size_t least, bool also_names) {
    while (total() > *width_) {
      std::size_t widest = columns_.size();
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const bool is_text = !is_number_[i] && !is_time_[i] && (i > 0 || also_names);
        if (is_text && widths_[i] > least && (widest == columns_.size() || widths_[i] > widths_[widest]))
          widest = i;
      }
      if (widest == columns_.size()) return;
      widths_[widest] -= std::min(widths_[widest] - least, total() - *width_);
    }
  };
  shrink(readable, false);
  while (total() > *width_) {
    std::size_t spare = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].spare_rank > 0 && widths_[i] > 0 &&
          (spare == columns_.size() || columns_[i].spare_rank > columns_[spare].spare_rank))
        spare = i;
    if (spare == columns_.size()) break;
    whole[spare] = 0;
    widths_ = whole;
    shrink(readable, false);
  }
  shrink(shortest, false);
  shrink(shortest, true);
}

std::string Table::line(const std::vector<Cell>& cells, bool is_header) const {
  // What is wrapped makes a row as many lines as its longest cell has.
  std::vector<std::vector<std::string>> parts(columns_.size());
  std::size_t lines = 1;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (widths_[i] == 0) continue;
    if (columns_[i].is_wrapped && display_width(cells[i].text) > widths_[i])
      parts[i] = wrap(cells[i].text, widths_[i]);
    else
      parts[i] = {cut(cells[i].text, widths_[i])};
    lines = std::max(lines, parts[i].size());
  }
  std::string text;
  for (std::size_t n = 0; n < lines; ++n) {
    std::string blanks;
    bool is_first = true;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (widths_[i] == 0) continue;
      if (!is_first) blanks.append(gap, ' ');
      is_first = false;
      auto part = padded(n < parts[i].size() ? parts[i][n] : "", widths_[i], is_number_[i]);
      const auto begin = part.find_first_not_of(' ');
      if (begin == std::string::npos) {
        blanks += part;
        continue;
      }
      const auto end = part.find_last_not_of(' ') + 1;
      const bool colored = color_ && !is_header && !cells[i].color.empty();
      text += blanks + part.substr(0, begin);
      if (colored) text += cells[i].color;
      text += part.substr(begin, end - begin);
      if (colored) text += plain;
      blanks = part.substr(end);
    }
    text += '\n';
  }
  return text;
}

std::string Table::take() {
  if (rows_.empty()) return "";
  lay_out();
  std::string text;
  if (!has_header_) {
    std::vector<Cell> header;
    for (std::size_t i = 0; i < columns_.size(); ++i) header.push_back({.text = header_of(i)});
    auto head = line(header, true);
    head.pop_back();
    text += color_ ? fmt::format("{}{}{}\n", bold, head, plain) : head + "\n";
    has_header_ = true;
  }
  for (const auto& row : rows_) {
    text += line(row, false);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].is_below || row[i].text.empty()) continue;
      const std::string indent(gap * 2, ' ');
      const auto room = width_ ? std::max(*width_, indent.size() + 20) - indent.size() : row[i].text.size();
      for (const auto& part : wrap(row[i].text, std::max<std::size_t>(room, 1))) text += indent + part + "\n";
    }
  }
  rows_.clear();
  return text;
}

}  // namespace smscrm
