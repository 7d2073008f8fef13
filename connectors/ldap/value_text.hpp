#pragma once

#include <string>
#include <string_view>

namespace meshgate::ldap {

bool valid_utf8(std::string_view text);
/// Appends a JSON string, with its quotes.
void append_json(std::string& out, std::string_view text);
/// Appends what stands for a binary value: {"sha256":"…","size":5242880,"type":"image/jpeg"}; the hash only up to `largest` bytes.
void append_reference(std::string& out, std::string_view bytes, size_t largest);

}  // namespace meshgate::ldap
