// The console's files: what daemon/console/build.mjs made of them, carried by this program, or a folder for
// whoever works on them. Compressed once, at the build; named by what they hold, so that browsers keep them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/routes.hpp"

namespace smscrm {

struct Asset {
  std::string_view path;  // "assets/main-4KQ2.js", "pages/contacts.html"
  std::string_view type;
  std::string_view etag;  // weak, for all its encodings; without quotes
  std::string_view plain, brotli, gzip;
  // Of a page: what it reads first, addresses with "{tenant}" in them, parted by blanks.
  std::string_view first_reads;
};

// What the build put in; empty where it left the console out.
std::span<const Asset> built_assets();

class Console {
 public:
  // `folder`: where files are read, at each request, instead of those that were built in; empty: those.
  // `public_url` says whether browsers may be told to come by https alone.
  Console(std::string folder, const std::string& public_url);

  // Pages for "/", "/sign-in", "/me" and "/t/TENANT…", files below "/assets/"; everything else is others'.
  std::vector<HttpRoute> routes();

 private:
  HttpResponse page(const HttpRequest& request, std::string_view path) const;
  HttpResponse file(const HttpRequest& request, std::string_view name) const;

  const std::string folder_;
  HttpHeaders guards_;  // what every answer has, so that a page can do no more than it must
};

}  // namespace smscrm
