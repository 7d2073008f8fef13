#include "mesh/json_text.hpp"

#include <bitset>
#include <cstddef>

#include "mesh/value.hpp"

namespace meshgate {

namespace {

constexpr std::size_t kDeepest = 512;

bool digit(char c) { return c >= '0' && c <= '9'; }

/// Walks over one JSON text and copies its tokens. Nesting is kept in a bit per level, so that depth costs no stack.
class Minifier {
 public:
  Minifier(std::string& out, std::string_view text) : out_(out), text_(text) {}

  bool run() {
    do {
      if (!value()) return false;
      while (depth_ > 0 && close()) {
      }
      if (depth_ > 0 && !next_member()) return false;
    } while (depth_ > 0);
    space();
    return at_ == text_.size();
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }
  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    out_ += c;
    return true;
  }
  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    out_.append(expected);
    return true;
  }

  /// A scalar, or the way down to the first scalar or empty container.
  bool value() {
    for (;;) {
      space();
      switch (peek()) {
        case '{':
        case '[':
          if (!open()) return false;
          if (close()) return true;
          if (inside_[depth_ - 1] && !name()) return false;
          continue;
        case '"': return string();
        case 't': return word("true");
        case 'f': return word("false");
        case 'n': return word("null");
        default: return number();
      }
    }
  }

  bool open() {
    if (depth_ == kDeepest) return false;
    inside_[depth_++] = peek() == '{';
    return take(peek());
  }
  bool close() {
    space();
    if (!take(inside_[depth_ - 1] ? '}' : ']')) return false;
    --depth_;
    return true;
  }
  bool next_member() {
    space();
    return take(',') && (!inside_[depth_ - 1] || name());
  }
  bool name() {
    space();
    if (!string()) return false;
    space();
    return take(':');
  }

  bool digits() {
    const std::size_t from = at_;
    while (digit(peek())) take(peek());
    return at_ > from;
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    for (;;) {
      const std::size_t stop = text_.find_first_of("\"\\", at_);
      if (stop == std::string_view::npos) return false;
      for (std::size_t i = at_; i < stop; ++i) {
        if (static_cast<unsigned char>(text_[i]) < 0x20) return false;
      }
      out_.append(text_, at_, stop - at_);
      at_ = stop;
      if (take('"')) return true;
      if (!escape()) return false;
    }
  }
  bool escape() {
    take('\\');
    if (std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos) return take(peek());
    if (!take('u')) return false;
    const int unit = four_hex();
    if (unit < 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) return false;
    if (unit < 0xD800 || unit > 0xDBFF) return true;
    if (!word("\\u")) return false;
    const int low = four_hex();
    return low >= 0xDC00 && low <= 0xDFFF;
  }
  int four_hex() {
    int unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      const int value = digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (value < 0) return -1;
      unit = unit * 16 + value;
      take(c);
    }
    return unit;
  }

  std::string& out_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::bitset<kDeepest> inside_;  ///< per level: an object (its members have names), or an array
};

}  // namespace

bool append_minified(std::string& out, std::string_view json) {
  const std::size_t before = out.size();
  if (valid_utf8(json) && Minifier(out, json).run()) return true;
  out.resize(before);
  return false;
}

void append_json_texts(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (const auto& one : texts) {
    if (out.back() != '[') out += ',';
    append_json_string(out, one);
  }
  out += ']';
}

}  // namespace meshgate
