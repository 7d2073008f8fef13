#include "connectors/ldap/value_text.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <utility>

namespace meshgate::ldap {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

void append_hex(std::string& out, unsigned char byte) {
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 15U];
}

/// By its first bytes.
std::string_view type_of(std::string_view bytes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kTypes = {{{"\xff\xd8\xff", "image/jpeg"},
                                                                                    {"\x89PNG\r\n\x1a\n", "image/png"},
                                                                                    {"GIF8", "image/gif"},
                                                                                    {"RIFF", "image/webp"},
                                                                                    {"BM", "image/bmp"},
                                                                                    {"%PDF-", "application/pdf"}}};
  for (const auto& [begin, type] : kTypes) {
    if (bytes.starts_with(begin) && (type != "image/webp" || bytes.substr(std::min<size_t>(8, bytes.size())).starts_with("WEBP"))) return type;
  }
  return "application/octet-stream";
}

/// How many bytes a character takes that begins with this one; 0: none does.
size_t length_of(unsigned char first) {
  if (first < 0x80U) return 1;
  if (first >= 0xc2U && first < 0xe0U) return 2;
  if (first >= 0xe0U && first < 0xf0U) return 3;
  return first >= 0xf0U && first < 0xf5U ? 4 : 0;
}

}  // namespace

bool valid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t length = length_of(first);
    if (length == 0 || i + length > text.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) return false;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const bool overlong = (first == 0xe0U && second < 0xa0U) || (first == 0xf0U && second < 0x90U);
    const bool beyond = (first == 0xedU && second >= 0xa0U) || (first == 0xf4U && second >= 0x90U);
    if (overlong || beyond) return false;
    i += length;
  }
  return true;
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20U) {
      out += "\\u00";
      append_hex(out, byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_reference(std::string& out, std::string_view bytes, size_t largest) {
  out += '{';
  if (bytes.size() <= largest) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, EVP_sha256(), nullptr);
    out += "\"sha256\":\"";
    for (unsigned i = 0; i < size; ++i) append_hex(out, hash[i]);
    out += "\",";
  }
  out.append("\"size\":").append(std::to_string(bytes.size())).append(",\"type\":\"").append(type_of(bytes)).append("\"}");
}

}  // namespace meshgate::ldap
