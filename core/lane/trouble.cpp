#include "core/lane/trouble.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr int longest_reason = 300;

struct Words {
  std::string_view code, happens, way_out;
};

constexpr std::array all_words{
    Words{
        "provider_unreachable", "the provider cannot be reached",
        "check the network, name resolution and certificates of smscrmd's machine, and twilio.api_url; it is"
        " tried again all the time"},
    Words{"provider_failing", "the provider does not answer as it should",
          "it is tried again all the time; see the provider's status page"},
    Words{"not_the_provider", "something else answers in the provider's place",
          "check twilio.api_url, and proxies, firewalls and portals on the way; it is tried again all the "
          "time"},
    Words{"provider_busy", "the provider takes no more for now",
          "it is tried again; other programs may use the same account"},
    Words{"lane_failing", "this account's messages cannot be prepared", "see the log of smscrmd"},
};

const Words& words_of(const LaneTrouble& trouble) {
  const auto found = std::find_if(all_words.begin(), all_words.end(),
                                  [&](const Words& w) { return w.code == trouble.code; });
  return found == all_words.end() ? all_words.back() : *found;
}

// Whatever somebody on the way may have answered.
std::string printable(std::string text) {
  const bool is_text = is_valid_utf8(text);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f || (byte > 0x7f && !is_text)) c = '?';
  }
  return text;
}

}  // namespace

void note_trouble(Tx& tx, const Lane& lane, const std::optional<LaneTrouble>& trouble) {
  const auto noted = trouble.value_or(LaneTrouble{});
  exec(tx,
       "UPDATE lane SET trouble = $5, trouble_reason = left($6::text, $7), trouble_since = $8,"
       "       trouble_until = $9, trouble_epoch = $4"
       " WHERE tenant_id = $1 AND account_id = $2 AND owner = $3 AND epoch = $4",
       lane.tenant, lane.account, lane.owner, lane.epoch, noted.code, printable(noted.reason), longest_reason,
       trouble ? std::optional{noted.since} : std::nullopt, noted.until);
}

std::optional<LaneTrouble> find_trouble(Tx& tx, TenantId tenant) {
  const auto rows = exec(tx,
                         "SELECT trouble, trouble_reason, trouble_since, trouble_until FROM lane"
                         " WHERE tenant_id = $1 AND trouble <> '' AND trouble_epoch = epoch"
                         "   AND owner <> '' AND expires_at > now()",
                         tenant);
  if (rows.empty()) return std::nullopt;
  const auto row = rows.front();
  return LaneTrouble{row["trouble"].as<std::string>(), row["trouble_reason"].as<std::string>(),
                     row["trouble_since"].as<Timestamp>(), as_optional<Timestamp>(row["trouble_until"])};
}

std::string describe(const LaneTrouble& trouble) {
  auto reason = trouble.reason;
  if (reason.ends_with('.')) reason.pop_back();
  return fmt::format("{} since {}{}{}", words_of(trouble).happens, format_rfc3339(trouble.since),
                     reason.empty() ? "" : ": ", reason);
}

std::string way_out(const LaneTrouble& trouble) { return std::string{words_of(trouble).way_out}; }

}  // namespace smscrm
