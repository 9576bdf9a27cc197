#include "core/config.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <toml++/toml.h>
#include <unistd.h>

#include "core/base/bounds.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/net/network.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

using Values = std::vector<std::string>;  // one element, unless the key is a list

std::string read_value(const std::string& text, std::type_identity<std::string>) { return text; }

bool read_value(const std::string& text, std::type_identity<bool>) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  throw Error(Errc::invalid, "\"{}\" is neither true nor false", text);
}

int read_value(const std::string& text, std::type_identity<int>) {
  const auto value = parse_integer(text);
  if (!value || *value < 1 || *value > 1'000'000)
    throw Error(Errc::invalid, "\"{}\" is not a whole number from 1 to 1000000", text);
  return static_cast<int>(*value);
}

std::chrono::milliseconds read_value(const std::string& text, std::type_identity<std::chrono::milliseconds>) {
  if (text.size() > 2 && text.ends_with("ms"))
    if (const auto count = parse_integer(text.substr(0, text.size() - 2));
        count && *count > 0 && *count <= std::chrono::milliseconds{longest_duration}.count())
      return std::chrono::milliseconds{*count};
  const std::chrono::milliseconds length = parse_duration(text);
  if (length.count() == 0) throw Error(Errc::invalid, "a length of time must be more than nothing");
  return length;
}

LogLevel read_value(const std::string& text, std::type_identity<LogLevel>) { return parse_log_level(text); }
LogFormat read_value(const std::string& text, std::type_identity<LogFormat>) {
  return parse_log_format(text);
}

std::string show_value(const std::string& value) { return value; }
std::string show_value(bool value) { return value ? "true" : "false"; }
std::string show_value(int value) { return fmt::format("{}", value); }
std::string show_value(LogFormat value) { return value == LogFormat::json ? "json" : "logfmt"; }
std::string show_value(std::chrono::milliseconds value) {
  return value.count() % 1000 == 0 ? fmt::format("{}s", value.count() / 1000)
                                   : fmt::format("{}ms", value.count());
}
std::string show_value(LogLevel value) {
  constexpr const char* names[] = {"debug", "info", "warn", "error", "off"};
  return names[static_cast<std::size_t>(value)];
}
std::string show_value(const Values& values) { return join(values, ","); }

// One row of the table that drives files, environment, flags, `config show` and the manual's test.
struct Key {
  std::string name;
  bool is_list;
  bool has_password;  // a URL whose password `config show` masks
  void (*set)(Config&, const Values&);
  std::string (*show)(const Config&);
};

template <auto Section, auto Member>
Key key(std::string name, bool has_password = false) {
  using Value = std::remove_cvref_t<decltype(std::declval<Config>().*Section.*Member)>;
  constexpr bool is_list = std::is_same_v<Value, Values>;
  return {std::move(name), is_list, has_password,
          [](Config& config, const Values& values) {
            if constexpr (is_list)
              config.*Section.*Member = values;
            else
              config.*Section.*Member = read_value(values.at(0), std::type_identity<Value>{});
          },
          [](const Config& config) { return show_value(config.*Section.*Member); }};
}

const std::vector<Key>& keys() {
  using C = Config;
  static const std::vector<Key> all = {
      key<&C::database, &C::Database::url>("database.url", true),
      key<&C::database, &C::Database::pool_size>("database.pool_size"),
      key<&C::redis, &C::Redis::url>("redis.url", true),
      key<&C::secrets, &C::Secrets::key_file>("secrets.key_file"),
      key<&C::http, &C::Http::listen>("http.listen"),
      key<&C::http, &C::Http::public_url>("http.public_url"),
      key<&C::http, &C::Http::trusted_proxies>("http.trusted_proxies"),
      key<&C::twilio, &C::Twilio::api_url>("twilio.api_url"),
      key<&C::twilio, &C::Twilio::timeout>("twilio.timeout"),
      key<&C::twilio, &C::Twilio::max_in_flight>("twilio.max_in_flight"),
      key<&C::sender, &C::Sender::enabled>("sender.enabled"),
      key<&C::sender, &C::Sender::lease>("sender.lease"),
      key<&C::sender, &C::Sender::batch>("sender.batch"),
      key<&C::sender, &C::Sender::absence_grace>("sender.absence_grace"),
      key<&C::scheduler, &C::Scheduler::enabled>("scheduler.enabled"),
      key<&C::scheduler, &C::Scheduler::receipt_overdue>("scheduler.receipt_overdue"),
      key<&C::webhook, &C::Webhook::commit_interval>("webhook.commit_interval"),
      key<&C::webhook, &C::Webhook::deliver>("webhook.deliver"),
      key<&C::webhook, &C::Webhook::allow_networks>("webhook.allow_networks"),
      key<&C::webhook, &C::Webhook::timeout>("webhook.timeout"),
      key<&C::webhook, &C::Webhook::lease>("webhook.lease"),
      key<&C::webhook, &C::Webhook::keep>("webhook.keep"),
      key<&C::log, &C::Log::level>("log.level"),
      key<&C::log, &C::Log::format>("log.format"),
      key<&C::sentry, &C::Sentry::dsn>("sentry.dsn", true),
  };
  return all;
}

