#include "cli/live.hpp"

#include <cstdlib>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

std::size_t terminal_rows() {
  winsize size{};
  ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  return size.ws_row > 0 ? size.ws_row : 24;
}

}  // namespace

bool LiveScreen::is_possible(const Output& out) {
  const char* terminal = std::getenv("TERM");
  return out.format() == Format::table && ::isatty(STDOUT_FILENO) == 1 && terminal != nullptr &&
         std::string_view{terminal} != "dumb";
}

void LiveScreen::draw(Output& out, const std::string& text) {
  std::string screen = drawn_ ? "\033[H" : "\033[H\033[2J";
  drawn_ = true;
  auto lines = split(text, '\n');
  if (const auto room = terminal_rows() - 1; lines.size() > room) lines.resize(room);
  for (const auto& line : lines) screen += line + "\033[K\n";
  out.print_raw(screen + "\033[J");
  out.flush();
}

void LiveScreen::clear(Output& out) { out.print_raw("\033[H\033[2J"); }

bool LiveScreen::wait(std::chrono::milliseconds time) const {
  if (InterruptMark::is_left()) return false;
  ::poll(nullptr, 0, static_cast<int>(time.count()));
  return !InterruptMark::is_left();
}

std::chrono::seconds parse_watch_interval(const std::string& text) {
  const auto interval = parse_duration(text);
  if (interval < std::chrono::seconds{1} || interval > std::chrono::hours{1})
    throw Error(Errc::usage, "--interval must be from 1s to 1h");
  return interval;
}

}  // namespace smscrm
