// The configuration: one struct with every default, filled in layers, each mistake reported at once.
// smscrm.toml(5) is the user's page for it.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/log.hpp"

namespace smscrm {

struct Config {
  struct Database {
    std::string url;  // libpq URL or conninfo string; empty: the running `smscrm local`
    int pool_size = 8;
  } database;
  struct Redis {
    std::string url;  // "redis://…" or "unix:PATH"; empty: do without
  } redis;
  struct Secrets {
    std::string key_file;  // encrypts tokens at rest
  } secrets;
  struct Http {
    std::vector<std::string> listen{"127.0.0.1:8080"};  // also "unix:PATH" and "fd://"
    std::vector<std::string> admin_listen;     // for /readyz and /metrics alone; empty: `listen` has them
    std::string public_url;                    // without a slash at its end
    std::vector<std::string> trusted_proxies;  // addresses or networks whose X-Forwarded-For is believed
  } http;
  struct Api {
    bool enabled = true;
    int rate = 100;  // requests a second of one key
  } api;
  struct Twilio {
    std::string api_url = "https://api.twilio.com";  // without a slash at its end
    std::chrono::milliseconds timeout = std::chrono::seconds{10};
    int max_in_flight = 256;  // requests at once, of all lanes of a daemon
  } twilio;
  struct Sender {
    bool enabled = true;
    std::chrono::milliseconds lease = std::chrono::seconds{15};
    int batch = 500;  // messages claimed at once
    // A message with an unknown outcome that the provider does not list for so long was never accepted.
    std::chrono::milliseconds absence_grace = std::chrono::seconds{60};
  } sender;
  struct Scheduler {
    bool enabled = true;
    // A message without a last word for so long is asked for.
    std::chrono::milliseconds receipt_overdue = std::chrono::minutes{10};
  } scheduler;
  struct Webhook {
    std::chrono::milliseconds commit_interval{5};  // of what the provider's webhooks bring
    // The rest is of the webhooks that tenants get from us (core/webhook/webhook.hpp).
    bool deliver = true;
    std::vector<std::string> allow_networks;  // that may be called although they are not public
    std::chrono::milliseconds timeout = std::chrono::seconds{10};
    std::chrono::milliseconds lease = std::chrono::seconds{15};
    std::chrono::milliseconds keep = std::chrono::hours{30 * 24};  // the log of deliveries
  } webhook;
  struct Backup {
    std::string pgbackrest_config;  // with pgBackRest: its configuration, an absolute path
    std::string stanza;             // its name there
    std::string directory;          // without pgBackRest: where dumps are kept
    std::chrono::milliseconds keep = std::chrono::hours{35 * 24};  // of these
    std::string scratch = "/var/tmp";                              // where backups are restored for a test
  } backup;
  struct Log {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::logfmt;
  } log;
  struct Sentry {
    std::string dsn;  // empty: nothing is reported
  } sentry;
};

// Where the layers come from. Later ones win.
struct ConfigSources {
  std::vector<std::filesystem::path> optional_files;       // read when they exist, in order
  std::optional<std::filesystem::path> required_file;      // instead of the optional ones
  std::map<std::string, std::string> environment;          // only names that begin with SMSCRM_ matter
  std::vector<std::pair<std::string, std::string>> flags;  // key and value, such as {"log.level", "debug"}
};

// /etc/smscrm/smscrm.toml and ${XDG_CONFIG_HOME:-~/.config}/smscrm/smscrm.toml, or else `file` or
// SMSCRM_CONFIG; with the environment of this process.
ConfigSources standard_config_sources(const std::optional<std::filesystem::path>& file);

// One key as `smscrm config show` prints it.
struct Setting {
  std::string key;     // "database.url"
  std::string value;   // lists joined by commas; passwords in URLs masked
  std::string origin;  // "default", "/etc/smscrm/smscrm.toml:3", "SMSCRM_DATABASE_URL", "--log-level"
};

struct LoadedConfig {
  Config config;
  std::vector<Setting> settings;  // every key, in the order of the manual
};

// Throws Error{usage} whose text has one line per mistake.
LoadedConfig load_config(const ConfigSources& sources);

// Every key, in the order of the manual.
std::vector<std::string> list_config_keys();

// The keys whose values differ, in the order of the manual.
std::vector<std::string> list_changed_keys(const Config& before, const Config& after);

// The password of a URL or conninfo string replaced by "***".
std::string mask_url_password(const std::string& url);

}  // namespace smscrm
