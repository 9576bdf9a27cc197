// A whole smscrm as an operator has it: a database, the sandbox as Twilio, a daemon, and the command line.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/daemon.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {

class World {
 public:
  // `settings`: TOML for the sandbox, the tables [settings] and [faults]; inbound_url is set already.
  explicit World(const std::string& sandbox_toml = "");
  ~World() { daemon.reset(); }  // before its database

  // Runs smscrm as tenant acme.
  CommandResult operator()(std::vector<std::string> words, const std::string& stdin_text = "") const;
  // The same; throws with its words unless it ends with 0.
  CommandResult must(std::vector<std::string> words, const std::string& stdin_text = "") const;

  // Tenant acme with its account, one sender of `rate` parts a second and a key file.
  void set_up(int rate = 2000);
  // `count` contacts with recorded consent, in list spring: contact_number(0), (1) …
  void add_contacts(int count);
  // Template and campaign "spring" to that list.
  void add_campaign(
      const std::string& body = "Hi {{first_name|there}}, see {{link:https://acme.example/spring}}");

  void start_daemon();
  std::unique_ptr<Daemon> daemon;
  std::string daemon_url() const;  // of start_daemon's, without a slash at its end
  // Another one beside it, which listens elsewhere and so hears no webhooks.
  std::unique_ptr<Daemon> start_another() const;

  nlohmann::json report() const;  // of campaign spring
  // Waits until the campaign is finished and the fate of each message known; throws after 90 s.
  void wait_until_settled() const;
  // The same, but receipts may be missing: those that came while no daemon ran.
  void wait_until_finished() const;

  // The sandbox, asked over HTTP.
  nlohmann::json sandbox(const std::string& path) const;                   // GET /sandbox/PATH
  std::vector<nlohmann::json> accepted(const std::string& to = "") const;  // its ledger of messages we sent
  // A text to a number of ours, without `to` the first; the status.
  int inbound(const std::string& from, const std::string& body, const std::string& to = "") const;

  std::map<std::string, std::string>
      variables;  // of programs started later, beside those of the world itself

  const std::string sender = "+15005550006";
  TestDb db;

 private:
  std::map<std::string, std::string> environment(int http_port) const;
  void wait_until(const std::function<bool(const nlohmann::json&)>& report_says) const;

  TempDir dir_;
  int http_port_;
  int sandbox_port_;
  std::unique_ptr<Daemon> sandbox_;
};

// +14155550000, …0001 … +14155559999, +14165550000 …
std::string contact_number(int index);

// Whether the condition comes true within `limit`.
bool await(const std::function<bool()>& condition, std::chrono::seconds limit = std::chrono::seconds{30});

}  // namespace smscrm
