#include "cli/campaign_view.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/campaign.hpp"
#include "core/base/printable.hpp"
#include "core/base/text.hpp"
#include "core/report/report_json.hpp"

namespace smscrm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds line_interval{10};

// Whether somebody looks on who can be shown what changes.
bool is_live(int descriptor) {
  const char* ci = std::getenv("CI");
  const char* term = std::getenv("TERM");
  return ::isatty(descriptor) != 0 && (ci == nullptr || *ci == '\0') &&
         (term == nullptr || std::strcmp(term, "dumb") != 0);
}

// Whether its end is not to be reckoned. Later attempts and verdicts are nothing that `sent` waits for.
bool is_held_up(const Look& look) {
  return std::ranges::any_of(look.holds, [](const Hold& hold) {
    return hold.code != "retry" && hold.code != "unknown" && hold.code != "in_review";
  });
}

std::int64_t count_left(const Look& look) {
  return std::max<std::int64_t>(0, look.report.recipients() - look.report.done() -
                                       look.standing.to_come.retries - look.standing.to_come.verdicts);
}

// Messages a second since it was last held up; 0 while it is, or nothing is known yet.
class Rate {
 public:
  double update(const Look& look, Clock::time_point at) {
    const auto done = look.report.done();
    if (is_held_up(look) || !first_) {
      first_ = done;
      begin_ = at;
    }
    const auto seconds = std::chrono::duration<double>(at - begin_).count();
    return seconds > 0.9 && done > *first_ ? static_cast<double>(done - *first_) / seconds : 0;
  }

 private:
  std::optional<std::int64_t> first_;
  Clock::time_point begin_{};
};

// A hold is the same while it has the same mark: what counts messages has other words at each look.
std::string mark_of(const Hold& hold) {
  return hold.code == "daily_cap" || hold.code == "lane_paused" ? hold.message : hold.code;
}

// Lines with a time stamp, where nobody looks on: one now and then keeps a pipeline's log alive. With `out`
// they are the result and leave on standard output, else on standard error.
class Lines : public View {
 public:
  Lines(Output& out, bool is_result) : out_(out), is_result_(is_result) {}

  void show(const Look& look) override {
    std::map<std::string, std::string> held;
    for (const auto& hold : look.holds) held[mark_of(hold)] = hold.message;
    for (const auto& hold : look.holds)
      if (told_.insert({mark_of(hold), hold.message}).second) say(format_hold(hold));
    for (auto told = told_.begin(); told != told_.end();) {
      if (held.count(told->first) == 0) {
        if (!out_.quiet()) say("no longer held: " + told->second);
        told = told_.erase(told);
      } else {
        ++told;
      }
    }
    const auto at = Clock::now();
    const auto rate = rate_.update(look, at);
    const bool at_end = look.standing.stage >= Stage::sent;
    if (out_.quiet() || (at < next_ && !(at_end && !ended_))) return;
    ended_ = at_end;
    next_ = at + line_interval;
    const auto& report = look.report;
    auto line = fmt::format("{} {}: {} of {}", look.campaign.slug, to_string(look.campaign.status),
                            report.done(), report.recipients());
    if (rate > 0 && !at_end) line += fmt::format(", {:.0f}/s", rate);
    if (const auto left = count_left(look); rate > 0 && left > 0 && !at_end)
      line += fmt::format(", {} left", format_duration(std::chrono::milliseconds{static_cast<std::int64_t>(
                                           1000.0 * static_cast<double>(left) / rate)}));
    if (const auto more = describe(look.standing.to_come); at_end && !more.empty()) line += "; " + more;
    say(line);
  }

  void say(const std::string& text) override {
    const auto at = std::chrono::time_point_cast<std::chrono::seconds>(now());
    const auto line = fmt::format("{} {}", format_rfc3339(at), text);
    if (!is_result_) return out_.warn(line);
    out_.print_text(line + "\n");
    out_.flush();
  }

 private:
  Output& out_;
  const bool is_result_;
  Rate rate_;
  std::map<std::string, std::string> told_;
  bool ended_ = false;
  Clock::time_point next_{};
};

std::size_t columns_of(int descriptor) {
  winsize size{};
  ::ioctl(descriptor, TIOCGWINSZ, &size);
  return size.ws_col > 0 ? size.ws_col : 80;
}

