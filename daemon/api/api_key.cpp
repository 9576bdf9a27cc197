// /api-keys: what programs come in with. No key makes another one: it takes a person.
#include "core/access/api_key.hpp"

#include "core/access/access_json.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

constexpr std::chrono::hours usual_life{24 * 365};

ApiKey find_key(ApiCall& call) { return get_api_key(call.tx, call.tenant.id, call.parts.at(0)); }

ApiAnswer list_keys(ApiCall& call) {
  return answer_page(
      call, list_api_keys(call.tx, call.tenant.id), [&](const ApiKey& key) { return to_json(key, call.at); },
      [](const ApiKey& key) { return key.id.value; });
}

ApiAnswer make_key(ApiCall& call) {
  NewApiKey added;
  added.name = call.in_body("name");
  added.scopes = call.body["scopes"].get<std::vector<std::string>>();
  if (call.body.contains("networks")) added.networks = call.body["networks"].get<std::vector<std::string>>();
  added.expires_at = call.at + usual_life;
  if (call.body.contains("expires_at")) {
    added.expires_at.reset();
    if (const auto text = call.given("expires_at")) added.expires_at = parse_rfc3339(*text);
  }
  const auto made = add_api_key(call.tx, call.tenant.id, added, call.who, call.at);
  return {to_json(made, call.at), 201, fmt::format("/api-keys/{}", made.key.id.value)};
}

ApiAnswer rotate_key(ApiCall& call) {
  const std::chrono::hours overlap{call.body.value("overlap_hours", std::int64_t{24})};
  const auto made = rotate_api_key(call.tx, call.tenant.id, find_key(call), overlap, call.at);
  return {to_json(made, call.at), 201, fmt::format("/api-keys/{}", made.key.id.value)};
}

ApiAnswer end_key(ApiCall& call) {
  revoke_api_key(call.tx, call.tenant.id, find_key(call).id, call.at);
  return {{}, 204};
}

}  // namespace

std::vector<ApiRoute> api_key_routes() {
  return {
      {"GET",
       "/api-keys",
       "keys:read",
       "List API keys, the newest first; those that have ended too.",
       page_fields(),
       {},
       list_keys},
      {"POST",
       "/api-keys",
       "keys:write",
       "Make an API key; its secret is answered this once.",
       {},
       {text("name", "What it is for.").required().up_to(100),
        texts("scopes", "What it may do, within what its maker may: \"contacts:read\".")
            .required()
            .up_to(100),
        texts("networks", "Where it may be used from, as 192.0.2.0/24; none: from everywhere.").up_to(100),
        text("expires_at", "When it ends, RFC 3339; in a year without it, never when it is null.")
            .up_to(40)
            .nullable()},
       make_key},
      {"GET",
       "/api-keys/{key}",
       "keys:read",
       "Show an API key, by its id or name.",
       {},
       {},
       [](ApiCall& call) -> ApiAnswer { return {to_json(find_key(call), call.at)}; }},
      {"POST",
       "/api-keys/{key}/rotate",
       "keys:write",
       "Replace an API key by a new one like it; its secret is answered this once.",
       {},
       {integer("overlap_hours", "How long the one before is still good; a day without it.").from(0, 720)},
       rotate_key},
      {"DELETE",
       "/api-keys/{key}",
       "keys:write",
       "End an API key at once, on every daemon.",
       {},
       {},
       end_key},
  };
}

}  // namespace smscrm
