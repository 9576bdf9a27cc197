#include "cli/app.hpp"
#include "core/base/private_memory.hpp"

int main(int argc, char** argv) {
  smscrm::keep_memory_private();
  return smscrm::run(argc, argv);
}
