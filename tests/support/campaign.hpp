// What a campaign needs before it can be launched.
#pragma once

#include "core/campaign/launch.hpp"
#include "core/campaign/template.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {

// An account (one part costs 0.0083 USD) and a sender of 100 parts per second.
inline void add_test_sender(TestDb& db, TenantId tenant) {
  db.run([&](Tx& tx) {
    exec(tx, "INSERT INTO account (tenant_id, sid, auth_token) VALUES ($1, 'AC1', '\\x00')", tenant);
    exec(tx,
         "INSERT INTO sender (tenant_id, address, kind, rate) VALUES ($1, '+15005550006', 'long_code', 100)",
         tenant);
  });
}

// Contacts +14155550000 and on, named "Ann", opted in.
inline void add_test_contacts(TestDb& db, TenantId tenant, int count) {
  db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO contact (tenant_id, msisdn, first_name)"
         " SELECT $1::bigint, '+1' || (4155550000 + n), 'Ann' FROM generate_series(0, $2::int - 1) n",
         tenant, count);
    exec(tx,
         "INSERT INTO consent (tenant_id, msisdn, state, changed_at)"
         " SELECT $1::bigint, '+1' || (4155550000 + n), 'opted_in', now()"
         "   FROM generate_series(0, $2::int - 1) n",
         tenant, count);
  });
}

inline void set_test_consent(TestDb& db, TenantId tenant, const std::string& msisdn, const char* state) {
  db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO consent (tenant_id, msisdn, state, changed_at) VALUES ($1, $2, $3, now())"
         " ON CONFLICT (tenant_id, msisdn) DO UPDATE SET state = EXCLUDED.state",
         tenant, msisdn, state);
  });
}

inline Campaign add_test_campaign(TestDb& db, TenantId tenant, const std::string& slug = "spring",
                                  const std::string& body = "Hi {{first_name|there}}, STOP to end",
                                  const std::string& audience = "all") {
  return db.run([&](Tx& tx) {
    NewCampaign campaign;
    campaign.slug = slug;
    campaign.body_template = add_template(tx, tenant, {slug, body}).id;
    campaign.audience = parse_audience(audience);
    return add_campaign(tx, tenant, campaign);
  });
}

inline Launch launch_test_campaign(TestDb& db, TenantId tenant, CampaignId campaign,
                                   const LaunchOptions& options = {}) {
  return db.run([&](Tx& tx) { return launch_campaign(tx, tenant, campaign, options, now()); });
}

}  // namespace smscrm
