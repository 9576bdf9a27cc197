// The built smscrm with campaign "spring" of the tenant acme.
#pragma once

#include "core/ledger/campaign_counter.hpp"
#include "core/net/crypto.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/command.hpp"

namespace smscrm {

// A tenant with an account, a sender and three contacts, the last one opted out.
struct CampaignCli {
  TestDb db;
  TenantId tenant;
  TempDir own;
  std::string key_file = own.write("key", base64_encode(random_bytes(SecretKey::size)));

  CampaignCli() : tenant(add_test_tenant(db).id) {
    add_test_sender(db, tenant);
    add_test_contacts(db, tenant, 3);
    set_test_consent(db, tenant, "+14155550002", "opted_out");
  }
  CommandResult operator()(std::vector<std::string> words) const {
    words.insert(words.begin(), "smscrm");
    return run_command(words, "", environment());
  }
  std::map<std::string, std::string> environment() const {
    return {{"SMSCRM_DATABASE_URL", db.url()},
            {"SMSCRM_TENANT", "acme"},
            {"SMSCRM_SECRETS_KEY_FILE", key_file},
            {"SMSCRM_HTTP_PUBLIC_URL", "https://sms.example.com"}};
  }
  // The same at a terminal of so many columns, which gets to read what it answers; out: what it shows.
  CommandResult at_terminal(const std::string& command_line, const std::string& answers = "",
                            int columns = 100) const {
    const TempDir dir;
    auto variables = environment();
    variables.insert({{"TERM", "xterm"}, {"CI", ""}});
    auto result = run_command(
        {"script", "-qefc",
         fmt::format("stty cols {} -echo && {} {}", columns, built_program("smscrm"), command_line),
         dir.path() + "/typescript"},
        answers, variables);
    return result;
  }
  void make_spring() const {
    (*this)({"template", "create", "spring", "--body",
             "Hi {{first_name|there}}, STOP to end {{link:https://a.example/s}}"});
    (*this)({"campaign", "create", "spring", "--template", "spring", "--audience", "all"});
  }
  // What the sender would do: everything is delivered, and the campaign ends.
  void deliver_all() {
    db.run([&](Tx& tx) {
      exec(tx, "UPDATE message SET status = 'delivered' WHERE tenant_id = $1 AND status = 'waiting'", tenant);
      exec(tx, "DELETE FROM work_chunk WHERE tenant_id = $1", tenant);
      CounterChanges changes;
      changes.move(get_campaign(tx, tenant, "spring").id, MessageStatus::waiting, MessageStatus::delivered,
                   std::nullopt, 2);
      apply_counters(tx, tenant, sender_slot, changes, now());
      finish_campaigns(tx, now());
    });
  }
};

}  // namespace smscrm
