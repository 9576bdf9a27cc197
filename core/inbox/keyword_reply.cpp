#include "core/inbox/keyword_reply.hpp"

#include <map>
#include <set>

#include "core/base/bounds.hpp"
#include "core/base/letter.hpp"
#include "core/base/text.hpp"
#include "core/consent/keyword.hpp"
#include "core/db/joins.hpp"
#include "core/sending/single.hpp"
#include "core/text/encoding.hpp"
#include "core/text/merge_field.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {
namespace {

constexpr std::size_t most_letters = 32;
constexpr const char* select_keywords =
    "SELECT k.word, k.reply, k.list_id, k.stops, coalesce(l.slug, '') AS list FROM keyword k"
    " LEFT JOIN list l ON l.tenant_id = $1 AND l.id = k.list_id WHERE k.tenant_id = $1 ";

KeywordReply read(const Row& row) {
  return {row["word"].as<std::string>(), row["reply"].as<std::string>(), as_optional<ListId>(row["list_id"]),
          row["list"].as<std::string>(), row["stops"].as<bool>()};
}

std::string checked_form(std::string_view word) {
  auto form = keyword_form(word);
  if (form.empty())
    throw Error(Errc::invalid, "\"{}\" is not a keyword: it takes 1 to 32 letters and digits", word);
  if (is_reserved_keyword(form))
    throw Error(Errc::invalid,
                "{} belongs to opting out, opting in and help, and cannot be given another meaning", form)
        .with_hint("\"smscrm tenant update\" sets what those are answered");
  return form;
}

template <class FindValue>
std::string fill_in(const Template& body, const FindValue& find_value) {
  return render(body, find_value, [](std::size_t) { return std::string_view{}; }).text;
}

void check_reply(const std::string& reply) {
  check_length(reply, longest_body, "the reply to a keyword");
  const auto body = parse_template(reply);
  if (!body.links.empty())
    throw Error(Errc::invalid, "the reply to a keyword cannot make a short link to {}", body.links.front())
        .with_hint("\"smscrm link create\" makes one; write its address into the reply");
  const auto plain = fill_in(body, [](std::string_view) -> std::optional<std::string_view> { return {}; });
  if (const auto size = measure(plain); size.units > max_body_units)
    throw Error(Errc::invalid, "the reply has {} characters as an SMS; at most {} can be sent", size.units,
                max_body_units);
}

void check(const KeywordReply& keyword) {
  check_reply(keyword.reply);
  if (keyword.stops && keyword.list)
    throw Error(Errc::invalid, "keyword {} opts people out, so it cannot put them on a list", keyword.word);
  if (keyword.stops && !parse_template(keyword.reply).fields.empty())
    throw Error(Errc::invalid,
                "the answer to an opt-out leaves with the webhook and takes no {{{{fields}}}}");
}

KeywordReply get_keyword(Tx& tx, TenantId tenant, const std::string& form) {
  const auto rows = exec(tx, std::string{select_keywords} + "AND k.word = $2", tenant, form);
  if (rows.empty())
    throw Error(Errc::not_found, "there is no keyword {}", form)
        .with_hint("\"smscrm keyword list\" shows them all");
  return read(rows.front());
}

}  // namespace

std::string keyword_form(std::string_view text) {
  std::string form;
  std::size_t letters = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    if (point < 0) return {};
    const bool is_letter = append_folded(form, point) == LetterKind::letter;
    if (is_letter && ++letters > most_letters) return {};
  }
  for (char& c : form)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return form;
}

KeywordReply add_keyword(Tx& tx, TenantId tenant, std::string_view word, const std::string& reply,
                         std::optional<ListId> list, bool stops) {
  const auto form = checked_form(word);
  check({form, reply, list, "", stops});
  if (trim(reply).empty() && !list && !stops)
    throw Error(Errc::invalid, "keyword {} would do nothing: give it a reply, a list or both, or --stop",
                form);
  const auto added = exec(tx,
                          "INSERT INTO keyword (tenant_id, word, reply, list_id, stops)"
                          " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, word) DO NOTHING",
                          tenant, form, trim(reply), list, stops);
  if (added.affected_rows() == 0) throw Error(Errc::conflict, "there is a keyword {} already", form);
  return get_keyword(tx, tenant, form);
}

