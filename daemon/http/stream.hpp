// A response whose end is not known when it begins: whoever makes it puts bytes in, from any thread, and the
// connection writes them as fast as its client reads.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace smscrm {

class HttpStream {
 public:
  // At most so many bytes wait for the client.
  explicit HttpStream(std::size_t most_waiting = 64 * 1024) : most_waiting_(most_waiting) {}
  HttpStream(const HttpStream&) = delete;

  enum class Put {
    taken,
    full,  // the client reads too slowly: nothing was taken
    gone,  // nobody reads any more
  };
  Put put(std::string_view bytes);
  void end();  // after what was put the response ends
  bool is_gone() const;

  // For the connection: what waits; nullopt once it has ended and all of it was taken.
  std::optional<std::string> take();
  // Calls `wake` once, as soon as there is something to take; at once when there is.
  void when_filled(std::function<void()> wake);
  void abandon();  // nobody reads any more

 private:
  const std::size_t most_waiting_;
  mutable std::mutex mutex_;  // guards all below
  std::string waiting_;
  bool ended_ = false, gone_ = false;
  std::function<void()> wake_;
};

}  // namespace smscrm
