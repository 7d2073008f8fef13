#include "gateway/serve/xml.hpp"

#include "mesh/value.hpp"

namespace meshgate::serve {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_character(std::string& out, char c) {
  switch (c) {
    case '&': out.append("&amp;"); return;
    case '<': out.append("&lt;"); return;
    case '>': out.append("&gt;"); return;  // so that "]]>" never stands there
    case '"': out.append("&quot;"); return;
    case '\t': out.append("&#9;"); return;  // an attribute's white space would become a space
    case '\n': out.append("&#10;"); return;
    case '\r': out.append("&#13;"); return;
    default: break;
  }
  if (static_cast<unsigned char>(c) < 0x20) {
    out.append(kReplacement);
  } else {
    out += c;
  }
}

}  // namespace

void append_xml_text(std::string& out, std::string_view text) {
  const std::string mended = valid_utf8(text) ? std::string() : mended_utf8(text);
  if (!mended.empty()) text = mended;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i, 3);
    if (rest == "\xEF\xBF\xBE" || rest == "\xEF\xBF\xBF") {
      out.append(kReplacement);
      i += 2;
    } else {
      append_character(out, text[i]);
    }
  }
}

void append_element(std::string& out, std::string_view name, std::string_view text) {
  out.append("<").append(name).append(">");
  append_xml_text(out, text);
  out.append("</").append(name).append(">\n");
}

}  // namespace meshgate::serve
