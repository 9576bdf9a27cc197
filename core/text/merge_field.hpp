// The values that a contact gives to the fields of a template. Preflight, launch tests and the sender's claim
// all read them through here, so that what was previewed is what is sent.
//
// first_name, last_name, email, country, timezone and external_id are the contact's own; name is first and
// last name together; phone (or msisdn) the number. Any other field is an attribute of that name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {

// Columns to put at the end of a SELECT over contact AS c, one a field of the template, each beginning with a
// comma: ", c.first_name AS field_0". Names of attributes are appended to `params`. A column is null where
// the (outer-joined) contact is absent.
std::string merge_columns(const Template& body, std::vector<Param>& params);

// The same as an expression over contact AS c, for a field whose name, in lower case, is the value of `name`,
// another expression ("f.name"): a statement whose text does not depend on a template. NULL where there is
// none.
std::string merge_value(std::string_view name);

// find_value for render() over a row that has these columns; lives no longer than both.
class MergeValues {
 public:
  MergeValues(const Template& body, const Row& row) : body_(body), row_(row) {}
  std::optional<std::string_view> operator()(std::string_view field) const;

 private:
  const Template& body_;
  const Row& row_;
};

}  // namespace smscrm
