// /lists: named sets of contacts.
#include "core/contact/list.hpp"

#include "core/contact/contact_json.hpp"
#include "core/phone/phone.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

List list_of(ApiCall& call) { return get_list(call.tx, call.tenant.id, call.parts.at(0)); }

Json with_size(ApiCall& call, const List& list) {
  return to_json(list, count_list_members(call.tx, call.tenant.id, list.id));
}

ApiAnswer all(ApiCall& call) {
  return answer_page(
      call, list_lists(call.tx, call.tenant.id),
      [](const ListSize& list) { return to_json(list, list.contacts); },
      [](const ListSize& list) { return list.slug; });
}

ApiAnswer create(ApiCall& call) {
  const auto list = add_list(call.tx, call.tenant.id, call.in_body("list"), call.in_body("name"));
  return {to_json(list, 0), 201, "/lists/" + list.slug};
}

ApiAnswer members(ApiCall& call) {
  const auto list = list_of(call);
  const auto numbers = [&](const char* name) {
    std::vector<std::string> all;
    if (call.body.contains(name))
      for (const auto& phone : call.body[name])
        all.push_back(get_msisdn(phone.get<std::string>(), call.tenant.country));
    return all;
  };
  const auto added = add_list_members(call.tx, call.tenant.id, list.id, numbers("add"), call.at);
  const auto removed = remove_list_members(call.tx, call.tenant.id, list.id, numbers("remove"));
  auto unknown = added.unknown;
  unknown.insert(unknown.end(), removed.unknown.begin(), removed.unknown.end());
  return {
      {{"list", list.slug}, {"added", added.changed}, {"removed", removed.changed}, {"unknown", unknown}}};
}

}  // namespace

std::vector<ApiRoute> list_routes() {
  return {
      {"GET", "/lists", "lists:read", "List the lists and their sizes.", page_fields(), {}, all},
      {.method = "POST",
       .path = "/lists",
       .scope = "lists:write",
       .summary = "Make a list.",
       .query = {},
       .body = {text("list", "Its slug.").required().up_to(100),
                text("name", "What people read.").up_to(200)},
       .answer = create,
       .takes_key = true},
      {"GET",
       "/lists/{list}",
       "lists:read",
       "One list.",
       {},
       {},
       [](ApiCall& call) -> ApiAnswer { return {with_size(call, list_of(call))}; }},
      {"DELETE",
       "/lists/{list}",
       "lists:write",
       "Delete a list; its contacts stay.",
       {},
       {},
       [](ApiCall& call) -> ApiAnswer {
         delete_list(call.tx, call.tenant.id, list_of(call));
         return {{}, 204};
       }},
      {"POST",
       "/lists/{list}/members",
       "lists:write",
       "Put contacts on a list, or take them off.",
       {},
       {texts("add", "Numbers to put on it.").up_to(10'000),
        texts("remove", "Numbers to take off.").up_to(10'000)},
       members},
  };
}

}  // namespace smscrm
