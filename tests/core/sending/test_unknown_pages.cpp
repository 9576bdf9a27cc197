#include <doctest/doctest.h>

#include "core/sending/unknown_pages.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const Timestamp t0 = parse_rfc3339("2026-05-01T10:00:00Z");
constexpr auto grace = 1min;

std::string number(int n) { return "+1202555" + std::to_string(1000 + n); }
std::string sid(int n) { return "SM" + std::to_string(n); }

ListedMessage listed(int n, Timestamp at) {
  ListedMessage message;
  message.provider_id = sid(n);
  message.to = number(n);
  message.from = "+15005550006";
  message.body = "Hi";
  message.created_at = at;
  return message;
}

// Message n left n seconds after t0, the last of them as 99; those named are unknown, the others were
// accepted.
struct ProviderList {
  std::vector<ListedMessage> all;  // newest first
  TakenMessages taken;
  std::vector<Unresolved> unknown;

  explicit ProviderList(const std::set<int>& unknowns, const std::set<int>& absent) {
    for (int n = 0; n < 100; ++n) {
      const auto at = t0 + std::chrono::seconds{n};
      if (absent.count(n) == 0) all.insert(all.begin(), listed(n, at));
      if (unknowns.count(n) > 0)
        unknown.push_back({MessageId{n}, number(n), "Hi", "+15005550006", "", at});
      else
        taken.add(sid(n), at);
    }
  }

  UnknownPages::Answers ask(Timestamp at, std::size_t a_page, bool dated = true) {
    UnknownPages pages{unknown, taken, grace, at};
    for (std::size_t next = 0; !pages.done(); next += a_page) {
      ListedPage page;
      page.ok = true;
      const auto end = std::min(all.size(), next + a_page);
      page.messages.assign(all.begin() + static_cast<std::ptrdiff_t>(std::min(next, all.size())),
                           all.begin() + static_cast<std::ptrdiff_t>(end));
      page.next = end < all.size() ? std::to_string(end) : "";
      HttpResult reply;
      if (dated) reply.date = at;
      pages.read(page, reply, at);
      ++read;
    }
    return pages.answers();
  }
  int read = 0;
};

std::vector<std::int64_t> ids(const UnknownPages::Answers& answers, bool found) {
  std::vector<std::int64_t> ids;
  for (const auto& resolution : answers.resolutions)
    if (resolution.matches.empty() != found) ids.push_back(resolution.id.value);
  return ids;
}

}  // namespace

TEST_CASE("what the pages have is found, and what they lack between two known ones is absent") {
  ProviderList provider{{20, 21, 22, 40}, {21, 40}};
  const auto asked = t0 + 5min;
  const auto answers = provider.ask(asked, 30);
  CHECK(ids(answers, true) == std::vector<std::int64_t>{20, 22});
  CHECK(ids(answers, false) == std::vector<std::int64_t>{21, 40});
  CHECK(answers.undecided.empty());
  for (const auto& resolution : answers.resolutions) CHECK(resolution.asked_at == asked);
  CHECK(provider.read == 3);  // back to ten seconds before the first, and no further
}

TEST_CASE("absence without a witness is asked about by the number") {
  SUBCASE("nothing known is listed, as by a proxy that answers with an empty list") {
    ProviderList provider{{20, 21}, {}};
    provider.all.clear();
    const auto answers = provider.ask(t0 + 5min, 30);
    CHECK(answers.resolutions.empty());
    CHECK(answers.undecided.size() == 2);
    CHECK(answers.undecided[0].claimed_at == t0 + 20s);
  }
  SUBCASE("nothing known left later") {
    ProviderList provider{{20, 98, 99}, {20, 98, 99}};
    const auto answers = provider.ask(t0 + 5min, 60);
    CHECK(ids(answers, false) == std::vector<std::int64_t>{20});
    CHECK(answers.undecided.size() == 2);
  }
  SUBCASE("nothing known left earlier") {
    ProviderList provider{{0, 1, 50}, {0, 1, 50}};
    const auto answers = provider.ask(t0 + 5min, 60);
    CHECK(ids(answers, false) == std::vector<std::int64_t>{50});
    CHECK(answers.undecided.size() == 2);
  }
  SUBCASE("the list shows what was taken late") {
    ProviderList provider{{50, 51}, {50, 51}};
    provider.all.erase(provider.all.begin(), provider.all.begin() + 60);
    CHECK(provider.ask(t0 + 5min, 30).undecided.size() == 2);
  }
  SUBCASE("it has another order") {
    ProviderList provider{{50, 51}, {50, 51}};
    std::reverse(provider.all.begin(), provider.all.end());
    CHECK(provider.ask(t0 + 5min, 1000).undecided.size() == 2);
  }
  SUBCASE("its pages go on for longer than they are worth") {
    ProviderList provider{{1, 50}, {1, 50}};
    CHECK(provider.ask(t0 + 5min, 10).undecided.size() == 2);
    CHECK(provider.read == 2);
  }
}

TEST_CASE("before the grace period is over absence proves nothing, and needs no question") {
  ProviderList provider{{98, 99}, {99}};
  const auto answers = provider.ask(t0 + 101s, 30);
  CHECK(answers.undecided.empty());
  REQUIRE(answers.resolutions.size() == 2);
  CHECK(answers.resolutions[0].matches.size() == 1);
  CHECK(answers.resolutions[1].matches.empty());
  CHECK(answers.resolutions[1].asked_at == Timestamp{});
}

TEST_CASE("an entry in other words is a lookalike, one of another number nothing") {
  ProviderList provider{{50, 51}, {}};
  for (auto& message : provider.all) {
    if (message.provider_id == "SM50") message.body = "Hello";
    if (message.provider_id == "SM51") message.to = "+12025559999";
  }
  const auto answers = provider.ask(t0 + 5min, 1000);
  REQUIRE(answers.resolutions.size() == 2);
  CHECK(answers.resolutions[0].lookalikes == std::vector<std::string>{"SM50"});
  CHECK(answers.resolutions[1].lookalikes.empty());
  CHECK(answers.resolutions[1].matches.empty());
}

TEST_CASE("without the provider's clock the pages go back a minute more") {
  ProviderList provider{{90, 91}, {}};
  provider.ask(t0 + 95s, 40);
  CHECK(provider.read == 1);
  provider.read = 0;
  provider.ask(t0 + 95s, 40, false);
  CHECK(provider.read == 2);
}

TEST_CASE("of what was taken some are remembered for every moment, and always the last") {
  TakenMessages taken;
  for (int i = 0; i < 10'000; ++i) taken.add(sid(i), t0 + i * 1ms);
  CHECK(taken.all().size() > 30);
  CHECK(taken.all().size() < 60);
  CHECK(taken.all().back().provider_id == "SM9999");
  taken.add("SM", t0 + 2h);
  CHECK(taken.all().size() == 1);
}
