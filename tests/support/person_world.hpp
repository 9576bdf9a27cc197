// A person of whom everything is held, and another of whom the same is.
#pragma once

#include "core/inbox/inbound.hpp"
#include "core/segment/segment.hpp"
#include "tests/support/send_flow.hpp"
#include "tests/support/webhook.hpp"

namespace smscrm::test {

struct PersonWorld : SendFlow {
  const std::string anna = "+14155550000", ben = "+14155550001";

  PersonWorld() {
    add_test_webhook(db, new_secret_key(), tenant.id, "crm", {"*"}, "https://crm.example/in?key=secret");
    launch(2, {.slug = "spring"});
    db.run([&](Tx& tx) {
      add_segment(tx, tenant, {"vips", "tag:vip", ""}, now());
      add_segment(tx, tenant, {"others", "not tag:vip", ""}, now());
    });
    sql("UPDATE contact SET first_name = 'Canary', tags = '{vip}' WHERE tenant_id = $1");
    sql("INSERT INTO list (tenant_id, slug, name) VALUES ($1, 'news', 'News')");
    sql("INSERT INTO list_member (tenant_id, list_id, contact_id) SELECT $1, l.id, c.id FROM list l, contact "
        "c"
        " WHERE l.tenant_id = $1 AND c.tenant_id = $1");
    record(claim(), accepted());
    for (const auto& number : {anna, ben}) {
      sql(fmt::format(
          "INSERT INTO click (tenant_id, link_id, message_id, clicked_at, method, class, user_agent)"
          " SELECT $1, 7, id, now(), 'GET', 'person', 'Browser of {0}' FROM message"
          " WHERE tenant_id = $1 AND msisdn = '{0}'",
          number));
      sql("INSERT INTO import (tenant_id, source, status) VALUES ($1, 'people.csv', 'done')");
      sql(
          fmt::format("INSERT INTO import_reject (tenant_id, import_id, line, reason, fields)"
                      " SELECT $1, max(id), 2, 'bad_email', ARRAY['(415) {0}', 'rejected of {1}'] FROM import"
                      "  WHERE tenant_id = $1",
                      number.substr(5, 3) + "-" + number.substr(8), number));
      db.run([&](Tx& tx) {
        NewInbound text;
        text.provider_sid = "IN of " + number.substr(11);
        text.msisdn = number;
        text.address = "+15005550006";
        text.body = "STOP";
        record_inbound(tx, tenant, 0, {text}, now());
      });
    }
    sql("INSERT INTO link (tenant_id, id, campaign_id, ordinal, target_url) VALUES"
        " ($1, 7, (SELECT id FROM campaign WHERE tenant_id = $1), 9, 'https://shop.example')");
  }
};

}  // namespace smscrm::test
