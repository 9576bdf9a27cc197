// Listening sockets, from the addresses of the configuration.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace smscrm {

// One listening socket, owned: closed, and its file removed, when destroyed.
class Listener {
 public:
  Listener(int fd, int family, std::string address)
      : fd_(fd), family_(family), address_(std::move(address)) {}
  Listener(Listener&& other) noexcept;
  Listener(Listener&& other, std::string address) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  int get() const { return fd_; }
  int family() const { return family_; }                   // AF_INET, AF_INET6 or AF_UNIX
  const std::string& address() const { return address_; }  // as configured, with the real port
  int duplicate() const;                                   // another descriptor of it, owned by the caller
  void own_file(std::string path);                         // removes the socket's file in the end
  void close();                                            // the duplicates go on listening

 private:
  int fd_;  // -1 when closed
  int family_;
  std::string address_;
  std::string path_;  // empty unless there is a file to remove
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Binds one address of HttpOptions::listen; "fd://" may give several. Throws as the constructor of HttpServer
// does.
std::vector<Listener> listen_on(const std::string& address);

// Throws Error{usage} when it is no address at all; whether it can be had shows when it is bound.
void check_listen_address(const std::string& address);

}  // namespace smscrm
