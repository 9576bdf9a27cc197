#include "daemon/sandbox/settings.hpp"

#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string_view>

#include <toml++/toml.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {

using nlohmann::json;

// Found by nlohmann::json; the names are its own.
static void to_json(json& out, const Destiny& destiny) {
  out = json{{"refuse", destiny.refuse}, {"status", destiny.status}, {"error_code", destiny.error_code}};
}

static void from_json(const json& in, Destiny& destiny) {
  for (const auto& [key, value] : in.items()) {
    if (key == "refuse")
      value.get_to(destiny.refuse);
    else if (key == "status")
      value.get_to(destiny.status);
    else if (key == "error_code")
      value.get_to(destiny.error_code);
    else
      throw Error(Errc::invalid, "unknown key \"{}\" of a number; known are refuse, status and error_code",
                  key);
  }
  constexpr std::string_view known[] = {"", "delivered", "undelivered", "failed", "sent"};
  for (const auto status : known)
    if (destiny.status == status) return;
  throw Error(Errc::invalid, "a number's status is delivered, undelivered, failed or sent, not \"{}\"",
              destiny.status);
}

namespace {

template <class T>
json save(const T& value) {
  return value;
}
json save(const std::optional<int>& value) { return value ? json(*value) : json(); }

template <class T>
void load(const json& in, T& value) {
  in.get_to(value);
}
void load(const json& in, std::optional<int>& value) {
  value = in.is_null() ? std::nullopt : std::optional{in.get<int>()};
}

template <class S>
struct Key {
  std::string name;
  std::function<json(const S&)> read;
  std::function<void(S&, const json&)> write;
};

template <class S, class T>
Key<S> key(const char* name, T S::*member) {
  return {name, [member](const S& s) { return save(s.*member); },
          [member](S& s, const json& in) { load(in, s.*member); }};
}

#define SMSCRM_KEY(name) key(#name, &S::name)

const std::vector<Key<SandboxSettings>>& keys_of(const SandboxSettings&) {
  using S = SandboxSettings;
  static const std::vector<Key<S>> keys{
      SMSCRM_KEY(send_ms),
      SMSCRM_KEY(sent_ms),
      SMSCRM_KEY(receipt_ms),
      SMSCRM_KEY(spread),
      SMSCRM_KEY(failed),
      SMSCRM_KEY(undelivered),
      SMSCRM_KEY(no_receipt),
      SMSCRM_KEY(failed_codes),
      SMSCRM_KEY(undelivered_codes),
      SMSCRM_KEY(numbers),
      SMSCRM_KEY(rate),
      SMSCRM_KEY(sender_rates),
      SMSCRM_KEY(queue_hours),
      SMSCRM_KEY(senders),
      SMSCRM_KEY(services),
      SMSCRM_KEY(inbound_url),
      SMSCRM_KEY(blocked_prefixes),
      SMSCRM_KEY(inbound_urls),
      SMSCRM_KEY(default_replies),
  };
  return keys;
}

const std::vector<Key<SandboxFaults>>& keys_of(const SandboxFaults&) {
  using S = SandboxFaults;
  static const std::vector<Key<S>> keys{
      SMSCRM_KEY(too_many),
      SMSCRM_KEY(max_concurrent),
      SMSCRM_KEY(retry_after_s),
      SMSCRM_KEY(server_error),
      SMSCRM_KEY(hang),
      SMSCRM_KEY(server_error_status),
      SMSCRM_KEY(reset),
      SMSCRM_KEY(close_reused),
      SMSCRM_KEY(server_error_after),
      SMSCRM_KEY(hang_after),
      SMSCRM_KEY(reset_after),
      SMSCRM_KEY(close_reused_after),
      SMSCRM_KEY(truncate_after),
      SMSCRM_KEY(latency_ms),
      SMSCRM_KEY(latency_mean_ms),
      SMSCRM_KEY(latency_max_ms),
      SMSCRM_KEY(attempts),
      SMSCRM_KEY(all_requests),
      SMSCRM_KEY(callback_drop),
      SMSCRM_KEY(callback_double),
      SMSCRM_KEY(callback_delay),
      SMSCRM_KEY(callback_delay_ms),
  };
  return keys;
}

#undef SMSCRM_KEY

void check_shares(std::initializer_list<std::pair<const char*, double>> shares, const char* of) {
  double sum = 0;
  for (const auto& [name, share] : shares) {
    if (!(share >= 0 && share <= 1)) throw Error(Errc::invalid, "{} is a probability, from 0 to 1", name);
    sum += share;
  }
  if (sum > 1 + 1e-9) throw Error(Errc::invalid, "the probabilities of {} add up to more than 1", of);
}

void check_not_negative(std::initializer_list<std::pair<const char*, double>> values) {
  for (const auto& [name, value] : values)
    if (!(value >= 0)) throw Error(Errc::invalid, "{} must not be negative", name);
}

void check(const SandboxSettings& s) {
  check_shares({{"failed", s.failed}, {"undelivered", s.undelivered}, {"no_receipt", s.no_receipt}},
               "an outcome");
  check_shares({{"spread", s.spread}}, "spread");
  check_not_negative({{"send_ms", double(s.send_ms)},
                      {"sent_ms", double(s.sent_ms)},
                      {"receipt_ms", double(s.receipt_ms)},
                      {"rate", s.rate},
                      {"queue_hours", s.queue_hours}});
  for (const auto& [sender, rate] : s.sender_rates) check_not_negative({{sender.c_str(), rate}});
  if (s.failed_codes.empty() || s.undelivered_codes.empty())
    throw Error(Errc::invalid, "failed_codes and undelivered_codes need a code each");
}

void check(const SandboxFaults& f) {
  check_shares({{"too_many", f.too_many},
                {"server_error", f.server_error},
                {"hang", f.hang},
                {"reset", f.reset},
                {"close_reused", f.close_reused},
                {"server_error_after", f.server_error_after},
                {"hang_after", f.hang_after},
                {"reset_after", f.reset_after},
                {"close_reused_after", f.close_reused_after},
                {"truncate_after", f.truncate_after}},
               "a request");
  check_shares({{"callback_drop", f.callback_drop}}, "callback_drop");
  check_shares({{"callback_double", f.callback_double}}, "callback_double");
  check_shares({{"callback_delay", f.callback_delay}}, "callback_delay");
  check_not_negative({{"latency_ms", double(f.latency_ms)},
                      {"latency_mean_ms", double(f.latency_mean_ms)},
                      {"latency_max_ms", double(f.latency_max_ms)},
                      {"callback_delay_ms", double(f.callback_delay_ms)},
                      {"attempts", double(f.attempts)},
                      {"max_concurrent", double(f.max_concurrent)}});
  if (f.server_error_status < 500 || f.server_error_status > 599)
    throw Error(Errc::invalid, "server_error_status is of 500 to 599");
}

template <class S>
json write_all(const S& value) {
  json out = json::object();
  for (const auto& key : keys_of(value)) out[key.name] = key.read(value);
  return out;
}

template <class S>
void apply(S& value, const json& changes) {
  if (!changes.is_object()) throw Error(Errc::invalid, "expected a JSON object");
  S changed = value;
  for (const auto& [name, in] : changes.items()) {
    const auto& keys = keys_of(value);
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const Key<S>& k) { return k.name == name; });
    if (found == keys.end()) {
      std::vector<std::string> names;
      for (const auto& k : keys) names.push_back(k.name);
      const auto near = nearest(name, names);
      throw Error(Errc::invalid, "unknown key \"{}\"{}", name,
                  near ? "; did you mean \"" + *near + "\"?" : "");
    }
    try {
      found->write(changed, in);
    } catch (const json::exception&) {
      throw Error(Errc::invalid, "\"{}\" cannot be {}", name, in.dump());
    }
  }
  check(changed);
  value = std::move(changed);
}

