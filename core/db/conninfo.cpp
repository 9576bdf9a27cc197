#include "core/db/conninfo.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include <libpq-fe.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr const char* masked = "***";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
struct FreeMemory {
  void operator()(char* memory) const noexcept { PQfreemem(memory); }
};

bool is_number(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A name, an IPv4 or IPv6 address, or the directory of a socket.
bool is_host(std::string_view text) {
  if (text.starts_with('/')) return text.find('@') == std::string_view::npos;
  constexpr std::string_view no_part_of_one = "@/?#=&<>\"'\\ ";
  if (text.find_first_of(no_part_of_one) != std::string_view::npos) return false;
  constexpr std::string_view of_ipv6 = "0123456789abcdefABCDEF:.";
  return text.find(':') == std::string_view::npos ||
         text.substr(0, text.find('%')).find_first_not_of(of_ipv6) == std::string_view::npos;
}

bool is_plausible(const Conninfo::Setting& setting) {
  if (setting.is_secret) return true;
  if (setting.name == "port") return std::ranges::all_of(split(setting.value, ','), is_number);
  if (setting.name == "host" || setting.name == "hostaddr")
    return std::ranges::all_of(split(setting.value, ','), is_host);
  if (setting.name == "user") return setting.value.find_first_of(":/") == std::string::npos;
  return setting.value.find('@') == std::string::npos && setting.value.find("://") == std::string::npos;
}

std::string percent_encoded(std::string_view text, std::string_view kept) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || kept.find(c) != std::string_view::npos)
      encoded += c;
    else
      ((encoded += '%') += digits[byte >> 4]) += digits[byte & 15];
  }
  return encoded;
}

// "h1:5432,[::1]:5433"
std::string hosts_of(const Conninfo& parsed) {
  const auto list = [&](const char* name) {
    const auto* value = parsed.find(name);
    return value ? split(*value, ',') : std::vector<std::string>{};
  };
  const auto hosts = list("host"), ports = list("port");
  std::vector<std::string> all;
  for (std::size_t i = 0; i < std::max(hosts.size(), ports.size()); ++i) {
    std::string one = i < hosts.size() ? percent_encoded(hosts[i], ".-_:%") : "";
    if (one.find(':') != std::string::npos) one = "[" + one + "]";
    // One port may be that of all hosts.
    if (const auto port = ports.size() == 1 ? 0 : i; port < ports.size() && !ports[port].empty())
      one += ":" + ports[port];
    all.push_back(one);
  }
  return join(all, ",");
}

std::string masked_url(const Conninfo& parsed) {
  std::string url = "postgresql://";
  const auto* user = parsed.find("user");
  const bool has_password = parsed.find("password") != nullptr;
  if (user != nullptr) url += percent_encoded(*user, ".-_");
  if (has_password) (url += ':') += masked;
  if (user != nullptr || has_password) url += '@';
  url += hosts_of(parsed);
  if (const auto* database = parsed.find("dbname")) url += "/" + percent_encoded(*database, ".-_");
  char mark = '?';
  for (const auto& setting : parsed.settings) {
    constexpr std::string_view shown_above[] = {"user", "password", "host", "port", "dbname"};
    if (std::ranges::find(shown_above, setting.name) != std::end(shown_above)) continue;
    (url += mark) += setting.name + "=";
    url += setting.is_secret ? masked : percent_encoded(setting.value, ".-_/");
    mark = '&';
  }
  return url;
}

std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text += '\'';
}

// What stands before "://", if that is a scheme.
std::string_view scheme_of(std::string_view url) {
  const auto end = url.find("://");
  if (end == std::string_view::npos) return {};
  const auto scheme = url.substr(0, end);
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
  return scheme.find_first_not_of(letters) == std::string_view::npos ? url.substr(0, end + 3) : "";
}

}  // namespace

const std::string* Conninfo::find(const std::string& name) const {
  const auto found = std::ranges::find(settings, name, &Setting::name);
  return found == settings.end() ? nullptr : &found->value;
}

std::string Conninfo::text() const {
  std::vector<std::string> all;
  for (const auto& setting : settings) all.push_back(setting.name + "=" + quoted(setting.value));
  return join(all, " ");
}

std::optional<Conninfo> parse_conninfo(const std::string& url) {
  char* words = nullptr;  // they quote the address, so nobody hears them
  const std::unique_ptr<PQconninfoOption, FreeOptions> options{PQconninfoParse(url.c_str(), &words)};
  const std::unique_ptr<char, FreeMemory> freed{words};
  if (!options || url.find('\0') != std::string::npos) return std::nullopt;
  Conninfo parsed;
  parsed.is_url = url.starts_with("postgresql://") || url.starts_with("postgres://");
  for (const auto* option = options.get(); option->keyword != nullptr; ++option)
    if (option->val != nullptr)
      parsed.settings.push_back({option->keyword, option->val, option->dispchar[0] == '*'});
  if (!std::ranges::all_of(parsed.settings, is_plausible)) return std::nullopt;
  return parsed;
}

std::string mask_conninfo(const std::string& url) {
  if (url.empty()) return url;
  const auto parsed = parse_conninfo(url);
  if (!parsed) return std::string{scheme_of(url)} + masked;
  if (std::ranges::none_of(parsed->settings, &Conninfo::Setting::is_secret)) return url;
  if (parsed->is_url) return masked_url(*parsed);
  std::vector<std::string> all;
  for (const auto& [name, value, is_secret] : parsed->settings) {
    const bool plain = !value.empty() && value.find_first_of(" '\\\t\n") == std::string::npos;
    all.push_back(name + "=" + (is_secret ? masked : plain ? value : quoted(value)));
  }
  return join(all, " ");
}

}  // namespace smscrm
