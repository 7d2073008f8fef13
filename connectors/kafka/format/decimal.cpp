#include "connectors/kafka/format/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace meshgate::kafka::format {

namespace {

constexpr size_t kMostBytes = 1024;
constexpr int64_t kMostZeros = 4096;
constexpr uint32_t kLimb = 1'000'000'000;  // nine digits are divided off at once
constexpr int kLimbDigits = 9;

/// The magnitude as words, most significant first.
std::vector<uint32_t> magnitude(std::string_view bytes, bool negative) {
  std::vector<uint32_t> words((bytes.size() + 3) / 4, 0);
  bool carry = negative;  // the complement plus one
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<unsigned char>(bytes[bytes.size() - 1 - i]);
    if (negative) {
      byte = static_cast<unsigned char>(~byte + (carry ? 1 : 0));
      carry = carry && byte == 0;
    }
    words[words.size() - 1 - i / 4] |= static_cast<uint32_t>(byte) << (i % 4 * 8);
  }
  // -2^(8n-1) is its own complement, which is its magnitude; so nothing is carried out of the top.
  return words;
}

std::string digits_of(std::vector<uint32_t> words) {
  std::string reversed;
  size_t top = 0;
  while (top < words.size() && words[top] == 0) ++top;
  while (top < words.size()) {
    uint64_t rest = 0;
    for (size_t i = top; i < words.size(); ++i) {
      const uint64_t part = rest << 32U | words[i];
      words[i] = static_cast<uint32_t>(part / kLimb);
      rest = part % kLimb;
    }
    while (top < words.size() && words[top] == 0) ++top;
    for (int i = 0; i < kLimbDigits; ++i, rest /= 10) reversed += static_cast<char>('0' + rest % 10);
  }
  while (!reversed.empty() && reversed.back() == '0') reversed.pop_back();
  return {reversed.rbegin(), reversed.rend()};
}

/// Digits with a point before the last `scale` of them, at least one digit before it.
void append_pointed(std::string& out, std::string_view digits, int64_t scale) {
  if (scale <= 0) {
    out.append(digits.empty() ? "0" : digits);
    if (!digits.empty()) out.append(static_cast<size_t>(-scale), '0');
    return;
  }
  const auto behind = static_cast<size_t>(scale);
  if (digits.size() > behind) {
    out.append(digits.substr(0, digits.size() - behind));
    digits.remove_prefix(digits.size() - behind);
  } else {
    out += '0';
  }
  out.append(1, '.').append(behind - digits.size(), '0').append(digits);
}

bool take_digits(std::string_view text, size_t& at, std::string_view& out) {
  const size_t from = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  out = text.substr(from, at - from);
  return at > from;
}

}  // namespace

const char* append_unscaled(std::string& out, std::string_view bytes, int64_t scale) {
  if (bytes.size() > kMostBytes) return "a decimal of more than 1024 bytes";
  if (scale > kMostZeros || scale < -kMostZeros) return "a scale beyond 4096";
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80U) != 0;
  const std::string digits = digits_of(magnitude(bytes, negative));
  if (negative) out += '-';
  append_pointed(out, digits, scale);
  return nullptr;
}

bool append_plain_number(std::string& out, std::string_view number) {
  size_t at = number.starts_with('-') ? 1 : 0;
  const bool negative = at == 1;
  std::string_view whole;
  std::string_view fraction;
  int64_t exponent = 0;
  if (!take_digits(number, at, whole)) return false;
  if (at < number.size() && number[at] == '.' && !take_digits(number, ++at, fraction)) return false;
  if (at < number.size()) {
    if (number[at] != 'e' && number[at] != 'E') return false;
    const bool plus = ++at < number.size() && number[at] == '+';
    if (plus && number.substr(++at).starts_with('-')) return false;
    const auto read = std::from_chars(number.data() + at, number.data() + number.size(), exponent);
    if (read.ec != std::errc{} || read.ptr != number.data() + number.size() || exponent > kMostZeros || exponent < -kMostZeros) return false;
  }
  std::string digits = std::string(whole).append(fraction);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (negative && !digits.empty()) out += '-';
  append_pointed(out, digits, static_cast<int64_t>(fraction.size()) - exponent);
  return true;
}

}  // namespace meshgate::kafka::format