json read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw Error(Errc::usage, "cannot read {}", path);
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  try {
    if (path.ends_with(".json")) return json::parse(text);
    std::ostringstream out;
    out << toml::json_formatter{toml::parse(text, path)};
    return json::parse(out.str());
  } catch (const json::exception& e) {
    throw Error(Errc::usage, "{} is not JSON: {}", path, e.what());
  } catch (const toml::parse_error& e) {
    throw Error(Errc::usage, "{}:{}: {}", path, e.source().begin.line, e.description());
  }
}

}  // namespace

json to_json(const SandboxSettings& settings) { return write_all(settings); }
json to_json(const SandboxFaults& faults) { return write_all(faults); }
void apply_json(SandboxSettings& settings, const json& changes) { apply(settings, changes); }
void apply_json(SandboxFaults& faults, const json& changes) { apply(faults, changes); }

void read_sandbox_file(const std::string& path, SandboxSettings& settings, SandboxFaults& faults) {
  const auto file = read_file(path);
  try {
    if (!file.is_object()) throw Error(Errc::invalid, "expected the tables faults and settings");
    for (const auto& [name, table] : file.items()) {
      if (name == "faults")
        apply_json(faults, table);
      else if (name == "settings")
        apply_json(settings, table);
      else
        throw Error(Errc::invalid, "unknown table \"{}\"; known are faults and settings", name);
    }
  } catch (const Error& e) {
    throw Error(Errc::usage, "{}: {}", path, e.what());
  }
}

}  // namespace smscrm
