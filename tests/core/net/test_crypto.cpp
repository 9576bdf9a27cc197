#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/net/crypto.hpp"
#include "core/net/crypto_digest.hpp"

using namespace smscrm;

namespace {

struct TempDir {
  std::filesystem::path path;
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "smscrm-crypto-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~TempDir() { std::filesystem::remove_all(path); }
};

Errc code_of_reading(const std::filesystem::path& path) {
  try {
    read_key_file(path);
  } catch (const Error& error) {
    CHECK(std::string{error.what()}.find(path.string()) != std::string::npos);
    CHECK(error.hint().find("secrets.key_file") != std::string::npos);
    return error.code();
  }
  return Errc::internal;
}

}  // namespace

TEST_CASE("digests match their published vectors") {
  // RFC 2202 case 2, RFC 4231 case 2, FIPS 180-2 appendix B.1.
  const std::string text = "what do ya want for nothing?";
  CHECK(hex_encode(hmac_sha1("Jefe", text)) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(hex_encode(hmac_sha256("Jefe", text)) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_encode(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_encode(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hmac_sha1("", "").size() == 20);
  CHECK(hex_encode(hmac_sha1(std::string_view{}, "")) == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

TEST_CASE("a digest of pieces is that of the whole") {
  const std::string text(100'000, 'x');
  Sha256 pieces;
  for (std::size_t at = 0; at < text.size(); at += 777) pieces.add(std::string_view{text}.substr(at, 777));
  CHECK(pieces.digest() == sha256(text));
  CHECK(Sha256{}.digest() == sha256(""));
}

TEST_CASE("SipHash matches the vector of its paper") {
  SipKey key{};
  std::string text;
  for (unsigned char i = 0; i < 16; ++i) key[i] = i;
  for (char i = 0; i < 15; ++i) text += i;
  CHECK(siphash(key, text) == 0xa129ca6149be45e5);
}

TEST_CASE("base64 is exact in both directions") {
  CHECK(base64_encode("") == "");
  CHECK(base64_encode("f") == "Zg==");
  CHECK(base64_encode("foobar") == "Zm9vYmFy");
  CHECK(base64_encode("\xfb\xff") == "+/8=");
  CHECK(base64_decode("") == "");
  CHECK(base64_decode("Zm8=") == "fo");
  CHECK(base64_decode("+/8=") == "\xfb\xff");
  for (const char* text : {"Zg", "Zg=", "Zg==\n", "Z g=", "-_8=", "Zm9v!", "====", "Zg==Zg=="})
    CHECK_FALSE(base64_decode(text));
}

TEST_CASE("comparison in constant time still compares") {
  CHECK(constant_time_equal("abc", "abc"));
  CHECK(constant_time_equal("", ""));
  CHECK_FALSE(constant_time_equal("abc", "abd"));
  CHECK_FALSE(constant_time_equal("abc", "ab"));
}

TEST_CASE("a sealed secret opens only with its key and context, unchanged") {
  const SecretKey key = new_secret_key();
  const std::string sealed = seal(key, "the token", "account 7");
  CHECK(sealed.find("the token") == std::string::npos);
  CHECK(seal(key, "the token", "account 7") != sealed);
  CHECK(open_sealed(key, sealed, "account 7") == "the token");
  CHECK(open_sealed(key, seal(key, "", ""), "") == "");
  CHECK_FALSE(open_sealed(key, sealed, "account 8"));
  CHECK_FALSE(open_sealed(new_secret_key(), sealed, "account 7"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(open_sealed(key, changed, "account 7"));
    CHECK_FALSE(open_sealed(key, sealed.substr(0, i), "account 7"));
  }
}

TEST_CASE("derived keys differ by purpose and are always the same") {
  const SecretKey key{std::string(32, 'k')};
  CHECK(derive_key(key, "links").bytes() == derive_key(key, "links").bytes());
  CHECK(derive_key(key, "links").bytes() != derive_key(key, "tokens").bytes());
  CHECK(derive_key(key, "links").bytes() != derive_key(new_secret_key(), "links").bytes());
  CHECK(derive_key(key, "links").bytes() != key.bytes());
  CHECK_THROWS_AS(SecretKey{"short"}, Error);
}

TEST_CASE("a new key file is private, reads back and is never overwritten") {
  const TempDir dir;
  const auto path = dir.path / "key";
  write_new_key_file(path);
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const SecretKey key = read_key_file(path);
  try {
    write_new_key_file(path);
    FAIL("overwrote a key");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::conflict);
  }
  CHECK(read_key_file(path).bytes() == key.bytes());
  CHECK_THROWS_AS(write_new_key_file(dir.path / "none" / "key"), Error);
}

TEST_CASE("a key file that others may touch is refused, as ssh would") {
  const TempDir dir;
  const auto path = dir.path / "key";
  write_new_key_file(path);
  const auto refusal = [](const std::filesystem::path& file) -> std::string {
    try {
      read_key_file(file);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::usage);
      return error.what();
    }
    return "";
  };
  for (const ::mode_t mode : {0400, 0440, 0600, 0640, 0700}) {
    CAPTURE(mode);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(refusal(path) == "");
  }
  for (const ::mode_t mode : {0604, 0602, 0601, 0620, 0622, 0644, 0660, 0666, 0777}) {
    CAPTURE(mode);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(refusal(path).find("is open to other users") != std::string::npos);
  }
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  std::filesystem::create_symlink(path, dir.path / "link");
  CHECK(refusal(dir.path / "link").find("symbolic link") != std::string::npos);
  REQUIRE(::mkfifo((dir.path / "pipe").c_str(), 0600) == 0);
  CHECK(refusal(dir.path / "pipe").find("not a regular file") != std::string::npos);
  if (::geteuid() == 0) {
    REQUIRE(::chown(path.c_str(), 1, 1) == 0);
    CHECK(refusal(path).find("belongs to another user") != std::string::npos);
  }
}

TEST_CASE("copies of a key share it, and outlive the first") {
  auto first = std::make_unique<SecretKey>(std::string(32, 'k'));
  const SecretKey second = *first;
  const auto* bytes = first->bytes().data();
  first.reset();
  CHECK(second.bytes().data() == bytes);
  CHECK(second.bytes() == std::string(32, 'k'));
}

TEST_CASE("a key file that is missing or holds anything else is refused by name") {
  const TempDir dir;
  const auto path = dir.path / "key";
  CHECK(code_of_reading(path) == Errc::usage);
  CHECK(code_of_reading(dir.path) == Errc::usage);
  const std::string good = base64_encode(std::string(32, 'x'));
  write_new_key_file(path);  // private from the start
  for (const std::string& content :
       {std::string{}, std::string{"secret"}, base64_encode(std::string(31, 'x')),
        base64_encode(std::string(33, 'x')), good + good, std::string(32, 'x')}) {
    CAPTURE(content);
    std::ofstream{path, std::ios::trunc} << content;
    CHECK(code_of_reading(path) == Errc::usage);
  }
  std::ofstream{path, std::ios::trunc} << " " << good << "\r\n";
  CHECK(read_key_file(path).bytes() == std::string(32, 'x'));
}
