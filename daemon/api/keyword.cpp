// /keywords: words that people text, and what they are answered.
#include "core/contact/list.hpp"
#include "core/inbox/inbox_json.hpp"
#include "core/inbox/keyword_reply.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

ApiAnswer all(ApiCall& call) {
  return answer_page(
      call, list_keywords(call.tx, call.tenant.id), [](const KeywordReply& one) { return to_json(one); },
      [](const KeywordReply& one) { return one.word; });
}

std::optional<ListId> list_of(ApiCall& call) {
  const auto name = call.in_body("list");
  return name.empty() ? std::nullopt : std::optional{get_list(call.tx, call.tenant.id, name).id};
}

ApiAnswer create(ApiCall& call) {
  const auto added = add_keyword(call.tx, call.tenant.id, call.in_body("keyword"), call.in_body("reply"),
                                 list_of(call), call.body.value("stops", false));
  return {to_json(added), 201};
}

ApiAnswer update(ApiCall& call) {
  std::optional<std::optional<ListId>> list;
  if (call.body.contains("list")) list = list_of(call);
  return {
      to_json(update_keyword(call.tx, call.tenant.id, call.parts.at(0), call.given("reply"), list, call.at))};
}

}  // namespace

std::vector<ApiRoute> keyword_routes() {
  const auto reply = text("reply", "What is answered; empty: nothing.").up_to(1'600);
  const auto list = text("list", "The list that whoever texts it is put on.").up_to(100);
  return {
      {"GET", "/keywords", "settings:read", "List keywords, by word.", page_fields(), {}, all},
      {.method = "POST",
       .path = "/keywords",
       .scope = "settings:write",
       .summary = "Make a keyword.",
       .query = {},
       .body = {text("keyword", "The word.").required().up_to(100), reply, list,
                boolean("stops", "Whoever texts it opts out.")},
       .answer = create,
       .takes_key = true},
      {"PATCH", "/keywords/{keyword}", "settings:write", "Change a keyword.", {}, {reply, list}, update},
      {"DELETE",
       "/keywords/{keyword}",
       "settings:write",
       "Delete a keyword.",
       {},
       {},
       [](ApiCall& call) -> ApiAnswer {
         delete_keyword(call.tx, call.tenant.id, call.parts.at(0));
         return {{}, 204};
       }},
  };
}

}  // namespace smscrm
