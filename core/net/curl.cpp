#include "core/net/curl.hpp"

#include <algorithm>

#include <curl/curl.h>
#include <sys/socket.h>

#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using CurlEasy = std::unique_ptr<CURL, Deleter<curl_easy_cleanup>>;
using CurlMulti = std::unique_ptr<CURLM, Deleter<curl_multi_cleanup>>;
using CurlList = std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>>;

constexpr std::size_t max_reply = 4 << 20;

void check(CURLMcode code) {
  if (code != CURLM_OK) throw Error(Errc::internal, "libcurl: {}", curl_multi_strerror(code));
}

void init_library() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw Error(Errc::internal, "libcurl: {}", curl_easy_strerror(code));
}

// Seconds, or until a date. Rule: RFC 9110, 10.2.3.
std::optional<std::int64_t> parse_wait(const std::string& text) {
  if (const auto seconds = parse_integer(text)) return seconds;
  const auto date = ::curl_getdate(text.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::max<std::int64_t>(
      0, date - std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

// A call under way. Its address is known to curl, so it stays where it is; it is used again for later calls.
struct Transfer {
  CurlEasy easy;
  std::uint64_t id = 0;
  HttpCall call;
  CurlList headers;
  bool may_have_left = false;  // of a POST
  bool reply_cut = false;
  std::string refused;  // by the guard, for people
  char words[CURL_ERROR_SIZE] = "";
  HttpResult result;

  Transfer();
  void prepare(std::uint64_t call_id, HttpCall next);
  HttpResult finish(CURLcode code);

  template <class T>
  void set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(easy.get(), option, value);
    if (code != CURLE_OK) throw Error(Errc::internal, "libcurl: {}", curl_easy_strerror(code));
  }
};

// Called when there is a connection and nothing of the request has left: the last moment at which it can be
// withheld.
int allow_request(void* data, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(data);
  const auto& call = transfer.call;
  if (call.method == HttpMethod::get) return CURL_PREREQFUNC_OK;
  // Asked again: curl is about to repeat the request on another connection.
  if (transfer.may_have_left && !call.may_repeat) return CURL_PREREQFUNC_ABORT;
  if (call.send_before && std::chrono::steady_clock::now() > *call.send_before) return CURL_PREREQFUNC_ABORT;
  transfer.may_have_left = true;
  return CURL_PREREQFUNC_OK;
}

std::size_t write_reply(char* bytes, std::size_t size, std::size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  auto& body = transfer.result.body;
  const auto limit = transfer.call.reply_start.value_or(max_reply);
  if (body.size() + size * count > limit) {
    transfer.reply_cut = transfer.call.reply_start.has_value();
    if (transfer.reply_cut) body.append(bytes, limit - body.size());
    return 0;
  }
  body.append(bytes, size * count);
  return size * count;
}

// Not asked for a connection that was kept: the calls of one HttpMulti must have one guard.
curl_socket_t open_socket(void* data, curlsocktype purpose, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(data);
  const auto& guard = transfer.call.guard;
  if (guard && (purpose != CURLSOCKTYPE_IPCXN || !guard->permits(address->addr))) {
    transfer.refused = format_address(address->addr);
    return CURL_SOCKET_BAD;
  }
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  // What is closed is over: otherwise the kernel goes on for minutes to send what a network that was away did
  // not take, and a request that was given up, and proven absent since, arrives after all.
  const linger at_once{1, 0};
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  return fd;
}

std::size_t read_header(char* bytes, std::size_t size, std::size_t count, void* data) {
  const std::string_view line{bytes, size * count};
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  auto& result = static_cast<Transfer*>(data)->result;
  const auto is = [&](std::string_view name) {
    return colon == name.size() && std::equal(name.begin(), name.end(), line.begin(), [](char want, char c) {
             return want == c || want == (c | 0x20);
           });
  };
  if (is("retry-after")) {
    if (const auto seconds = parse_wait(std::string{trim(line.substr(colon + 1))}); seconds && *seconds >= 0)
      result.retry_after = std::chrono::seconds{std::min<std::int64_t>(*seconds, 86'400)};
  } else if (is("twilio-concurrent-requests")) {
    if (const auto number = parse_integer(trim(line.substr(colon + 1))))
      result.concurrent_requests = static_cast<int>(*number);
  } else if (is("date")) {
    const auto date = ::curl_getdate(std::string{trim(line.substr(colon + 1))}.c_str(), nullptr);
    if (date >= 0) result.date = Timestamp{std::chrono::seconds{date}};
  }
  return line.size();
}

Transfer::Transfer() : easy(curl_easy_init()) {
  if (!easy) throw Error(Errc::internal, "libcurl: out of memory");
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, &words[0]);
  set(CURLOPT_NOSIGNAL, 1L);
  // A name that resolves slowly must hold up nobody else: without this a call whose time is up waits, inside
  // curl_multi_perform, for the thread that resolves. Now that thread is left to end by itself.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_NOPROGRESS, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(CURLOPT_PREREQFUNCTION, &allow_request);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_WRITEFUNCTION, &write_reply);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &read_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_USERAGENT, "smscrm");
}

void Transfer::prepare(std::uint64_t call_id, HttpCall next) {
  id = call_id;
  call = std::move(next);
  result = {};
  may_have_left = false;
  reply_cut = false;
  refused.clear();
  words[0] = '\0';
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // curl would wait a second for "100 Continue"
  for (const auto& header : call.headers) list = curl_slist_append(list, header.c_str());
  headers.reset(list);
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_URL, call.url.c_str());
  set(CURLOPT_PROXY, call.guard || call.no_proxy ? "" : nullptr);  // none; or as the environment says
  set(CURLOPT_UNIX_SOCKET_PATH, call.unix_socket.empty() ? nullptr : call.unix_socket.c_str());
  set(CURLOPT_USERNAME, call.user.empty() ? nullptr : call.user.c_str());
  set(CURLOPT_PASSWORD, call.user.empty() ? nullptr : call.password.c_str());
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(call.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  set(CURLOPT_CUSTOMREQUEST, call.method == HttpMethod::delete_ ? "DELETE" : nullptr);
  if (call.method == HttpMethod::post) {
    set(CURLOPT_POST, 1L);
    // Given as a whole it leaves with the headers, in one packet.
    set(CURLOPT_POSTFIELDS, call.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
  } else {
    set(CURLOPT_HTTPGET, 1L);
  }
}

// libcurl's words without a password: the address of a proxy has one, and is quoted where it cannot be read.
std::string say(std::string_view words) {
  const auto syntax = words.find("proxy syntax in");
  return hide_credentials(syntax == std::string_view::npos ? words : words.substr(0, syntax + 12));
}

HttpResult Transfer::finish(CURLcode code) {
  curl_off_t took = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_TOTAL_TIME_T, &took);
  result.took = std::chrono::microseconds{took};
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && reply_cut)) {
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    result.status = static_cast<int>(status);
    const char* type = nullptr;
    curl_easy_getinfo(easy.get(), CURLINFO_CONTENT_TYPE, &type);
    if (type) result.content_type = type;
    return std::move(result);
  }
  const bool left = call.method == HttpMethod::get || may_have_left;
  result.failure = left ? HttpFailure::ambiguous : HttpFailure::not_sent;
  result.error = say(words[0] != '\0' ? words : curl_easy_strerror(code));
  if (!refused.empty() && code == CURLE_COULDNT_CONNECT)
    result.error = "its host has no public address";  // which one it has is nobody's business outside
  result.status = 0;
  result.body.clear();
  return std::move(result);
}

}  // namespace

