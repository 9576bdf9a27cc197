#include "tests/bench/send_campaign.hpp"

#include "core/lane/sender.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/tenant/account.hpp"

namespace smscrm {
namespace {

constexpr double rate = 100'000;  // parts per second: out of the way

}  // namespace

CampaignId prepare_campaign(Edge& edge, int connections, std::int64_t items) {
  const auto tenant = edge.tenant.id;
  edge.db.run([&](Tx& tx) {
    AccountChange account;
    account.sid = Edge::account_sid;
    account.auth_token = Edge::token;
    account.rate = rate;
    account.max_in_flight = connections;
    set_account(tx, edge.secret, tenant, account, now());
    add_sender(tx, tenant, "+15005550006", rate);
  });
  add_test_contacts(edge.db, tenant, static_cast<int>(items));
  edge.db.run([](Tx& tx) { exec(tx, "ANALYZE contact, consent"); });
  return edge.db.run([&](Tx& tx) {
    NewCampaign fresh;
    fresh.slug = "spring";
    fresh.kind = CampaignKind::transactional;  // at any hour
    fresh.body_template =
        add_template(tx, tenant,
                     {"spring",
                      "Hi {{first_name|there}}, 20% off today: {{link:https://acme.example/spring}}"
                      " STOP to end"})
            .id;
    fresh.audience = parse_audience("all");
    return add_campaign(tx, tenant, fresh).id;
  });
}

std::int64_t count_messages(Edge& edge, CampaignId campaign, MessageStatus status) {
  const auto counters = edge.db.run([&](Tx& tx) { return read_counters(tx, edge.tenant.id, campaign); });
  const auto found = counters.find(status_counter(status));
  return found == counters.end() ? 0 : std::stoll(found->second);
}

}  // namespace smscrm
