#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdio>

#include <doctest/doctest.h>

int main(int argc, char** argv) {
  // What was said is seen, too, of a run that is killed because it takes too long.
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);
  doctest::Context context{argc, argv};
  return context.run();
}
