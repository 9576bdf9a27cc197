#include "core/config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include <toml++/toml.h>
#include <unistd.h>

#include "core/base/bounds.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/config/config_key.hpp"
#include "core/config/user_config.hpp"
#include "core/db/conninfo.hpp"
#include "core/net/network.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

using Values = std::vector<std::string>;  // one element, unless the key is a list

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  const auto near = nearest(word, candidates);
  return near ? fmt::format("; did you mean \"{}\"?", *near) : "";
}

class Loader {
 public:
  Loader() {
    for (const auto& k : config_keys()) origins_[k.name] = "default";
    origins_[tenant_key] = "default";
  }

  void read_file(const std::filesystem::path& path) {
    toml::table table;
    errno = 0;
    if (!std::ifstream{path}) {
      mistake(path.string(), std::strerror(errno == 0 ? ENOENT : errno));
      return;
    }
    files_.push_back(path.string());
    try {
      table = toml::parse_file(path.string());
    } catch (const toml::parse_error& error) {
      mistake(fmt::format("{}:{}", path.string(), error.source().begin.line), error.description());
      return;
    }
    for (const auto& [section, node] : table) {
      const auto* keys_of_section = node.as_table();
      if (section.str() == tenant_key) {
        set_tenant(where(path, node), node);
        continue;
      }
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
      if (const ConfigKey* k = key_of_variable(name))
        set(name, *k, k->is_list ? split_list(value) : Values{value});
      else if (const ConfigKey* file_key =
                   name.ends_with("_FILE") ? key_of_variable(name.substr(0, name.size() - 5)) : nullptr)
        set_from_secret_file(name, *file_key, value);
      else
        check_unknown_variable(name);
    }
  }

  void read_tenant(const std::map<std::string, std::string>& environment) {
    const auto variable = environment.find("SMSCRM_TENANT");
    if (variable != environment.end() && !variable->second.empty())
      tenant_ = variable->second, origins_[tenant_key] = variable->first;
  }