HttpResult http_request(const HttpCall& call) {
  init_library();
  Transfer transfer;
  transfer.prepare(0, call);
  return transfer.finish(curl_easy_perform(transfer.easy.get()));
}

struct HttpMulti::State {
  CurlMulti multi;
  std::vector<std::unique_ptr<Transfer>> idle;
  std::vector<std::unique_ptr<Transfer>> busy;  // unordered
};

HttpMulti::HttpMulti(std::size_t max_connections) : state_(std::make_unique<State>()) {
  init_library();
  state_->multi.reset(curl_multi_init());
  if (!state_->multi) throw Error(Errc::internal, "libcurl: out of memory");
  check(curl_multi_setopt(state_->multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(max_connections)));
  check(curl_multi_setopt(state_->multi.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING)));
}

HttpMulti::~HttpMulti() {
  for (const auto& transfer : state_->busy)
    curl_multi_remove_handle(state_->multi.get(), transfer->easy.get());
}

void HttpMulti::start(std::uint64_t id, HttpCall call) {
  auto& idle = state_->idle;
  if (idle.empty()) idle.push_back(std::make_unique<Transfer>());
  idle.back()->prepare(id, std::move(call));
  check(curl_multi_add_handle(state_->multi.get(), idle.back()->easy.get()));
  state_->busy.push_back(std::move(idle.back()));
  idle.pop_back();
}

std::vector<HttpMulti::Finished> HttpMulti::wait(std::chrono::milliseconds timeout) {
  CURLM* multi = state_->multi.get();
  int running = 0;
  check(curl_multi_perform(multi, &running));
  int queued = 0;
  std::vector<Finished> finished;
  const auto collect = [&] {
    while (const CURLMsg* message = curl_multi_info_read(multi, &queued)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      check(curl_multi_remove_handle(multi, message->easy_handle));
      finished.push_back({transfer->id, transfer->finish(code)});
      auto& busy = state_->busy;
      const auto at =
          std::find_if(busy.begin(), busy.end(), [&](const auto& b) { return b.get() == transfer; });
      state_->idle.push_back(std::move(*at));
      *at = std::move(busy.back());
      busy.pop_back();
    }
  };
  collect();
  if (!finished.empty()) return finished;
  check(curl_multi_poll(multi, nullptr, 0, static_cast<int>(timeout.count()), nullptr));
  check(curl_multi_perform(multi, &running));
  collect();
  return finished;
}

std::size_t HttpMulti::in_flight() const { return state_->busy.size(); }

void HttpMulti::wake() { curl_multi_wakeup(state_->multi.get()); }

}  // namespace smscrm
