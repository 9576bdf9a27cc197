#include "core/import/columns.hpp"

#include <algorithm>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/phone/phone.hpp"

namespace smscrm {
namespace {

struct KnownHeader {
  std::string_view key;  // as fold_header makes it
  ImportField field;
};

constexpr KnownHeader known_headers[] = {
    {"phone", ImportField::phone},
    {"msisdn", ImportField::phone},
    {"mobile", ImportField::phone},
    {"mobilephone", ImportField::phone},
    {"mobilenumber", ImportField::phone},
    {"mobilephonenumber", ImportField::phone},
    {"cell", ImportField::phone},
    {"cellphone", ImportField::phone},
    {"cellnumber", ImportField::phone},
    {"phonenumber", ImportField::phone},
    {"number", ImportField::phone},
    {"telephone", ImportField::phone},
    {"tel", ImportField::phone},
    {"firstname", ImportField::first_name},
    {"givenname", ImportField::first_name},
    {"lastname", ImportField::last_name},
    {"surname", ImportField::last_name},
    {"familyname", ImportField::last_name},
    {"name", ImportField::name},
    {"fullname", ImportField::name},
    {"email", ImportField::email},
    {"emailaddress", ImportField::email},
    {"tags", ImportField::tags},
    {"tag", ImportField::tags},
    {"timezone", ImportField::timezone},
    {"country", ImportField::country},
    {"countrycode", ImportField::country},
    {"externalid", ImportField::external_id},
    {"consent", ImportField::consent},
    {"consentsource", ImportField::consent_source},
    {"consentat", ImportField::consent_at},
    {"optout", ImportField::opt_out},
    {"messagefrom", ImportField::message_from},
    {"messageto", ImportField::message_to},
    {"messagedirection", ImportField::message_direction},
    {"messagestatus", ImportField::message_status},
    {"messagebody", ImportField::message_body},
    {"messageerror", ImportField::message_error},
    {"messageat", ImportField::message_at},
    {"rejectline", ImportField::ignored},
    {"rejectreason", ImportField::ignored},
    {"rejectcolumn", ImportField::ignored},
    {"rejecttext", ImportField::ignored},
};

std::string fold_header(std::string_view header) {
  std::string key = to_lower(trim(header));
  std::erase_if(key, [](char c) { return c == ' ' || c == '-' || c == '_'; });
  return key;
}

std::optional<ImportField> find_field_of(std::string_view key) {
  const auto known = std::find_if(std::begin(known_headers), std::end(known_headers),
                                  [&](const KnownHeader& header) { return header.key == key; });
  if (known == std::end(known_headers)) return std::nullopt;
  return known->field;
}

// A name that templates can say: "Favourite Drink" becomes "favourite_drink".
std::string attribute_name(std::string_view header) {
  std::string name = to_lower(trim(header));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  return name;
}

bool is_log_field(ImportField field) {
  return field >= ImportField::message_from && field <= ImportField::message_at;
}

// Levenshtein's distance, of short words.
std::size_t edits(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  for (std::size_t j = 0; j <= other.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

// Two neighbours have changed places, of words of one length.
bool is_swapped(std::string_view one, std::string_view other) {
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
  return at + 1 < one.size() && one[at] == other[at + 1] && one[at + 1] == other[at] &&
         one.substr(at + 2) == other.substr(at + 2);
}

void make_attribute(ImportColumn& column, std::string_view name) {
  column.field = ImportField::attribute;
  column.attribute = attribute_name(name);
  column.says = classify_consent_header(name);
  column.is_of_other_channel = names_other_channel(name);
}
void make_attribute(ImportColumn& column) { make_attribute(column, column.header); }

// What somebody said that the column means.
void set_meaning(ImportColumn& column, std::string_view meaning) {
  const auto field = find_field_of(fold_header(meaning));
  if (!field) return make_attribute(column, meaning);
  column.field = *field;
  column.attribute = attribute_name(column.header);
  if (*field == ImportField::consent) column.says = ConsentColumn::texts;
  if (*field == ImportField::opt_out) column.says = ConsentColumn::opt_out;
}

constexpr std::string_view attribute_prefix = "attr.";

// What its header says of itself: a log has to be called one, for "message_to" may be anything.
void set_meaning(ImportColumn& column) {
  const auto lower = to_lower(column.header);
  if (lower.starts_with(export_prefix)) return;
  if (lower.starts_with(attribute_prefix) && lower.size() > attribute_prefix.size()) {
    const auto name = std::string_view{column.header}.substr(attribute_prefix.size());
    make_attribute(column, name);
    column.attribute = to_lower(name);
    // What an export wrote says of consent what it knows in a column of its own.
    column.says = ConsentColumn::none;
    column.is_silent = true;
    return;
  }
  const auto field = find_field_of(fold_header(column.header));
  if (field && (*field == ImportField::opt_out || is_log_field(*field))) return make_attribute(column);
  set_meaning(column, column.header);
}

// The columns that `header`, as a user typed it, means.
std::vector<ImportColumn*> find_columns(std::vector<ImportColumn>& columns, const std::string& header) {
  std::vector<ImportColumn*> found;
  std::vector<std::string> names;
  for (auto& column : columns) {
    if (fold_header(column.header) == fold_header(header)) found.push_back(&column);
    names.push_back(column.header);
  }
  if (!found.empty()) return found;
  auto error = Error(Errc::usage, "the file has no column \"{}\"", header);
  const auto near = nearest(header, names);
  throw std::move(error).with_hint(near ? fmt::format("did you mean \"{}\"?", *near)
                                        : "its columns are " + join(names, ", "));
}

bool is_field(ImportField field) { return field != ImportField::attribute && field != ImportField::ignored; }

// Numbers are not repeated in errors, so neither are the names that look like one.
void check_phone(const std::vector<ImportColumn>& columns, const HeaderLine& line) {
  const auto is_phone = [](const ImportColumn& column) {
    return column.field == ImportField::phone || column.field == ImportField::message_to ||
           column.field == ImportField::message_from;
  };
  if (std::ranges::any_of(columns, is_phone)) return;
  std::vector<std::string> names;
  for (const auto& column : columns) {
    names.push_back(column.header);
    if (line.line == 0) continue;
    if (const auto phone = parse_phone(column.header, line.region); phone && phone->valid)
      throw Error(Errc::invalid,
                  "line {} looks like data and not like the names of columns: its field {} is a phone number",
                  line.line, names.size())
          .with_hint("name the columns of a file that has no line of headers: --columns phone,name,…");
  }
  throw Error(Errc::invalid, "no column of the file is a phone number; its columns are {}", join(names, ", "))
      .with_hint(line.line == 0
                     ? "say which one it is with --map 'COLUMN=phone'"
                     : "say which one it is with --map 'COLUMN=phone', or, if the file has no line "
                       "of headers, name its columns with --columns phone,name,…");
}

// Columns that were named for one field on purpose are in order; two that happen to mean the same are not.
void check_columns(const std::vector<ImportColumn>& columns) {
  const auto is_twin = [](const ImportColumn& one, const ImportColumn& other) {
    if (one.field != ImportField::attribute && other.field != ImportField::attribute)
      return one.field == other.field && one.field != ImportField::ignored && one.rank == other.rank;
    return one.field != ImportField::ignored && other.field != ImportField::ignored &&
           one.attribute == other.attribute && one.field == other.field;
  };
  for (auto column = columns.begin(); column != columns.end(); ++column) {
    const auto twin =
        std::find_if(columns.begin(), column, [&](const auto& other) { return is_twin(other, *column); });
    if (twin == column) continue;
    const bool same_header = fold_header(twin->header) == fold_header(column->header);
    throw Error(Errc::invalid, "columns \"{}\" and \"{}\" mean the same", twin->header, column->header)
        .with_hint(
            same_header ? "leave both out with --ignore, or give one another name in the file"
            : is_field(column->field)
                ? fmt::format("name them in the order in which a row is to be read, as with --map '{0}={2}'"
                              " --map '{1}={2}', or leave one out with --ignore",
                              twin->header, column->header, fold_header(twin->header))
                : "leave one out with --ignore, or say what it is with --map 'COLUMN=FIELD'");
  }
}

}  // namespace

std::optional<ImportField> find_near_field(std::string_view header) {
  const auto key = fold_header(header);
  if (key.size() < 4 || find_field_of(key)) return std::nullopt;
  // Words that stand beside the known ones as words of their own.
  constexpr std::string_view other_words[] = {"note", "call", "game", "sell", "tage", "dame", "mail", "take"};
  if (std::ranges::find(other_words, key) != std::end(other_words)) return std::nullopt;
  std::optional<ImportField> near;
  for (const auto& [known, field] : known_headers) {
    // Few letters have many neighbours; and the words of logs count only where somebody says so.
    if (field == ImportField::ignored || field == ImportField::opt_out || is_log_field(field) ||
        known.size() < 4)
      continue;
    const std::size_t most = known.size() < 8 ? 1 : 2;
    if (edits(key, known) <= most) return field;
    if (!near && key.size() == known.size() && is_swapped(key, known)) near = field;
  }
  return near;
}

std::string header_of_attribute(std::string_view name) {
  ImportColumn column{.header = std::string{trim(name)}};
  if (!column.header.empty()) set_meaning(column);
  const bool is_itself = column.field == ImportField::attribute && column.attribute == name;
  if (is_itself && column.says == ConsentColumn::none) return std::string{name};
  return std::string{attribute_prefix} + std::string{name};
}

std::vector<std::string> parse_column_names(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    names.emplace_back(trim(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return names;
}

std::pair<std::string, std::string> parse_column_map(std::string_view text) {
  const auto at = text.rfind('=');
  if (at != std::string_view::npos) {
    const auto header = trim(text.substr(0, at)), meaning = trim(text.substr(at + 1));
    if (!header.empty() && !meaning.empty()) return {std::string{header}, std::string{meaning}};
  }
  throw Error(Errc::usage, "\"{}\" maps no column; write 'COLUMN=FIELD', such as 'Cell Phone=phone'", text);
}

std::vector<ImportColumn> map_columns(std::span<const std::string_view> header, const ColumnOptions& options,
                                      const HeaderLine& line) {
  std::vector<ImportColumn> columns;
  for (const auto name : header) {
    if (!is_valid_utf8(name))
      throw Error(Errc::invalid, "the header of column {} is not UTF-8", columns.size() + 1)
          .with_hint("convert the file first: iconv -f WINDOWS-1252 -t UTF-8 FILE");
    columns.push_back({.header = std::string{trim(name)}});
  }
  std::vector<const ImportColumn*> decided;
  int rank = 0;
  for (const auto& [name, meaning] : options.map) {
    ++rank;
    for (auto* column : find_columns(columns, name)) {
      set_meaning(*column, meaning);
      column->rank = rank;
      decided.push_back(column);
    }
  }
  for (const auto& name : options.ignore)
    for (auto* column : find_columns(columns, name)) {
      *column = {.header = column->header};
      decided.push_back(column);
    }
  const auto is_decided = [&](const ImportColumn& column) {
    return std::find(decided.begin(), decided.end(), &column) != decided.end();
  };
  const auto is_taken = [&](ImportField field, int before) {
    return is_field(field) && std::any_of(decided.begin(), decided.end(), [&](const ImportColumn* other) {
             return other->field == field && other->rank <= before;
           });
  };
  const auto for_each_open = [&](const std::string& name, auto&& decide) {
    for (auto& column : columns) {
      if (is_decided(column) || fold_header(column.header) != fold_header(name)) continue;
      decide(column);
      decided.push_back(&column);
    }
  };
  const int last_of_map = rank;
  for (const auto& [name, meaning] : options.preset_map) {
    ++rank;
    for_each_open(name, [&, &said = meaning](ImportColumn& column) {
      set_meaning(column, said);
      column.rank = rank;
      if (is_taken(column.field, last_of_map)) make_attribute(column);
    });
  }
  for (const auto& name : options.preset_ignore)
    for_each_open(name, [](ImportColumn& column) { column = {.header = column.header}; });
  for (auto& column : columns) {
    if (is_decided(column) || column.header.empty()) continue;
    set_meaning(column);
    if (is_taken(column.field, rank)) make_attribute(column);
  }
  check_phone(columns, line);
  check_columns(columns);
  return columns;
}

ImportColumn map_late_column(std::string_view header, std::span<const ImportColumn> columns,
                             const ColumnOptions& options) {
  ImportColumn column{.header = std::string{trim(header)}};
  const auto key = fold_header(header);
  const auto is_named = [&](const auto& name) { return fold_header(name) == key; };
  if (key.empty() || std::ranges::any_of(options.preset_ignore, is_named)) return column;
  const auto preset =
      std::ranges::find_if(options.preset_map, [&](const auto& entry) { return is_named(entry.first); });
  if (preset == options.preset_map.end()) {
    set_meaning(column);
  } else {
    set_meaning(column, preset->second);
    column.rank = static_cast<int>(options.map.size() + 1 + std::size_t(preset - options.preset_map.begin()));
  }
  const auto takes = [&](const ImportColumn& other) {
    return other.field == column.field &&
           (column.rank == 0 || other.rank <= static_cast<int>(options.map.size()));
  };
  if (is_field(column.field) && std::ranges::any_of(columns, takes)) make_attribute(column);
  return column;
}

}  // namespace smscrm
