// SHA-256 of what comes in pieces; of what is in memory see core/net/crypto.hpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace smscrm {

// One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  void add(std::string_view text);
  std::string digest();  // 32 bytes; once, after the last piece

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace smscrm
