#include "cli/input.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "core/base/text.hpp"
#include "core/phone/address.hpp"
#include "core/phone/phone.hpp"

namespace smscrm {

std::string read_input(const std::string& file) {
  const bool is_standard = file == "-";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened{
      is_standard ? nullptr : std::fopen(file.c_str(), "rb"), &std::fclose};
  auto* stream = is_standard ? stdin : opened.get();
  const auto fail = [&] {
    if (is_standard && errno == EBADF) throw Error(Errc::usage, "standard input is closed");
    throw Error(Errc::usage, "cannot read {}: {}", is_standard ? "standard input" : file,
                std::strerror(errno));
  };
  if (stream == nullptr) fail();
  std::string text;
  std::array<char, 64 * 1024> buffer;
  while (const auto got = std::fread(buffer.data(), 1, buffer.size(), stream))
    text.append(buffer.data(), got);
  if (std::ferror(stream) != 0) fail();
  return text;
}

void add_body_flags(CLI::App& verb, BodyFlags& flags, const std::string& help) {
  auto* text = add_flag(verb, "--body", flags.body, "TEXT", help);
  add_flag(verb, "--body-file", flags.body_file, "FILE", "Read the text from a file; - is standard input.")
      ->excludes(text);
}

std::optional<std::string> read_body(const BodyFlags& flags) {
  if (flags.body == "-")
    throw Error(Errc::usage, "--body is the text itself")
        .with_hint("\"--body-file -\" reads it from standard input");
  if (!flags.body_file) return flags.body;
  auto body = read_input(*flags.body_file);
  while (body.ends_with('\n') || body.ends_with('\r')) body.pop_back();
  if (body.find('\0') != std::string::npos)
    throw Error(Errc::usage, "{} has a NUL character, so it is no text", *flags.body_file);
  return body;
}

std::string get_key(Context& context, const std::string& text) {
  return get_address_key(text, context.tenant().country);
}

std::vector<std::string> get_keys(Context& context, const std::vector<std::string>& texts) {
  std::vector<std::string> keys;
  for (const auto& text : texts) keys.push_back(get_key(context, text));
  return keys;
}

void warn_of_odd(Context& context, const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    const auto phone = parse_phone(key, {});
    if (!is_e164(key))
      context.out().warn(fmt::format("{} is no phone number; it is recorded as it is", key));
    else if (!phone || !phone->valid)
      context.out().warn(fmt::format("no numbering plan known to us assigns {}", key));
  }
}

std::optional<std::string> read_secret(const std::string& file, const std::string& variable,
                                       const std::string& noun) {
  if (file.empty() && variable.empty()) return std::nullopt;
  if (!file.empty() && !variable.empty())
    throw Error(Errc::usage, "the {} comes from a file or from a variable, not from both", noun);
  std::string text;
  if (!variable.empty()) {
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) throw Error(Errc::usage, "the variable {} is not set", variable);
    text = value;
  } else {
    text = read_input(file);
  }
  const std::string secret{trim(text)};
  if (secret.empty())
    throw Error(Errc::usage, "the {} in {} is empty", noun, variable.empty() ? file : variable);
  return secret;
}

std::map<std::string, std::string> read_field_values(const std::vector<std::string>& pairs) {
  std::map<std::string, std::string> values;
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos)
      throw Error(Errc::usage, "\"{}\" is not a field and its value; write --set first_name=Ann", pair);
    values[to_lower(trim(pair.substr(0, equals)))] = pair.substr(equals + 1);
  }
  return values;
}

std::pair<std::string, std::string> split_pair(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    throw Error(Errc::usage, "\"{}\" is not an attribute; write it as NAME=VALUE", text);
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void report_unknown(Context& context, const std::vector<std::string>& msisdns) {
  for (const auto& msisdn : msisdns) context.out().warn(fmt::format("{} is no contact", msisdn));
  if (!msisdns.empty()) context.set_status(ExitStatus::partly);
}

}  // namespace smscrm
