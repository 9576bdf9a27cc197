// A tenant's own keywords: what is answered to a word, and the list that it joins whoever sends it, or that
// it opts out as STOP does.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

// A whole text as a keyword: letters without accents and digits (core/base/letter.hpp), Latin ones in
// capitals, everything else dropped. Empty when nothing or more than 32 characters are left.
std::string keyword_form(std::string_view text);

struct KeywordReply {
  std::string word;            // as keyword_form makes it
  std::string reply;           // a template without links; empty: none is sent
  std::optional<ListId> list;  // nullopt: none
  std::string list_slug;       // empty: none
  bool stops = false;          // whoever sends it opts out; `reply`, without fields, instead of the tenant's
};

// Throws Error{invalid} for a word that is no keyword, or one that STOP, START or HELP own
// (is_reserved_keyword), for a reply that is no template (core/text/message_template.hpp), has a link or is
// too long, when there is neither reply nor list and it does not stop, and for one that stops and has a list,
// or fields in its reply; Error{conflict} when it exists.
KeywordReply add_keyword(Tx& tx, TenantId tenant, std::string_view word, const std::string& reply,
                         std::optional<ListId> list, bool stops = false);
// What is nullopt stays; an inner nullopt of `list` takes the list away. Throws as add_keyword, and
// Error{not_found}.
KeywordReply update_keyword(Tx& tx, TenantId tenant, std::string_view word,
                            const std::optional<std::string>& reply,
                            const std::optional<std::optional<ListId>>& list, Timestamp at);
void delete_keyword(Tx& tx, TenantId tenant, std::string_view word);  // Throws Error{not_found}.
std::vector<KeywordReply> list_keywords(Tx& tx, TenantId tenant);     // by word

// Those of these words that are keywords of the tenant.
std::map<std::string, KeywordReply> find_keywords(Tx& tx, TenantId tenant,
                                                  const std::vector<std::string>& words);

struct KeywordAnswer {
  std::string msisdn;  // whose fields fill it in; without such a contact the defaults do
  const KeywordReply* keyword;
};

// The texts of replies, in the order given, in one statement at most.
std::vector<std::string> render_replies(Tx& tx, TenantId tenant, const std::vector<KeywordAnswer>& answers);

}  // namespace smscrm