const Key* find_key(const std::string& name) {
  const auto found = std::ranges::find(keys(), name, &Key::name);
  return found == keys().end() ? nullptr : &*found;
}

std::string environment_name(const std::string& key_name) {
  std::string name = "SMSCRM_" + key_name;
  for (char& c : name) c = c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  const auto near = nearest(word, candidates);
  return near ? fmt::format("; did you mean \"{}\"?", *near) : "";
}

class Loader {
 public:
  Loader() {
    for (const auto& k : keys()) origins_[k.name] = "default";
  }

  void read_file(const std::filesystem::path& path) {
    toml::table table;
    try {
      table = toml::parse_file(path.string());
    } catch (const toml::parse_error& error) {
      mistake(fmt::format("{}:{}", path.string(), error.source().begin.line), error.description());
      return;
    }
    for (const auto& [section, node] : table) {
      const auto* keys_of_section = node.as_table();
      if (keys_of_section == nullptr) {
        unknown_key(where(path, node), std::string{section.str()});
        continue;
      }
      for (const auto& [name, value] : *keys_of_section)
        set_from_file(where(path, value), fmt::format("{}.{}", section.str(), name.str()), value);
    }
  }

  void read_environment(const std::map<std::string, std::string>& environment) {
    for (const auto& [name, value] : environment) {
      if (!name.starts_with("SMSCRM_")) continue;
      if (const Key* k = key_of_variable(name))
        set(name, *k, k->is_list ? split_list(value) : Values{value});
      else if (const Key* file_key =
                   name.ends_with("_FILE") ? key_of_variable(name.substr(0, name.size() - 5)) : nullptr)
        set_from_secret_file(name, *file_key, value);
      else
        check_unknown_variable(name);
    }
  }

  void read_flags(const std::vector<std::pair<std::string, std::string>>& flags) {
    for (const auto& [name, value] : flags) {
      const std::string flag = name == "log.level" ? "--log-level" : "--" + name;
      if (const Key* k = find_key(name)) set(flag, *k, k->is_list ? split_list(value) : Values{value});
    }
  }

  LoadedConfig finish() {
    check_url("http.public_url", config_.http.public_url);
    check_url("twilio.api_url", config_.twilio.api_url);
    check_longest("twilio.timeout", config_.twilio.timeout, 1h);
    check_longest("sender.lease", config_.sender.lease, 24h);
    check_longest("sender.absence_grace", config_.sender.absence_grace, 720h);
    check_longest("scheduler.receipt_overdue", config_.scheduler.receipt_overdue, 720h);
    check_longest("webhook.commit_interval", config_.webhook.commit_interval, 1min);
    check_longest("webhook.timeout", config_.webhook.timeout, 1h);
    check_longest("webhook.lease", config_.webhook.lease, 24h);
    try {
      AddressGuard{config_.webhook.allow_networks, "webhook.allow_networks"};
    } catch (const Error& error) {
      mistake(origins_["webhook.allow_networks"], error.what());
    }
    if (!mistakes_.empty()) throw Error(Errc::usage, "{}", join(mistakes_, "\n"));
    LoadedConfig loaded{std::move(config_), {}};
    for (const auto& k : keys()) {
      auto value = k.show(loaded.config);
      loaded.settings.push_back(
          {k.name, k.has_password ? mask_url_password(value) : value, origins_[k.name]});
    }
    return loaded;
  }

 private:
  static std::string where(const std::filesystem::path& path, const toml::node& node) {
    return fmt::format("{}:{}", path.string(), node.source().begin.line);
  }

  static Values split_list(const std::string& text) {
    Values values;
    for (const auto& part : split(text, ','))
      if (!trim(part).empty()) values.emplace_back(trim(part));
    return values;
  }

  static const Key* key_of_variable(const std::string& variable) {
    for (const auto& k : keys())
      if (environment_name(k.name) == variable) return &k;
    return nullptr;
  }

  void mistake(const std::string& place, std::string_view what) {
    mistakes_.push_back(fmt::format("{}: {}", place, what));
  }

  void unknown_key(const std::string& place, const std::string& name) {
    mistake(place, fmt::format("unknown key \"{}\"{}", name, did_you_mean(name, list_config_keys())));
  }

  void set(const std::string& place, const Key& k, const Values& values) {
    try {
      k.set(config_, values);
      origins_[k.name] = place;
    } catch (const Error& error) {
      mistake(place, fmt::format("{}: {}", k.name, error.what()));
    }
  }

