// A connection of bytes over libcurl: TCP, TLS with the peer's name checked, or a Unix socket. For protocols
// that libcurl itself does not speak. No proxy is asked.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace smscrm {

class CurlStream {
 public:
  struct Peer {
    std::string socket;  // path of a Unix socket; empty: host and port
    std::string host;    // a name, an IPv4 address, or an IPv6 address in brackets
    int port = 0;
    bool tls = false;
    std::string ca_file;  // of the authority that is trusted; empty: those of the system
  };

  // Connects. `patience` is for that, and for each send. Throws Error{unavailable} with curl's words.
  CurlStream(const Peer& peer, std::chrono::milliseconds patience);
  ~CurlStream();
  CurlStream(CurlStream&&) noexcept;
  CurlStream& operator=(CurlStream&&) noexcept;

  // All of it. Throws Error{unavailable} when the peer does not take it in time.
  void send(std::string_view bytes);
  // Some of what has come, after a wait of up to `patience`; empty when nothing has. Throws
  // Error{unavailable} when the peer has closed.
  std::string receive(std::chrono::milliseconds patience);

  // To wait for with others. What has come may be held here already: receive until nothing more comes before
  // each wait.
  int socket() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace smscrm
