#pragma once

#include <string>
#include <string_view>

namespace meshgate::serve {

/// Text as the content of an element or the value of an attribute: a parser gives it back, line ends included. What XML 1.0 has no way to carry (most
/// control characters, U+FFFE, U+FFFF, bytes that are not UTF-8) becomes U+FFFD.
void append_xml_text(std::string& out, std::string_view text);

/// <name>text</name> and a line end.
void append_element(std::string& out, std::string_view name, std::string_view text);

}  // namespace meshgate::serve
