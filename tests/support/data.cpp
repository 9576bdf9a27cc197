#include "tests/support/data.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace smscrm::test {

std::string read_data(const std::string& name) {
  const char* source = std::getenv("SMSCRM_TEST_SOURCE");  // set by ctest
  if (!source) source = ".";
  std::ifstream file{std::string{source} + "/tests/data/" + name, std::ios::binary};
  if (!file) throw std::runtime_error("cannot read tests/data/" + name + "; run the tests through ctest");
  return {std::istreambuf_iterator<char>{file}, {}};
}

const nlohmann::json& twilio_vectors() {
  static const auto vectors = nlohmann::json::parse(read_data("twilio_vectors.json"));
  return vectors;
}

}  // namespace smscrm::test
