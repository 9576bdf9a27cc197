// Stands in for libFuzzer: gives a target the files of its corpus and some mutations of them, the same ones
// on every run.
//   fuzz_NAME [--mutations N] FILE_OR_DIRECTORY...
// An input that ends the program is left in ./crash-NAME for a debugger, and for the corpus once it is
// mended.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t longest_input = 4096;  // as libFuzzer has it

std::string current;     // what the target is working on
std::string crash_file;  // where it goes when that ends the program

void leave_input(int signal) {
  const int file = ::open(crash_file.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
  const auto written = ::write(file, current.data(), current.size());
  std::fprintf(stderr, "signal %d; the input of %zd bytes is in %s\n", signal, written, crash_file.c_str());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(std::string input) {
  current = std::move(input);
  // A buffer of its own size, so that a sanitizer sees a read behind its end.
  const std::vector<std::uint8_t> bytes(current.begin(), current.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::vector<std::string> read_corpus(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator{path}) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> inputs;
  for (const auto& file : files) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) {
      std::fprintf(stderr, "cannot read %s\n", file.c_str());
      std::exit(2);
    }
    inputs.emplace_back(std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{});
  }
  return inputs;
}

std::string mutate(std::string input, const std::vector<std::string>& corpus, std::mt19937_64& random) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  for (auto changes = 1 + below(4); changes > 0; --changes) {
    const auto at = below(input.size() + 1);
    const auto length = 1 + below(16);
    switch (below(6)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(random());
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        break;
      case 2:
        input.insert(at, std::string(length, static_cast<char>(random())));
        break;
      case 3:
        input.erase(at, length);
        break;
      case 4:
        input.insert(below(input.size() + 1), input.substr(at, length * 8));
        break;
      default: {
        const auto& other = corpus[below(corpus.size())];
        input = input.substr(0, at) + other.substr(below(other.size() + 1));
      }
    }
  }
  input.resize(std::min(input.size(), longest_input));
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  LLVMFuzzerInitialize(&argc, &argv);
  crash_file = "crash-" + std::filesystem::path{argv[0]}.filename().string().substr(std::strlen("fuzz_"));
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, leave_input);

  int mutations = 0;
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--mutations") == 0 && i + 1 < argc)
      mutations = std::atoi(argv[++i]);
    else
      paths.emplace_back(argv[i]);
  }
  const auto corpus = read_corpus(paths);
  if (corpus.empty()) {
    std::fprintf(stderr, "no input\n");
    return 2;
  }
  for (const auto& input : corpus) run(input);
  std::mt19937_64 random{corpus.size()};
  for (int i = 0; i < mutations; ++i)
    run(mutate(corpus[static_cast<std::size_t>(i) % corpus.size()], corpus, random));
  std::printf("%zu inputs and %d mutations: all promises kept\n", corpus.size(), mutations);
}
