#include <set>

#include <doctest/doctest.h>

#include "core/access/password.hpp"
#include "core/access/token.hpp"
#include "core/access/totp.hpp"
#include "core/base/error.hpp"
#include "core/net/crypto_password.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

TEST_CASE("a key says whose it is, and a typo in it is seen without a look-up") {
  const auto secret = new_api_key_secret();
  CHECK(secret.size() == 32);
  const auto text = format_api_key(TenantId{17}, ApiKeyId{3}, secret);
  const auto name = parse_api_key(text);
  REQUIRE(name);
  CHECK(name->tenant == TenantId{17});
  CHECK(name->key == ApiKeyId{3});
  CHECK(name->secret == secret);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto typo = text;
    typo[i] = typo[i] == 'x' ? 'y' : 'x';
    CAPTURE(typo);
    CHECK_FALSE(parse_api_key(typo));
  }
  for (const auto& bad : {std::string{}, std::string{"smscrm_"}, text.substr(0, text.size() - 1), text + "a",
                          std::string(200, 'a'), std::string{"smscrm_k_"} + std::string(38, 'a')})
    CHECK_FALSE(parse_api_key(bad));
}

TEST_CASE("tokens and recovery codes never come twice") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    CHECK(seen.insert(new_token()).second);
    CHECK(seen.insert(new_recovery_code()).second);
  }
  CHECK(new_token().size() == 43);
  CHECK(new_token().find_first_of("+/=") == std::string::npos);
  CHECK(recovery_digest("K7M4X p2qwz") == recovery_digest("k7m4x-p2qwz"));
  CHECK(recovery_digest("k7m4x-p2qwy") != recovery_digest("k7m4x-p2qwz"));
}

TEST_CASE("a password is long, and hard to guess for those who know the person") {
  check_password("grocer wandering velvet tuba", {});
  check_password("пароль не простой сегодня", {});
  struct Case {
    const char* password;
    const char* why;
  };
  const Case cases[] = {
      {"short", "12 at least"},
      {"password1234", "easy to guess"},
      {"qwertyuiop123", "easy to guess"},
      {"aaaaaaaaaaaaaaaa", "easy to guess"},
      {"ann.example@2026", "easy to guess"},
      {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "UTF-8"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.password);
    try {
      check_password(c.password, {"ann.example@acme.example", "Ann"});
      FAIL_CHECK("it was taken");
    } catch (const Error& error) {
      CHECK(error.code() == Errc::invalid);
      CHECK(std::string{error.what()}.find(c.why) != std::string::npos);
    }
  }
  CHECK_THROWS_AS(check_password(std::string(129, 'x'), {}), Error);
  CHECK_THROWS_AS(check_password(std::string("grocer wandering\0velvet tuba", 28), {}), Error);
}

TEST_CASE("a hash is of one password, differs each time, and is no hash when it is something else") {
  const auto hash = hash_password("grocer wandering velvet tuba");
  CHECK(hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
  CHECK(hash != hash_password("grocer wandering velvet tuba"));
  CHECK(verify_password(hash, "grocer wandering velvet tuba"));
  CHECK_FALSE(verify_password(hash, "grocer wandering velvet tub"));
  CHECK_FALSE(verify_password("", ""));
  CHECK_FALSE(verify_password("", "\x01 nobody"));
  CHECK_FALSE(is_outdated_hash(hash));
  CHECK(is_outdated_hash(
      "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b/dWRWJTmaaJObG"));
}

// RFC 6238, appendix B, with the six last digits.
TEST_CASE("codes are those of the standard's own examples") {
  const std::string secret = "12345678901234567890";
  const std::pair<std::int64_t, const char*> cases[] = {
      {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
      {1234567890, "005924"}, {2000000000, "279037"},
  };
  for (const auto& [seconds, code] : cases) {
    const Timestamp at{std::chrono::seconds{seconds}};
    CAPTURE(seconds);
    CHECK(totp_code(secret, at) == code);
    CHECK(find_totp_step(secret, code, at) == seconds / 30);
    CHECK(find_totp_step(secret, code, at + 30s) == seconds / 30);
    CHECK(find_totp_step(secret, code, at - 30s) == seconds / 30);
    CHECK_FALSE(find_totp_step(secret, code, at + 90s));
    CHECK_FALSE(find_totp_step(secret, code, at - 90s));
  }
  for (const char* bad : {"", "28708", "2870822", "28708a", "-28708", " 28708"})
    CHECK_FALSE(find_totp_step(secret, bad, Timestamp{59s}));
}

TEST_CASE("an application takes the secret as text and as a link") {
  CHECK(format_totp_secret("12345678901234567890") == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  CHECK(totp_url("12345678901234567890", "smscrm", "ann@acme.example") ==
        "otpauth://totp/smscrm:ann%40acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=smscrm");
}
