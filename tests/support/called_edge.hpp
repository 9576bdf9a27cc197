// The daemon's edge with somebody outside who calls it as Twilio does.
#pragma once

#include <future>
#include <string>

#include "core/net/curl.hpp"
#include "core/provider/twilio_signature.hpp"
#include "tests/support/edge.hpp"

namespace smscrm {

// "SM9" as Twilio would write it: with 32 hex digits.
inline std::string test_sid(const std::string& brief) {
  return brief.substr(0, 2) + std::string(34 - brief.size(), '0') + brief.substr(2);
}

struct CalledEdge : Edge {
  std::string address = "http://" + start(std::chrono::milliseconds{1});

  HttpCall call(const std::string& path, const Form& form, const std::string& key = token) {
    HttpCall call;
    call.method = HttpMethod::post;
    call.url = address + path;
    call.body = format_form(form);
    call.headers = {"X-Twilio-Signature: " + twilio_signature(key, public_url + path, form)};
    return call;
  }

  HttpResult post(const std::string& path, const Form& form) { return http_request(call(path, form)); }

  HttpCall status_call(MessageId message, const std::string& word, const std::string& key = token) {
    return call(fmt::format("/webhooks/twilio/acme/status/{}", message.value),
                {{"MessageSid", test_sid("SM1")},
                 {"MessageStatus", word},
                 {"AccountSid", account_sid},
                 {"To", "+14155550123"}},
                key);
  }

  HttpResult status(MessageId message, const std::string& word, const std::string& key = token) {
    return http_request(status_call(message, word, key));
  }

  HttpResult text(const std::string& message_sid, const std::string& body) {
    return post("/webhooks/twilio/acme/inbound", {{"MessageSid", test_sid(message_sid)},
                                                  {"From", "+14155550123"},
                                                  {"To", "+15005550006"},
                                                  {"Body", body},
                                                  {"NumMedia", "0"},
                                                  {"AccountSid", account_sid}});
  }

  // The daemon knows what is committed now.
  void reload() {
    std::promise<bool> fresh;
    directory->reload([&](bool ok) { fresh.set_value(ok); });
    if (!fresh.get_future().get()) throw Error(Errc::unavailable, "the directory cannot be reloaded");
  }

  void set_stop_reply(const std::string& text) {
    db.run([&](Tx& tx) {
      auto changed = get_tenant(tx, "acme");
      changed.stop_reply = text;
      update_tenant(tx, changed, now());
    });
    reload();
  }

  // A person follows the link.
  HttpCall click_call(LinkId link, MessageId message) {
    HttpCall call;
    call.url = format_short_url(address, directory->link_key(), link, message);
    call.headers = {"User-Agent: Mozilla/5.0 (iPhone)"};
    return call;
  }

  MessageId add_message() {
    return db.run([&](Tx& tx) {
      return exec(tx,
                  "WITH sent AS (INSERT INTO message (tenant_id, campaign_id, msisdn, status, attempt, "
                  "claimed_at)"
                  "              VALUES ($1, $2, '+14155550123', 'in_flight', 1, now()) RETURNING id)"
                  " INSERT INTO work_claim (tenant_id, epoch, message_ids, claimed_at)"
                  " SELECT $1, 1, ARRAY[id], now() FROM sent RETURNING message_ids[1]",
                  tenant.id, campaign)
          .front()[0]
          .as<MessageId>();
    });
  }

  std::string value(const std::string& sql) {
    return db.run([&](Tx& tx) { return tx.exec(sql).front()[0].as<std::string>(); });
  }
};

}  // namespace smscrm