  void read_flags(const std::vector<std::pair<std::string, std::string>>& flags) {
    for (const auto& [name, value] : flags) {
      const std::string flag = name == "log.level" ? "--log-level" : "--" + name;
      if (const ConfigKey* k = find_config_key(name))
        set(flag, *k, k->is_list ? split_list(value) : Values{value});
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
    check_backup();
    if (config_.twilio.api_url.starts_with("http://") && !is_this_machine(config_.twilio.api_url))
      mistake(origins_["twilio.api_url"],
              "twilio.api_url: the account's token would travel in clear; use https://");
    try {
      AddressGuard{config_.webhook.allow_networks, "webhook.allow_networks"};
    } catch (const Error& error) {
      mistake(origins_["webhook.allow_networks"], error.what());
    }
    // The tables of a file are in the order of the alphabet, the reader in that of its lines.
    std::ranges::stable_sort(mistakes_, {}, [&](const std::string& text) { return place_of(text); });
    if (!mistakes_.empty()) throw Error(Errc::usage, "{}", join(mistakes_, "\n"));
    LoadedConfig loaded{std::move(config_), {}};
    loaded.settings.push_back({tenant_key, tenant_, origins_[tenant_key]});
    for (const auto& k : config_keys()) {
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

  static const ConfigKey* key_of_variable(const std::string& variable) {
    for (const auto& k : config_keys())
      if (config_variable(k.name) == variable) return &k;
    return nullptr;
  }

  // Which file a mistake is in, and in which line; behind all of them what is in none.
  std::pair<std::size_t, std::int64_t> place_of(const std::string& text) const {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (!text.starts_with(files_[i] + ":")) continue;
      const auto begin = files_[i].size() + 1;
      return {i, parse_integer(text.substr(begin, text.find(':', begin) - begin)).value_or(0)};
    }
    return {files_.size(), 0};
  }

  void mistake(const std::string& place, std::string_view what) {
    mistakes_.push_back(fmt::format("{}: {}", place, what));
  }

  void unknown_key(const std::string& place, const std::string& name) {
    mistake(place, fmt::format("unknown key \"{}\"{}", name, did_you_mean(name, list_config_keys())));
  }

  void set(const std::string& place, const ConfigKey& k, const Values& values) {
    try {
      k.set(config_, values);
      origins_[k.name] = place;
    } catch (const Error& error) {
      mistake(place, fmt::format("{}: {}", k.name, error.what()));
    }
  }

  void set_from_file(const std::string& place, const std::string& name, const toml::node& node) {
    const ConfigKey* k = find_config_key(name);
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

  void set_tenant(const std::string& place, const toml::node& node) {
    const auto slug = node.value_exact<std::string>();
    if (!slug) return mistake(place, fmt::format("{}: must be a tenant's slug in quotes", tenant_key));
    tenant_ = *slug, origins_[tenant_key] = place;
  }

  void set_from_secret_file(const std::string& variable, const ConfigKey& k, const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return mistake(variable, fmt::format("cannot read the file \"{}\"", path));
    const std::string content{std::istreambuf_iterator<char>{file}, {}};
    const std::string value{trim(content)};
    // Nothing would be as if it were not set, and the next best database is the one of "smscrm local".
    if (value.empty()) return mistake(variable, fmt::format("the file \"{}\" is empty", path));
    set(variable, k, k.is_list ? split_list(value) : Values{value});
  }

  // Only names that begin like a section of ours are mistakes; SMSCRM_TENANT and its like are no keys.
  void check_unknown_variable(const std::string& variable) {
    bool of_section = false;
    std::vector<std::string> names;
    for (const auto& k : config_keys()) {
      names.push_back(config_variable(k.name));
      of_section |= variable.starts_with(config_variable(split(k.name, '.').front()) + "_");
    }
    if (of_section) mistake(variable, "no such setting" + did_you_mean(variable, names));
  }

  // Longer ones were never meant, and what computes with them overflows.
  void check_longest(const std::string& name, std::chrono::milliseconds length,
                     std::chrono::milliseconds longest) {
    if (length > longest)
      mistake(origins_[name], fmt::format("{}: {} is too long; at most {}", name, format_duration(length),
                                          format_duration(longest)));
  }

  // pgBackRest takes no relative path, and commands run wherever somebody stands.
  void check_backup() {
    const auto& backup = config_.backup;
    using Key = std::pair<const char*, const std::string*>;
    for (const auto& [name, path] :
         {Key{"backup.pgbackrest_config", &backup.pgbackrest_config},
          Key{"backup.directory", &backup.directory}, Key{"backup.scratch", &backup.scratch}})
      if (!path->empty() && !path->starts_with('/'))
        mistake(origins_[name], fmt::format("{}: \"{}\" must begin with /", name, *path));
    if (backup.pgbackrest_config.empty() != backup.stanza.empty())
      mistake(origins_[backup.stanza.empty() ? "backup.pgbackrest_config" : "backup.stanza"],
              "backup.pgbackrest_config and backup.stanza belong together: set both");
    if (!backup.pgbackrest_config.empty() && !backup.directory.empty())
      mistake(origins_["backup.directory"],
              "backup.directory is for dumps, where there is no pgBackRest: leave one of the two out");
    if (backup.scratch.empty()) mistake(origins_["backup.scratch"], "backup.scratch: must not be empty");
  }

  void check_url(const std::string& name, std::string& url) {
    while (url.ends_with('/')) url.pop_back();
    if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://"))
      mistake(origins_[name],
              fmt::format("{}: \"{}\" must begin with http:// or https://", name, mask_url(url)));
  }

  // Whether "http://HOST…" is one of this machine's own.
  static bool is_this_machine(std::string_view url) {
    auto host = url.substr(url.find("://") + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    host.remove_prefix(std::min(host.rfind('@') + 1, host.size()));
    if (host.starts_with("[::1]")) return true;
    host = host.substr(0, host.find(':'));
    const auto network = parse_network(host);
    return host == "localhost" || (network && network->bits == 32 && network->bytes[0] == 127);
  }

  Config config_;
  std::string tenant_;  // of commands that name none
  std::map<std::string, std::string> origins_;
  std::vector<std::string> files_;  // in the order in which they were read
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
  loader.read_tenant(sources.environment);
  loader.read_flags(sources.flags);
  return loader.finish();
}

std::vector<std::string> list_config_keys() {
  std::vector<std::string> names;
  for (const auto& k : config_keys()) names.push_back(k.name);
  return names;
}

std::vector<std::string> list_changed_keys(const Config& before, const Config& after) {
  std::vector<std::string> names;
  for (const auto& k : config_keys())
    if (k.show(before) != k.show(after)) names.push_back(k.name);
  return names;
}

std::string mask_url_password(const std::string& url) {
  // "name=value …" has no scheme; what is neither is masked as one or the other, as a whole.
  const bool is_url = url.find("://") < url.find('=') || url.starts_with("unix:");
  return is_url && !url.starts_with("postgresql://") && !url.starts_with("postgres://") ? mask_url(url)
                                                                                        : mask_conninfo(url);
}

}  // namespace smscrm