// Broken between words so that no line is wider than `columns`; a longer word is left whole.
std::vector<std::string> wrap(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines{""};
  for (const auto& word : split(text, ' ')) {
    auto& line = lines.back();
    if (line.empty())
      line = word;
    else if (display_width(line) + 1 + display_width(word) <= columns)
      line += " " + word;
    else
      lines.push_back("  " + word);
  }
  return lines;
}

// Lines on a terminal that are written over by those that come after them.
class Block {
 public:
  explicit Block(int descriptor) : descriptor_(descriptor) {}
  ~Block() { clear(); }
  Block(const Block&) = delete;

  void draw(const std::string& text) {
    clear();
    const auto columns = columns_of(descriptor_);
    for (const auto& line : split(text, '\n'))
      rows_ += std::max<std::size_t>(1, (display_width(visible(line)) + columns - 1) / columns);
    write(text + "\n");
  }
  void clear() {
    if (rows_ > 0) write(fmt::format("\033[{}A\r\033[J", rows_));
    rows_ = 0;
  }
  void keep() { rows_ = 0; }  // what was drawn stays

 private:
  static std::string visible(const std::string& line) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\033') {
        i = std::min(line.find('m', i), line.size());
        continue;
      }
      text += line[i];
    }
    return text;
  }
  void write(const std::string& text) const {
    auto* stream = descriptor_ == STDOUT_FILENO ? stdout : stderr;
    std::fwrite(text.data(), 1, text.size(), stream);
    std::fflush(stream);
  }

  const int descriptor_;
  std::size_t rows_ = 0;
};

// Draws over what it drew before; what is said goes above.
class Drawn : public View {
 public:
  void say(const std::string& text) override {
    block_.clear();
    out_.warn(text);
  }

 protected:
  Drawn(Output& out, int descriptor) : out_(out), block_(descriptor) {}

  Output& out_;
  Block block_;
};

// On a terminal: a bar, and above it what holds the campaign up, for as long as it does.
class Bar : public Drawn {
 public:
  explicit Bar(Output& out) : Drawn(out, STDERR_FILENO) {}

  void show(const Look& look) override {
    const auto rate = rate_.update(look, Clock::now());
    const auto columns = columns_of(STDERR_FILENO);
    std::string text;
    for (const auto& hold : look.holds)
      text += join(wrap(printable(format_hold(hold)), columns - 1), "\n") + "\n";
    text += format_progress(look.campaign.slug, static_cast<std::uint64_t>(look.report.done()),
                            static_cast<std::uint64_t>(look.report.recipients()), rate, columns);
    block_.draw(text);
  }

 private:
  Rate rate_;
};

// The whole report on a terminal, drawn again and again. The last one stays.
class Screen : public Drawn {
 public:
  explicit Screen(Output& out) : Drawn(out, STDOUT_FILENO) {}
  ~Screen() override { block_.keep(); }

  void show(const Look& look) override {
    auto text = with_local_times(
        format_report(look.campaign, look.report, look.standing, look.holds, out_.color()), out_.zone());
    if (text.ends_with('\n')) text.pop_back();
    block_.draw(text);
  }
};

// A record whenever something has changed.
class Records : public View {
 public:
  explicit Records(Output& out) : out_(out) {}

  void show(const Look& look) override {
    const auto record = to_json(look.campaign, look.report, look.standing, look.holds);
    if (record == last_) return;
    last_ = record;
    out_.print_record(record);
    out_.flush();
  }
  void say(const std::string& text) override { out_.warn(text); }

 private:
  Output& out_;
  Json last_;
};

}  // namespace

std::unique_ptr<View> make_wait_view(Output& out) {
  if (is_live(STDERR_FILENO) && !out.quiet()) return std::make_unique<Bar>(out);
  return std::make_unique<Lines>(out, false);
}

std::unique_ptr<View> make_watch_view(Output& out) {
  if (out.format() == Format::ndjson) return std::make_unique<Records>(out);
  if (out.format() == Format::table && is_live(STDOUT_FILENO)) return std::make_unique<Screen>(out);
  return std::make_unique<Lines>(out, out.format() == Format::table);
}

}  // namespace smscrm
