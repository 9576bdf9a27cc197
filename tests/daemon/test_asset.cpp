#include <algorithm>
#include <filesystem>

#include "daemon/asset.hpp"
#include "tests/daemon/http/peer.hpp"
#include "tests/support/command.hpp"

using namespace smscrm;

namespace {

struct Served {
  explicit Served(std::string folder = "", const std::string& public_url = "http://127.0.0.1:1")
      : console(std::move(folder), public_url), server(options(), HttpRoutes{console.routes()}) {
    server.start();
  }
  static HttpOptions options() {
    auto chosen = quick();
    chosen.max_header_bytes = 4096;
    return chosen;
  }
  // The whole answer to a request with these headers.
  std::string get(const std::string& path, const std::string& headers = "") {
    Client client{server.addresses().front()};
    return client.send("GET " + path + head + "Connection: close\r\n" + headers + "\r\n").rest();
  }
  Console console;
  HttpServer server;
};

bool has(const std::string& answer, std::string_view text) { return answer.find(text) != std::string::npos; }

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

std::string header_of(const std::string& answer, const std::string& name) {
  const auto begin = answer.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "";
  const auto value = begin + name.size() + 4;
  return answer.substr(value, answer.find("\r\n", value) - value);
}

// A console of one page and one script, as whoever works on it has it.
struct Folder {
  Folder() {
    std::filesystem::create_directory(dir.path() + "/pages");
    std::filesystem::create_directory(dir.path() + "/assets");
    dir.write("pages/home.html", "<h1>home</h1>");
    dir.write("pages/contacts.html", "<h1>contacts</h1>");
    dir.write("pages/contacts-one.html", "<h1>contact</h1>");
    dir.write("assets/main.js", "run()");
    dir.write("secret", "not to be seen");
  }
  TempDir dir;
};

const Asset* of_type(std::string_view start, std::string_view end) {
  const auto all = built_assets();
  const auto found = std::ranges::find_if(
      all, [&](const Asset& one) { return one.path.starts_with(start) && one.path.ends_with(end); });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("a folder stands in for the console that was built in, and is read at each request") {
  const Folder folder;
  Served served{folder.dir.path()};
  CHECK(body_of(served.get("/")) == "<h1>home</h1>");
  CHECK(body_of(served.get("/t/acme/contacts")) == "<h1>contacts</h1>");
  CHECK(body_of(served.get("/t/acme/contacts/")) == "<h1>contacts</h1>");
  CHECK(body_of(served.get("/t/acme/contacts/12")) == "<h1>contact</h1>");
  const auto script = served.get("/assets/main.js");
  CHECK(body_of(script) == "run()");
  CHECK(header_of(script, "Content-Type") == "text/javascript; charset=utf-8");
  CHECK(header_of(script, "Cache-Control") == "no-cache");
  folder.dir.write("assets/main.js", "changed()");
  CHECK(body_of(served.get("/assets/main.js")) == "changed()");
}

TEST_CASE("an address of no section shows the console's own page for that, and says 404") {
  const Folder folder;
  Served served{folder.dir.path()};
  const auto answer = served.get("/t/acme/nothing");
  CHECK(has(answer, "HTTP/1.1 404 "));
  CHECK(body_of(answer) == "<h1>home</h1>");
  CHECK(has(served.get("/t/acme/..%2fsecret"), "HTTP/1.1 404 "));
}

TEST_CASE("nothing outside the console's own folders can be asked for") {
  const Folder folder;
  Served served{folder.dir.path()};
  for (const auto* path : {"/assets/../secret", "/assets/..%2fsecret", "/assets/%2e%2e/secret", "/assets/",
                           "/assets/.", "/assets/sub/main.js", "/assets//main.js", "/assets/none.js"}) {
    CAPTURE(path);
    const auto answer = served.get(path);
    CHECK(has(answer, "HTTP/1.1 404 "));
    CHECK_FALSE(has(answer, "not to be seen"));
    CHECK_FALSE(has(answer, "<h1>"));
  }
  CHECK(has(served.get("/secret"), "HTTP/1.1 404 "));
}

TEST_CASE("every answer forbids a page all that it does not need") {
  const Folder folder;
  Served served{folder.dir.path(), "https://sms.example.com"};
  for (const auto* path : {"/", "/t/acme/nothing", "/assets/main.js", "/assets/none.js"}) {
    CAPTURE(path);
    const auto answer = served.get(path);
    CHECK(has(answer, "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "));
    CHECK(has(answer, "; require-trusted-types-for 'script'; trusted-types 'none'\r\n"));
    CHECK(header_of(answer, "X-Content-Type-Options") == "nosniff");
    CHECK(header_of(answer, "Cross-Origin-Opener-Policy") == "same-origin");
    CHECK(header_of(answer, "Strict-Transport-Security") == "max-age=31536000");
  }
  Served plain{folder.dir.path()};
  CHECK(header_of(plain.get("/"), "Strict-Transport-Security").empty());
}

TEST_CASE(
    "what was built in is compressed as the client takes it, kept for ever by its name, and pages never") {
  if (built_assets().empty()) {
    Served served;
    CHECK(has(served.get("/"), "built without its console"));
    CHECK(has(served.get("/t/acme"), "HTTP/1.1 404 "));
    return;
  }
  Served served;
  const auto* script = of_type("assets/main-", ".js");
  REQUIRE(script != nullptr);
  const auto path = "/" + std::string{script->path};
  const auto brotli = served.get(path, "Accept-Encoding: gzip, br\r\n");
  CHECK(header_of(brotli, "Content-Encoding") == "br");
  CHECK(body_of(brotli) == script->brotli);
  CHECK(header_of(brotli, "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(header_of(brotli, "Vary") == "Accept-Encoding");
  const auto gzip = served.get(path, "Accept-Encoding: gzip;q=1, br;q=0\r\n");
  CHECK(header_of(gzip, "Content-Encoding") == "gzip");
  CHECK(body_of(gzip) == script->gzip);
  const auto plain = served.get(path);
  CHECK(header_of(plain, "Content-Encoding").empty());
  CHECK(body_of(plain) == script->plain);
  const auto tag = header_of(plain, "ETag");
  const auto seen = served.get(path, "If-None-Match: \"x\", " + tag + "\r\n");
  CHECK(has(seen, "HTTP/1.1 304 "));
  CHECK(body_of(seen).empty());

  const auto page = served.get("/t/acme/contacts");
  CHECK(header_of(page, "Cache-Control") == "no-cache");
  CHECK_FALSE(header_of(page, "ETag").empty());
  CHECK(has(page, path));  // the page names the script
}

TEST_CASE("the first reads of a page begin with its headers, for whoever has a session") {
  if (built_assets().empty()) return;
  Served served;
  CHECK(header_of(served.get("/t/acme/contacts"), "Link").empty());
  const auto link = header_of(served.get("/t/acme/contacts", "Cookie: __Host-smscrm=x\r\n"), "Link");
  CHECK(has(link, "</api/v1/me>; rel=preload; as=fetch; crossorigin"));
  CHECK(has(link, "</api/v1/tenants/acme/contacts?limit=50>; rel=preload"));
  // What is no plain name comes into no header.
  const auto odd = header_of(served.get("/t/a%0d%0ab>/contacts", "Cookie: __Host-smscrm=x\r\n"), "Link");
  CHECK_FALSE(has(odd, "tenants"));
}
