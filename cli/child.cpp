#include "cli/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/guarded.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct Living {
  std::map<pid_t, int> end_signals;
  bool is_over = false;
};

Guarded<Living>& living() {
  static Guarded<Living> all;
  return all;
}

struct Identity {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
};

Identity identity_of(const std::string& name) {
  const auto* user = ::getpwnam(name.c_str());
  if (user == nullptr) throw Error(Errc::unavailable, "there is no user {} on this machine", name);
  Identity identity{user->pw_uid, user->pw_gid, std::vector<gid_t>(64)};
  int count = static_cast<int>(identity.groups.size());
  ::getgrouplist(name.c_str(), user->pw_gid, identity.groups.data(), &count);
  identity.groups.resize(static_cast<std::size_t>(std::clamp(count, 1, 64)));
  return identity;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_of(const ChildPlan& plan) {
  auto added = plan.environment;
  added.emplace("LC_ALL", "C.UTF-8");  // what it says is read, and shown
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    if (!added.contains(std::string{text.substr(0, text.find('='))})) all.emplace_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

// In memory: its size is that of what a program says, and nobody has to read it meanwhile.
int open_memory(const char* name) {
  const int file = ::memfd_create(name, MFD_CLOEXEC);
  if (file < 0) throw Error(Errc::unavailable, "cannot keep what a program says: {}", std::strerror(errno));
  return file;
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 65536> piece;
  off_t at = 0;
  for (ssize_t got = 0; (got = ::pread(file, piece.data(), piece.size(), at)) > 0; at += got)
    text.append(piece.data(), static_cast<std::size_t>(got));
  return text;
}

int status_of(int raw) { return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw); }

// Behind fork: nothing here may allocate.
[[noreturn]] void become(char** argv, char** environment, const Identity* identity, int out, int err,
                         int end_signal, pid_t parent) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);  // the parent's thread may keep signals for itself
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::signal(SIGPIPE, SIG_DFL);
  ::setpgid(0, 0);  // an interrupt from the keyboard is the parent's to pass on
  if (identity != nullptr && (::setgroups(identity->groups.size(), identity->groups.data()) != 0 ||
                              ::setgid(identity->group) != 0 || ::setuid(identity->user) != 0))
    ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, end_signal);  // behind setuid, which takes it back
  if (::getppid() != parent) ::_exit(126);
  if (::chdir("/") == 0) ::execvpe(argv[0], argv, environment);
  ::_exit(127);
}

}  // namespace

Child::Child(ChildPlan plan) : program_(plan.argv.front()), end_signal_(plan.end_signal) {
  const auto identity = plan.user.empty() ? Identity{} : identity_of(plan.user);
  auto environment = environment_of(plan);
  auto argv = pointers(plan.argv), envp = pointers(environment);
  if (plan.log.empty()) {
    out_ = open_memory("out");
    err_ = open_memory("err");
  } else {
    out_ = ::open(plan.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out_ < 0) throw Error(Errc::unavailable, "cannot write {}: {}", plan.log, std::strerror(errno));
  }
  const auto self = ::getpid();
  living().with([&](Living& all) {
    if (all.is_over) return;
    pid_ = ::fork();
    if (pid_ == 0)
      become(argv.data(), envp.data(), plan.user.empty() ? nullptr : &identity, out_, err_ < 0 ? out_ : err_,
             end_signal_, self);
    if (pid_ > 0) all.end_signals[pid_] = end_signal_;
  });
  if (pid_ <= 0) throw Error(Errc::unavailable, "cannot start {}", program_);
}

bool Child::is_running() {
  siginfo_t info{};
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

ChildResult Child::wait() {
  int raw = 0;
  while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
  }
  living().with([&](Living& all) { all.end_signals.erase(pid_); });
  pid_ = 0;
  return {status_of(raw), err_ < 0 ? "" : read_all(out_), err_ < 0 ? "" : read_all(err_)};
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, end_signal_);
    wait();
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

ChildResult run_child(ChildPlan plan) {
  const auto program = plan.argv.front();
  Child child{std::move(plan)};
  auto result = child.wait();
  if (result.status == 127 && result.err.empty())
    throw Error(Errc::unavailable, "{} is not installed", program);
  return result;
}

void end_children() {
  const auto all = living().with([](Living& now) {
    now.is_over = true;
    for (const auto& [pid, end_signal] : now.end_signals) ::kill(pid, end_signal);
    return now.end_signals;
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  // Whoever waits for one takes it away at any moment; until then it is dead and still there.
  const auto is_alive = [](pid_t pid) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
  };
  for (const auto& [pid, end_signal] : all)
    while (is_alive(pid) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
}

std::string server_user() { return ::geteuid() == 0 ? "postgres" : ""; }

std::string last_words(const ChildResult& result) {
  const auto said = trim(result.err.empty() ? result.out : result.err);
  std::vector<std::string> lines;
  for (const auto& line : split(std::string{said}, '\n'))
    if (!trim(line).empty()) lines.emplace_back(trim(line));
  if (lines.empty()) return fmt::format("it ended with status {}", result.status);
  constexpr std::size_t most = 4;
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - most);
  return join(lines, "; ");
}

}  // namespace smscrm
