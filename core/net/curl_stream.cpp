#include "core/net/curl_stream.hpp"

#include <array>

#include <curl/curl.h>
#include <poll.h>

#include "core/base/error.hpp"
#include "core/base/pulse.hpp"

namespace smscrm {
namespace {

struct CloseHandle {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};

// curl's own words where it has some: they name the host.
[[noreturn]] void fail(CURLcode code, const char* words) {
  throw Error(Errc::unavailable, "{}", *words != '\0' ? words : curl_easy_strerror(code));
}

}  // namespace

struct CurlStream::State {
  std::array<char, CURL_ERROR_SIZE> words{};  // before the handle, which writes here
  std::unique_ptr<CURL, CloseHandle> handle{curl_easy_init()};
  curl_socket_t socket = CURL_SOCKET_BAD;
  std::chrono::milliseconds patience;

  bool wait(short events, std::chrono::milliseconds limit) const {
    pollfd one{socket, events, 0};
    return ::poll(&one, 1, static_cast<int>(limit.count())) == 1;
  }
};

CurlStream::CurlStream(const Peer& peer, std::chrono::milliseconds patience)
    : state_(std::make_unique<State>()) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  state_->patience = patience;
  CURL* handle = state_->handle.get();
  if (started != CURLE_OK || handle == nullptr) throw Error(Errc::internal, "libcurl does not start");
  const auto url = peer.socket.empty()
                       ? fmt::format("{}://{}:{}", peer.tls ? "https" : "http", peer.host, peer.port)
                       : std::string{"http://localhost"};
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, state_->words.data());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_SSL_ENABLE_ALPN, 0L);  // it is not HTTP that will be spoken
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(patience.count()));
  if (!peer.socket.empty()) curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, peer.socket.c_str());
  if (!peer.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, peer.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  }
  const Waiting for_peer;
  if (const auto code = curl_easy_perform(handle); code != CURLE_OK) fail(code, state_->words.data());
  if (const auto code = curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &state_->socket); code != CURLE_OK)
    fail(code, "");
}

CurlStream::~CurlStream() = default;
CurlStream::CurlStream(CurlStream&&) noexcept = default;
CurlStream& CurlStream::operator=(CurlStream&&) noexcept = default;

void CurlStream::send(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const auto code = curl_easy_send(state_->handle.get(), bytes.data(), bytes.size(), &sent);
    bytes.remove_prefix(sent);
    if (code == CURLE_AGAIN && !state_->wait(POLLOUT, state_->patience))
      throw Error(Errc::unavailable, "the peer does not read");
    if (code != CURLE_OK && code != CURLE_AGAIN) fail(code, "");
  }
}

std::string CurlStream::receive(std::chrono::milliseconds patience) {
  std::string bytes(16 * 1024, '\0');
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    std::size_t got = 0;
    const auto code = curl_easy_recv(state_->handle.get(), bytes.data(), bytes.size(), &got);
    if (code == CURLE_OK && got == 0) throw Error(Errc::unavailable, "the peer has closed the connection");
    if (code != CURLE_OK && code != CURLE_AGAIN) fail(code, "");
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (code == CURLE_OK || left.count() <= 0 || !state_->wait(POLLIN, left)) {
      bytes.resize(got);
      return bytes;
    }
  }
}

int CurlStream::socket() const { return state_->socket; }

}  // namespace smscrm
