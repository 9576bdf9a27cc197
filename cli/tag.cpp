// smscrm tag …: the words that contacts are found by.
#include "core/contact/tag.hpp"

#include "cli/command.hpp"

namespace smscrm {
namespace {

void list_all(Context& context) {
  const auto tenant = context.tenant().id;
  std::vector<Json> rows;
  for (const auto& use : context.transaction([&](Tx& tx) { return list_tags(tx, tenant); }))
    rows.push_back(to_json(use));
  context.out().print_list({"tag", "contacts"}, rows,
                           "no contact has a tag; give one with \"smscrm contact tag TAG CONTACT\"");
}

}  // namespace

void add_tag(CLI::App& root, Context& context) {
  auto& noun =
      add_noun(root, "tag", "Words on contacts.",
               "smscrm tag list\nsmscrm contact tag vip +14155552671\nsmscrm contact list --tag vip");
  add_verb(noun, "list", "List the tags in use, and how many contacts have each.",
           [&context] { list_all(context); });
}

}  // namespace smscrm
