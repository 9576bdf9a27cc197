#include "daemon/sandbox/twiml.hpp"

#include <utility>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct Element {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;  // its own, not that of its children
  std::vector<Element> children;
};

void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6);
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3F));
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

// The XML that TwiML needs: no document types, no namespaces.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  Element read_document() {
    skip("\xEF\xBB\xBF");
    skip_misc();
    auto root = read_element(0);
    skip_misc();
    if (at_ != text_.size()) fail("text after the root element");
    return root;
  }

 private:
  [[noreturn]] void fail(std::string_view why) const {
    throw Error(Errc::invalid, "the reply is not TwiML: {} at byte {}", why, at_);
  }

  bool skip(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  std::string_view take_until(std::string_view end) {
    const auto found = text_.find(end, at_);
    if (found == std::string_view::npos) fail("unexpected end");
    const auto taken = text_.substr(at_, found - at_);
    at_ = found + end.size();
    return taken;
  }

  void skip_misc() {
    for (;;) {
      skip_blanks();
      if (skip("<?"))
        take_until("?>");
      else if (skip("<!--"))
        take_until("-->");
      else
        return;
    }
  }

  std::string read_name() {
    const auto begin = at_;
    while (at_ < text_.size() &&
           std::string_view{" \t\r\n/>=<\"'&"}.find(text_[at_]) == std::string_view::npos)
      ++at_;
    if (at_ == begin) fail("a name is missing");
    return std::string{text_.substr(begin, at_ - begin)};
  }

  void read_reference(std::string& out) {  // "&" has been read
    const auto name = take_until(";");
    constexpr std::pair<std::string_view, char> known[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [entity, character] : known) {
      if (name != entity) continue;
      out += character;
      return;
    }
    if (!name.starts_with('#')) fail("unknown entity");
    const bool hex = name.starts_with("#x");
    std::uint32_t point = 0;
    const auto digits = name.substr(hex ? 2 : 1);
    if (digits.empty() || digits.size() > 7) fail("bad character reference");
    for (const char c : digits) {
      const auto digit = std::string_view{"0123456789abcdef"}.find(to_lower({&c, 1}));
      if (digit >= (hex ? 16U : 10U)) fail("bad character reference");
      point = point * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
    }
    if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
      fail("bad character reference");
    append_utf8(out, point);
  }

  void read_attributes(Element& element) {
    for (;;) {
      skip_blanks();
      if (at_ == text_.size()) fail("unexpected end");
      if (text_[at_] == '/' || text_[at_] == '>') return;
      auto name = read_name();
      skip_blanks();
      if (!skip("=")) fail("an attribute without a value");
      skip_blanks();
      const char quote = at_ < text_.size() ? text_[at_] : '\0';
      if (quote != '"' && quote != '\'') fail("an attribute without quotes");
      ++at_;
      std::string value;
      while (at_ < text_.size() && text_[at_] != quote) {
        if (text_[at_] == '<') fail("\"<\" in an attribute");
        if (skip("&"))
          read_reference(value);
        else
          value += text_[at_++];
      }
      if (at_++ == text_.size()) fail("unexpected end");
      element.attributes.emplace_back(std::move(name), std::move(value));
    }
  }

  Element read_element(int depth) {
    if (depth > 20) fail("too deep");
    if (!skip("<")) fail("an element is missing");
    Element element;
    element.name = read_name();
    read_attributes(element);
    if (skip("/>")) return element;
    if (!skip(">")) fail("bad tag");
    for (;;) {
      if (at_ == text_.size()) fail("unexpected end");
      if (skip("</")) {
        if (read_name() != element.name) fail("end tag of another element");
        skip_blanks();
        if (!skip(">")) fail("bad end tag");
        return element;
      }
      if (skip("<!--"))
        take_until("-->");
      else if (skip("<![CDATA["))
        element.text += take_until("]]>");
      else if (skip("<?"))
        take_until("?>");
      else if (text_[at_] == '<')
        element.children.push_back(read_element(depth + 1));
      else if (skip("&"))
        read_reference(element.text);
      else
        element.text += text_[at_++];
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<TwimlMessage> parse_twiml(std::string_view document) {
  const auto root = XmlReader{document}.read_document();
  if (root.name != "Response")
    throw Error(Errc::invalid, "the reply is not TwiML: its root is {}", root.name);
  std::vector<TwimlMessage> messages;
  for (const auto& verb : root.children) {
    if (verb.name != "Message" && verb.name != "Sms") continue;
    auto& message = messages.emplace_back();
    std::string body = verb.text;
    for (const auto& part : verb.children) {
      if (part.name == "Body") body += part.text;
      if (part.name == "Media") ++message.media;
    }
    message.body = trim(body);
    for (const auto& [name, value] : verb.attributes) {
      if (name == "to") message.to = value;
      if (name == "from") message.from = value;
      if (name == "statusCallback") message.callback = value;
    }
  }
  return messages;
}

}  // namespace smscrm