  void set_from_file(const std::string& place, const std::string& name, const toml::node& node) {
    const Key* k = find_key(name);
    if (k == nullptr) return unknown_key(place, name);
    const auto text = [](const toml::node& value) -> std::optional<std::string> {
      if (const auto s = value.value_exact<std::string>()) return *s;
      if (const auto i = value.value_exact<std::int64_t>()) return fmt::format("{}", *i);
      if (const auto b = value.value_exact<bool>()) return *b ? "true" : "false";
      return std::nullopt;
    };
    Values values;
    if (const auto* array = node.as_array(); array != nullptr && k->is_list) {
      for (const auto& element : *array) {
        const auto s = text(element);
        if (!s) return mistake(place, fmt::format("{}: every element must be a string", name));
        values.push_back(*s);
      }
    } else if (const auto s = text(node)) {
      values.push_back(*s);
    } else {
      return mistake(place,
                     fmt::format("{}: must be {}", name, k->is_list ? "an array of strings" : "one value"));
    }
    set(place, *k, values);
  }

  void set_from_secret_file(const std::string& variable, const Key& k, const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return mistake(variable, fmt::format("cannot read the file \"{}\"", path));
    const std::string content{std::istreambuf_iterator<char>{file}, {}};
    const std::string value{trim(content)};
    set(variable, k, k.is_list ? split_list(value) : Values{value});
  }

  // Only names that begin like a section of ours are mistakes; SMSCRM_TENANT and its like are no keys.
  void check_unknown_variable(const std::string& variable) {
    bool of_section = false;
    std::vector<std::string> names;
    for (const auto& k : keys()) {
      names.push_back(environment_name(k.name));
      of_section |= variable.starts_with(environment_name(split(k.name, '.').front()) + "_");
    }
    if (of_section) mistake(variable, "no such setting" + did_you_mean(variable, names));
  }

  // Longer ones were never meant, and what computes with them overflows.
  void check_longest(const std::string& name, std::chrono::milliseconds length,
                     std::chrono::milliseconds longest) {
    if (length > longest)
      mistake(origins_[name],
              fmt::format("{}: {} is too long; at most {}", name, show_value(length), show_value(longest)));
  }

  void check_url(const std::string& name, std::string& url) {
    while (url.ends_with('/')) url.pop_back();
    if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://"))
      mistake(origins_[name], fmt::format("{}: \"{}\" must begin with http:// or https://", name, url));
  }

  Config config_;
  std::map<std::string, std::string> origins_;
  std::vector<std::string> mistakes_;
};

}  // namespace

ConfigSources standard_config_sources(const std::optional<std::filesystem::path>& file) {
  ConfigSources sources;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto equals = text.find('=');
    if (text.starts_with("SMSCRM_") && equals != std::string_view::npos)
      sources.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  if (file) {
    sources.required_file = file;
  } else if (const auto named = sources.environment.find("SMSCRM_CONFIG");
             named != sources.environment.end() && !named->second.empty()) {
    sources.required_file = named->second;
  } else {
    sources.optional_files.emplace_back("/etc/smscrm/smscrm.toml");
    const char* xdg = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    if (xdg != nullptr && *xdg != '\0')
      sources.optional_files.push_back(std::filesystem::path{xdg} / "smscrm/smscrm.toml");
    else if (home != nullptr && *home != '\0')
      sources.optional_files.push_back(std::filesystem::path{home} / ".config/smscrm/smscrm.toml");
  }
  return sources;
}

LoadedConfig load_config(const ConfigSources& sources) {
  Loader loader;
  if (sources.required_file) {
    loader.read_file(*sources.required_file);
  } else {
    for (const auto& file : sources.optional_files) {
      std::error_code ignored;
      if (std::filesystem::exists(file, ignored)) loader.read_file(file);
    }
  }
  loader.read_environment(sources.environment);
  loader.read_flags(sources.flags);
  return loader.finish();
}

std::vector<std::string> list_config_keys() {
  std::vector<std::string> names;
  for (const auto& k : keys()) names.push_back(k.name);
  return names;
}

std::vector<std::string> list_changed_keys(const Config& before, const Config& after) {
  std::vector<std::string> names;
  for (const auto& k : keys())
    if (k.show(before) != k.show(after)) names.push_back(k.name);
  return names;
}

std::string mask_url_password(const std::string& url) {
  std::string masked = url;
  if (const auto scheme = masked.find("://"); scheme != std::string::npos) {
    const auto authority = scheme + 3;
    const auto at = masked.find('@', authority);
    const auto colon = masked.find(':', authority);
    if (at != std::string::npos && colon < at)
      masked.replace(colon + 1, at - colon - 1, "***");
    else if (at != std::string::npos && !url.starts_with("postgres"))
      masked.replace(authority, at - authority, "***");  // a Sentry DSN: the user is the key
  }
  if (const auto password = masked.find("password="); password != std::string::npos) {
    const auto begin = password + 9;
    std::size_t end = masked.find_first_of(" &", begin);
    if (begin < masked.size() && masked[begin] == '\'') end = masked.find('\'', begin + 1) + 1;
    masked.replace(begin, end == std::string::npos ? end : end - begin, "***");
  }
  return masked;
}

}  // namespace smscrm
