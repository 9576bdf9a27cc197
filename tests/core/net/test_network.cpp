#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/net/network.hpp"

using namespace smscrm;

TEST_CASE("public addresses are those of the Internet at large") {
  struct Case {
    const char* address;
    bool is_public;
  };
  const Case cases[] = {
      {"93.184.216.34", true},
      {"1.1.1.1", true},
      {"172.15.255.255", true},
      {"172.32.0.0", true},
      {"100.63.255.255", true},
      {"100.128.0.0", true},
      {"2606:2800:220:1::1", true},
      {"2a00:1450:4001::200e", true},
      {"0.0.0.0", false},
      {"127.0.0.1", false},
      {"127.255.255.254", false},
      {"10.0.0.1", false},
      {"172.16.0.1", false},
      {"172.31.255.255", false},
      {"192.168.1.1", false},
      {"169.254.169.254", false},  // where clouds keep credentials
      {"100.64.0.1", false},       // carriers' NAT
      {"192.0.2.1", false},
      {"198.18.0.1", false},
      {"203.0.113.9", false},
      {"224.0.0.1", false},
      {"239.255.255.255", false},
      {"240.0.0.1", false},
      {"255.255.255.255", false},
      {"::", false},
      {"::1", false},
      {"fe80::1", false},
      {"fec0::1", false},
      {"fc00::1", false},
      {"fd12:3456::1", false},
      {"ff02::1", false},
      {"2001:db8::1", false},
      {"3fff::1", false},
      {"2001::1", false},  // Teredo
      {"100::1", false},   // discard
      // Those that carry an IPv4 address are judged by it.
      {"::ffff:127.0.0.1", false},
      {"::ffff:10.1.2.3", false},
      {"::ffff:93.184.216.34", true},
      {"::ffff:0:127.0.0.1", false},
      {"64:ff9b::127.0.0.1", false},
      {"64:ff9b::93.184.216.34", true},
      {"64:ff9b:1::1", false},
      {"2002:7f00:1::1", false},
      {"2002:a00:1::1", false},
      {"2002:5db8:d822::1", true},
      {"::127.0.0.1", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.address);
    const auto bytes = address_bytes(c.address);
    REQUIRE(!bytes.empty());
    CHECK(is_public_address(bytes) == c.is_public);
    CHECK(AddressGuard{{}}.permits(bytes) == c.is_public);
  }
  CHECK_FALSE(is_public_address(""));
  CHECK_FALSE(is_public_address("12345"));
}

TEST_CASE("a network that is allowed is permitted, and nothing beside it") {
  const AddressGuard guard{{"10.1.0.0/16", "127.0.0.1", "fd00::/8"}};
  CHECK(guard.permits(address_bytes("10.1.2.3")));
  CHECK(guard.permits(address_bytes("127.0.0.1")));
  CHECK(guard.permits(address_bytes("fd00::7")));
  CHECK(guard.permits(address_bytes("1.1.1.1")));
  CHECK_FALSE(guard.permits(address_bytes("10.2.0.1")));
  CHECK_FALSE(guard.permits(address_bytes("127.0.0.2")));
  CHECK_FALSE(guard.permits(address_bytes("::ffff:127.0.0.1")));
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/-1", "example.com", "", "10.0.0/8"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS((AddressGuard{{bad}, "webhook.allow_networks"}),
                         doctest::Contains("webhook.allow_networks"), Error);
  }
}
