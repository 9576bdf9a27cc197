#include "cli/screen.hpp"

#include <algorithm>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::size_t usual_columns = 80;

// The longest beginning of `text` that takes at most `width` cells, in bytes; combining marks stay with what
// they belong to.
std::size_t fitting(std::string_view text, std::size_t width) {
  std::size_t fits = 0, taken = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    next_code_point(text, at);
    taken += display_width(text.substr(begin, at - begin));
    if (taken > width) break;
    fits = at;
  }
  return fits;
}

// Words with the blanks before them; quoted ones together when they are no wider than a line.
std::vector<std::string_view> words_of(std::string_view text, std::size_t width) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    at = std::min(text.find_first_not_of(' ', at), text.size());
    const auto word = at;
    at = std::min(text.find(' ', at), text.size());
    const auto quote = text.substr(word, at - word).find('"');
    if (quote != std::string_view::npos) {
      const auto close = text.find('"', word + quote + 1);
      if (close != std::string_view::npos && close > at) {
        const auto end = std::min(text.find(' ', close), text.size());
        if (display_width(text.substr(word, end - word)) <= width) at = end;
      }
    }
    if (at > word) words.push_back(text.substr(begin, at - begin));
  }
  return words;
}

}  // namespace

std::size_t terminal_columns(int descriptor) {
  if (const char* variable = std::getenv("COLUMNS"))
    if (const auto columns = parse_integer(variable); columns && *columns > 0 && *columns < 100'000)
      return static_cast<std::size_t>(*columns);
  winsize size{};
  ::ioctl(descriptor, TIOCGWINSZ, &size);
  return size.ws_col > 0 ? size.ws_col : usual_columns;
}

bool shows_unicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const auto locale = to_lower(value);
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

std::string_view ellipsis() {
  static const bool unicode = shows_unicode();
  return unicode ? "\u2026" : "...";
}

std::string cut(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string{text};
  const auto mark = display_width(ellipsis());
  if (width < mark) return std::string{text.substr(0, fitting(text, width))};
  auto kept = text.substr(0, fitting(text, width - mark));
  while (kept.ends_with(' ')) kept.remove_suffix(1);
  return std::string{kept}.append(ellipsis());
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 1);
  std::vector<std::string> lines;
  std::string line;
  for (auto word : words_of(text, width)) {
    if (!line.empty() && display_width(line) + display_width(word) <= width) {
      line += word;
      continue;
    }
    if (!line.empty()) lines.push_back(std::move(line));
    if (!lines.empty()) word.remove_prefix(word.find_first_not_of(' '));
    for (; display_width(word) > width; word.remove_prefix(lines.back().size())) {
      std::size_t next = 0;
      next_code_point(word, next);
      lines.emplace_back(word.substr(0, std::max(fitting(word, width), next)));
    }
    line = word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

std::string wrap_lines(std::string_view text, std::size_t width) {
  std::string wrapped;
  const auto lines = split(text, '\n');
  for (const auto& line : lines) {
    if (&line != &lines.front()) wrapped += '\n';
    if (display_width(line) <= width) {
      wrapped += line;
      continue;
    }
    const auto first = std::min(line.find_first_not_of(' '), line.size());
    auto indent = first;
    if (const auto gap = line.find("  ", first); gap != std::string::npos)
      indent = std::min(line.find_first_not_of(' ', gap), line.size());
    const auto head = display_width(line.substr(0, indent));
    if (head + 20 > width) indent = first;
    const std::string blanks(display_width(line.substr(0, indent)), ' ');
    if (blanks.size() >= width) {
      wrapped += line;
      continue;
    }
    wrapped += line.substr(0, indent);
    bool is_first = true;
    for (const auto& part : wrap(line.substr(indent), width - blanks.size())) {
      if (!is_first) wrapped += "\n" + blanks;
      wrapped += part;
      is_first = false;
    }
  }
  return wrapped;
}

}  // namespace smscrm
