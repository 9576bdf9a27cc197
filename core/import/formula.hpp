// Cells that a spreadsheet would run. Whoever texts us, or fills in a form, writes into the files that
// somebody opens: =HYPERLINK("http://…"&A1) sends a cell away, and older programs start others. Rule:
// https://owasp.org/www-community/attacks/CSV_Injection
//
// A cell that begins with = + - @, a tab or a line end, blanks and apostrophes before it not counted, gets an
// apostrophe, which spreadsheets show as text; numbers and phone numbers in E.164 do not. Reading such a cell
// takes one apostrophe away again, so that what was written is what is read.
#pragma once

#include <string>
#include <string_view>

namespace smscrm {

std::string guard_formula(std::string cell);
std::string_view unguard_formula(std::string_view cell);

}  // namespace smscrm
