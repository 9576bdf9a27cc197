// Addresses of databases, taken apart by libpq's own rules, so that a password in one is known to be one.
// Rule: https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace smscrm {

struct Conninfo {
  struct Setting {
    std::string name, value;
    bool is_secret = false;
  };
  std::vector<Setting> settings;  // those that are given, in libpq's order
  bool is_url = false;

  const std::string* find(const std::string& name) const;
  // As "name='value' …", which libpq takes as well.
  std::string text() const;
};

// `url` is a URL (postgresql://…) or "name=value …". nullopt when libpq cannot read it, and when it reads
// something that is no such thing: a port that is no number, an "@" in the name of a host. There a special
// character of the password was not written as %XX, and parts of it stand where anybody would show them.
std::optional<Conninfo> parse_conninfo(const std::string& url);

// `url` as people may see it: secrets as "***"; all of it but a scheme where parse_conninfo cannot read it.
std::string mask_conninfo(const std::string& url);

}  // namespace smscrm
