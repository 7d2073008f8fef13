#pragma once

#include <string>
#include <string_view>

namespace meshgate::odbc {

/// The driver manager's wide text. Drivers and the driver manager convert narrow text by the process's locale; wide text they leave alone,
/// so all SQL, names and messages cross that border in UTF-16.
std::u16string to_wide(std::string_view utf8);
/// Unpaired surrogates become U+FFFD.
void append_utf8(std::string& out, std::u16string_view wide);

/// Overlong forms and surrogates are not valid.
bool valid_utf8(std::string_view text);
/// What is not valid becomes U+FFFD.
std::string mended_utf8(std::string_view text);
bool is_ascii(std::string_view text);
std::string lower(std::string_view text);
std::string upper(std::string_view text);
/// ASCII case is ignored, as ODBC keywords and most catalogues have it.
bool same_word(std::string_view left, std::string_view right);

/// Every `from` in `text` becomes `to`.
std::string replaced(std::string_view text, std::string_view from, std::string_view to);

/// 'it''s': a literal where backslashes are plain characters.
std::string literal(std::string_view text);

}  // namespace meshgate::odbc
