#include "mesh/reference.hpp"

#include <simdjson.h>

#include <optional>

namespace meshgate {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<unsigned> hex_digit(char c) {
  const auto at = kHex.find(small(c));
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

/// Writes a distinguished name in its one form.
class NameWriter {
 public:
  explicit NameWriter(std::string& out) : out_(out), kept_(out.size()) {}

  void write(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\\' && i + 1 < text.size()) i += escaped(text.substr(i + 1));
      else if (c == '"') quoted_ = !quoted_;
      else if (quoted_) literal(c);
      else if (c == ',' || c == ';') separator(',');
      else if (c == '+' || c == '=') separator(c);
      else if (c == ' ') space();
      else literal(c);
    }
    out_.resize(kept_);
  }

 private:
  /// What follows a backslash: two hex digits, or the character itself. Gives how many characters that were.
  std::size_t escaped(std::string_view rest) {
    const auto high = hex_digit(rest[0]);
    const auto low = rest.size() > 1 ? hex_digit(rest[1]) : std::nullopt;
    literal(high && low ? static_cast<char>(*high * 16 + *low) : rest[0]);
    return high && low ? 2 : 1;
  }

  void separator(char c) {
    out_.resize(kept_);
    out_ += c;
    kept_ = out_.size();
    fresh_ = true;
  }

  /// Counts only when something follows in the same part.
  void space() {
    if (!fresh_ && out_.size() == kept_) out_ += ' ';
  }

  void literal(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || std::string_view(",;+=\"\\<>#").find(c) != std::string_view::npos) {
      out_ += '\\';
      out_ += kHex[byte >> 4U];
      out_ += kHex[byte & 15U];
    } else {
      out_ += small(c);
    }
    kept_ = out_.size();
    fresh_ = false;
  }

  std::string& out_;
  std::size_t kept_;   // up to here it counts; spaces behind may not
  bool fresh_ = true;  // nothing of this part was written yet
  bool quoted_ = false;
};

}  // namespace

void append_reference(std::string& out, std::string_view text) {
  if (text.find('=') != std::string_view::npos) return NameWriter(out).write(text);
  for (const char c : text) out += small(c);
}

std::string reference(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_reference(out, text);
  return out;
}

std::vector<std::string> names_in(std::string_view content) {
  std::vector<std::string> out;
  simdjson::dom::parser parser;
  simdjson::dom::object fields;
  const simdjson::padded_string padded(content);
  if (parser.parse(padded).get(fields) != simdjson::SUCCESS) return out;
  for (const char* field : {"name", "dn"}) {
    simdjson::dom::element value;
    std::string_view text;
    if (fields[field].get(value) != simdjson::SUCCESS) continue;
    if (value.is_int64() || value.is_uint64()) out.push_back(simdjson::minify(value));
    else if (value.get(text) == simdjson::SUCCESS && !text.empty()) out.emplace_back(text);
  }
  return out;
}

}  // namespace meshgate
