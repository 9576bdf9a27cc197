#include <algorithm>

#include "core/base/text.hpp"
#include "core/privacy/person.hpp"
#include "core/privacy/zip.hpp"

namespace smscrm {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 0; }
p { margin: .3rem 0; } .about, .none { opacity: .75; }
div { overflow-x: auto; }
table { border-collapse: collapse; margin-top: .6rem; font-size: .9rem; }
th, td { border: 1px solid #8886; padding: .3rem .6rem; text-align: start; vertical-align: top; }
td { overflow-wrap: anywhere; white-space: pre-wrap; min-width: 4rem; max-width: 30rem; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
)";

// "consent_history" → "consent history".
std::string words_of(std::string key) {
  std::ranges::replace(key, '_', ' ');
  return key;
}

std::string cell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return escape_html(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return escape_html(dump(value));
}

std::string record(const Json& object) {
  std::string rows;
  for (const auto& [key, value] : object.items())
    rows +=
        fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape_html(words_of(key)), cell(value));
  return "<table>\n" + rows + "</table>\n";
}

std::string table(const Json& rows) {
  std::string head, body;
  for (const auto& [key, value] : rows.front().items())
    head += fmt::format("<th scope=\"col\">{}</th>", escape_html(words_of(key)));
  for (const auto& row : rows) {
    body += "<tr>";
    for (const auto& [key, value] : row.items()) body += fmt::format("<td>{}</td>", cell(value));
    body += "</tr>\n";
  }
  return fmt::format("<div><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n", head,
                     body);
}

}  // namespace

std::string person_page(const Json& person) {
  const auto phone = escape_html(person["phone"].get<std::string>());
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"robots\" content=\"noindex\">\n"
      "<title>What is held about {0}</title>\n<style>{1}</style>\n</head>\n<body>\n"
      "<h1>What is held about {0}</h1>\n<p>By {2}, as of {3}. All times are in UTC.</p>\n",
      phone, style, escape_html(person["tenant"]["name"].get<std::string>()),
      escape_html(person["at"].get<std::string>()));
  for (const auto& part : person_parts()) {
    const auto& held = person[std::string{part.key}];
    page +=
        fmt::format("<h2 id=\"{}\">{}</h2>\n<p class=\"about\">{}</p>\n", part.key, part.title, part.about);
    if (held.empty())
      page += "<p class=\"none\">Nothing.</p>\n";
    else
      page += held.is_object() ? record(held) : table(held);
  }
  return page + "</body>\n</html>\n";
}

std::string person_zip(const Json& person, Timestamp at) {
  const auto json = dump(person, 2) + "\n", page = person_page(person);
  return make_zip({{"person.json", json}, {"person.html", page}}, at);
}

}  // namespace smscrm
