#include "core/import/file_kind.hpp"

#include "core/base/text.hpp"

namespace smscrm {
namespace {

using namespace std::string_view_literals;

constexpr auto save_as_csv = "open it and save it as CSV UTF-8";
constexpr auto unpack = "unpack it and import the file that is in it";
constexpr auto unpack_or_pipe = "unpack it, or compress it with gzip or zstd";

struct Magic {
  std::string_view bytes;
  FileKind kind;
};
constexpr Magic magics[] = {
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv,
     {"an old Excel workbook (.xls) or another file of Office", save_as_csv}},
    {"\xFD\x37zXZ\0"sv, {"compressed with xz", unpack_or_pipe}},
    {"7z\xBC\xAF\x27\x1C"sv, {"a 7-Zip archive", unpack}},
    {"Rar!\x1A\x07"sv, {"a RAR archive", unpack}},
    {"LZIP"sv, {"compressed with lzip", unpack_or_pipe}},
    {"\x04\x22\x4D\x18"sv, {"compressed with lz4", unpack_or_pipe}},
    {"\x1F\x9D"sv, {"compressed with compress (.Z)", unpack_or_pipe}},
    {"%PDF-"sv, {"a PDF document", "export the table that it was made from as CSV UTF-8"}},
    {"{\\rtf"sv, {"an RTF document", save_as_csv}},
    {"SQLite format 3\0"sv,
     {"an SQLite database", "export the table as CSV: sqlite3 -header -csv FILE 'SELECT …'"}},
    {"PAR1"sv, {"a Parquet file", "export it as CSV UTF-8 or NDJSON"}},
    {"Obj\x01"sv, {"an Avro file", "export it as CSV UTF-8 or NDJSON"}},
    {"\x89PNG\r\n"sv, {"a PNG image", "export the table as CSV UTF-8"}},
    {"\xFF\xD8\xFF"sv, {"a JPEG image", "export the table as CSV UTF-8"}},
    {"GIF8"sv, {"a GIF image", "export the table as CSV UTF-8"}},
    {"\x7F"
     "ELF"sv,
     {"a program", "name the file of contacts"}},
};

FileKind tell_zip(std::string_view bytes) {
  const auto has = [&](std::string_view part) { return bytes.find(part) != std::string_view::npos; };
  if (has("opendocument.spreadsheet")) return {"an OpenDocument spreadsheet (.ods)", save_as_csv};
  if (has("opendocument.text")) return {"an OpenDocument text (.odt)", save_as_csv};
  if (has("xl/workbook.bin")) return {"an Excel workbook (.xlsb)", save_as_csv};
  if (has("xl/")) return {"an Excel workbook (.xlsx)", save_as_csv};
  if (has("word/")) return {"a Word document (.docx)", save_as_csv};
  if (has("ppt/")) return {"a PowerPoint presentation (.pptx)", save_as_csv};
  if (has("Index/Document.iwa")) return {"a Numbers spreadsheet", save_as_csv};
  if (has("[Content_Types].xml")) return {"an Excel workbook (.xlsx) or another file of Office", save_as_csv};
  return {"a ZIP archive", unpack};
}

}  // namespace

std::optional<FileKind> tell_file_kind(std::string_view beginning) {
  for (const auto& [bytes, kind] : magics)
    if (beginning.starts_with(bytes)) return kind;
  if (beginning.starts_with("PK\x03\x04") || beginning.starts_with("PK\x05\x06")) return tell_zip(beginning);
  if (beginning.size() > 10 && beginning.starts_with("BZh") && beginning.substr(4).starts_with("1AY&SY"))
    return FileKind{"compressed with bzip2", unpack_or_pipe};
  constexpr std::size_t tar_magic = 257;
  if (beginning.size() > tar_magic && beginning.substr(tar_magic).starts_with("ustar"))
    return FileKind{"a tar archive", unpack};

  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (beginning.starts_with(byte_order_mark)) beginning.remove_prefix(byte_order_mark.size());
  const auto text = to_lower(trim(beginning.substr(0, 1024)));
  const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  if (text.starts_with("begin:vcard"))
    return FileKind{"a file of vCards (.vcf)",
                    "import it into an address book and export it from there as CSV UTF-8"};
  if (text.starts_with("begin:vcalendar")) return FileKind{"a calendar (.ics)", "name the file of contacts"};
  if (text.starts_with("<!doctype html") || text.starts_with("<html") || text.starts_with("<table") ||
      text.starts_with("<head") || text.starts_with("<body"))
    return FileKind{"a web page (HTML)",
                    "download the export itself; a page of login or error may have come in its place"};
  if (text.starts_with("<?xml") || text.starts_with("<workbook")) {
    const bool workbook = has("excel.sheet") || has("<workbook");
    return workbook ? FileKind{"an Excel workbook (XML)", save_as_csv}
                    : FileKind{"an XML file", "export it as CSV UTF-8"};
  }
  return std::nullopt;
}

}  // namespace smscrm
