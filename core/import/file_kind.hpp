// What a file is that is no table of text, told by its first bytes.
#pragma once

#include <optional>
#include <string_view>

namespace smscrm {

struct FileKind {
  std::string_view name;     // "an Excel workbook (.xlsx)"
  std::string_view way_out;  // "save it as CSV UTF-8"
};

// nullopt when nothing speaks against text. `beginning`: the first bytes, the more of them the better, up to
// 64 KiB. Rules: the magic numbers of each format; a ZIP is told by the names of its first members (ECMA-376
// part 2 for Office's packages, ODF 1.2 part 3 for OpenDocument's).
std::optional<FileKind> tell_file_kind(std::string_view beginning);

}  // namespace smscrm
