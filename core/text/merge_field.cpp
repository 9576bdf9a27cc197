#include "core/text/merge_field.hpp"

#include <algorithm>
#include <array>

namespace smscrm {
namespace {

struct KnownField {
  std::string_view name, expression;
};

constexpr std::array known_fields{KnownField{"first_name", "c.first_name"},
                                  KnownField{"last_name", "c.last_name"},
                                  KnownField{"name", "btrim(c.first_name || ' ' || c.last_name)"},
                                  KnownField{"email", "c.email"},
                                  KnownField{"phone", "c.msisdn"},
                                  KnownField{"msisdn", "c.msisdn"},
                                  KnownField{"country", "c.country"},
                                  KnownField{"timezone", "c.timezone"},
                                  KnownField{"external_id", "c.external_id"}};

}  // namespace

std::string merge_columns(const Template& body, std::vector<Param>& params) {
  std::string columns;
  for (std::size_t i = 0; i < body.fields.size(); ++i) {
    const auto known = std::find_if(known_fields.begin(), known_fields.end(),
                                    [&](const KnownField& field) { return field.name == body.fields[i]; });
    if (known != known_fields.end()) {
      columns += fmt::format(", {} AS field_{}", known->expression, i);
    } else {
      params.push_back(body.fields[i]);
      columns += fmt::format(", c.attributes ->> ${}::text AS field_{}", params.size(), i);
    }
  }
  return columns;
}

std::string merge_value(std::string_view name) {
  std::string value = fmt::format("CASE {}", name);
  for (const auto& field : known_fields)
    value += fmt::format(" WHEN '{}' THEN {}", field.name, field.expression);
  return value + fmt::format(" ELSE c.attributes ->> {} END", name);
}

std::optional<std::string_view> MergeValues::operator()(std::string_view field) const {
  const auto found = std::find(body_.fields.begin(), body_.fields.end(), field);
  if (found == body_.fields.end()) return std::nullopt;
  const auto first = row_.size() - static_cast<pqxx::row::size_type>(body_.fields.size());
  const auto value = row_[first + static_cast<pqxx::row::size_type>(found - body_.fields.begin())];
  if (value.is_null()) return std::nullopt;
  return std::string_view{value.c_str(), value.size()};
}

}  // namespace smscrm