KeywordReply update_keyword(Tx& tx, TenantId tenant, std::string_view word,
                            const std::optional<std::string>& reply,
                            const std::optional<std::optional<ListId>>& list, Timestamp at) {
  auto changed = get_keyword(tx, tenant, checked_form(word));
  if (reply) changed.reply = trim(*reply);
  if (list) changed.list = *list;
  check(changed);
  if (changed.reply.empty() && !changed.list && !changed.stops)
    throw Error(Errc::invalid, "keyword {} would do nothing; \"smscrm keyword delete\" removes it",
                changed.word);
  exec(tx, "UPDATE keyword SET reply = $3, list_id = $4, updated_at = $5 WHERE tenant_id = $1 AND word = $2",
       tenant, changed.word, changed.reply, changed.list, at);
  return get_keyword(tx, tenant, changed.word);
}

void delete_keyword(Tx& tx, TenantId tenant, std::string_view word) {
  const auto keyword = get_keyword(tx, tenant, checked_form(word));
  exec(tx, "DELETE FROM keyword WHERE tenant_id = $1 AND word = $2", tenant, keyword.word);
}

std::vector<KeywordReply> list_keywords(Tx& tx, TenantId tenant) {
  std::vector<KeywordReply> keywords;
  for (const auto& row : exec(tx, std::string{select_keywords} + "ORDER BY k.word", tenant))
    keywords.push_back(read(row));
  return keywords;
}

std::map<std::string, KeywordReply> find_keywords(Tx& tx, TenantId tenant,
                                                  const std::vector<std::string>& words) {
  std::map<std::string, KeywordReply> found;
  if (words.empty()) return found;
  for (const auto& row :
       exec(tx, std::string{select_keywords} + "AND k.word = ANY($2::text[])", tenant, words))
    found.emplace(row["word"].as<std::string>(), read(row));
  return found;
}

std::vector<std::string> render_replies(Tx& tx, TenantId tenant, const std::vector<KeywordAnswer>& answers) {
  std::vector<Template> bodies;
  std::vector<std::string> msisdns;
  std::set<std::string> fields;  // of all replies together
  for (const auto& [msisdn, keyword] : answers) {
    bodies.push_back(parse_template(keyword->reply));
    fields.insert(bodies.back().fields.begin(), bodies.back().fields.end());
    if (!bodies.back().fields.empty()) msisdns.push_back(msisdn);
  }
  std::map<std::pair<std::string, std::string>, std::string> values;  // by number and field
  if (!msisdns.empty())
    for (const auto& row :
         exec(tx,
              "SELECT c.msisdn, f.name, " + merge_value("f.name") +
                  " AS value FROM unnest($2::text[]) AS u(msisdn) CROSS JOIN LATERAL"
                  " (SELECT * FROM contact WHERE tenant_id = $1 AND " +
                  one_with("msisdn", "u.msisdn") + ") c CROSS JOIN unnest($3::text[]) AS f(name)",
              tenant, msisdns, std::vector<std::string>(fields.begin(), fields.end())))
      if (const auto value = as_optional<std::string>(row["value"]))
        values.emplace(std::pair{row["msisdn"].as<std::string>(), row["name"].as<std::string>()}, *value);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < answers.size(); ++i)
    texts.push_back(fill_in(bodies[i], [&](std::string_view field) -> std::optional<std::string_view> {
      const auto value = values.find({answers[i].msisdn, std::string{field}});
      return value == values.end() ? std::nullopt : std::optional<std::string_view>{value->second};
    }));
  return texts;
}

}  // namespace smscrm
