#include "config/scalars.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace meshgate::config {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kDurations = {{{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 9> kSizes = {{{"TiB", std::uint64_t{1} << 40U},
                                         {"TB", 1000000000000},
                                         {"GiB", std::uint64_t{1} << 30U},
                                         {"GB", 1000000000},
                                         {"MiB", std::uint64_t{1} << 20U},
                                         {"MB", 1000000},
                                         {"KiB", 1024},
                                         {"KB", 1000},
                                         {"B", 1}}};

bool digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

/// A number and its unit; nothing when there is no such unit or the product does not fit 63 bits.
template <std::size_t N>
std::optional<std::uint64_t> with_unit(std::string_view text, const std::array<Unit, N>& units) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_integer(text.substr(0, end));
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& one) { return one.name == text.substr(end); });
  if (!number || unit == units.end()) return std::nullopt;
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto count = static_cast<std::uint64_t>(*number);
  if (count > most / unit->factor) return std::nullopt;
  return count * unit->factor;
}

template <std::size_t N>
std::string in_units(std::uint64_t number, const std::array<Unit, N>& units) {
  const auto fits = [&](const Unit& unit) { return number != 0 && number % unit.factor == 0; };
  const auto unit = std::find_if(units.begin(), units.end(), fits);
  if (unit == units.end()) return std::to_string(number) + std::string(units.back().name);
  return std::to_string(number / unit->factor) + std::string(unit->name);
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::find(words.begin(), words.end(), small) != words.end();
}

/// 1000 → 10%, 250 → 2.5%.
std::string written_share(std::int64_t number) {
  std::string out = std::to_string(number / 100);
  if (number % 100 != 0) out += '.' + std::to_string(number % 100 + 100).substr(1);
  if (number % 100 != 0 && out.back() == '0') out.pop_back();
  return out + '%';
}

/// Anything that YAML 1.1 or 1.2 resolves to a number: digits with '_', ':', '.', exponent, 0x, 0o, 0b, infinities.
bool numeric(std::string_view text) {
  if (one_of(text, {".nan", ".inf", "-.inf", "+.inf"})) return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto only = [&](std::string_view allowed, std::size_t from) {
    return text.size() > from && text.find_first_not_of(allowed, from) == std::string_view::npos;
  };
  if (text.starts_with("0x") && only("0123456789abcdefABCDEF_", 2)) return true;
  if ((text.starts_with("0o") || text.starts_with("0b")) && only("01234567_", 2)) return true;
  if (text.empty() || (!digits(text.substr(0, 1)) && text[0] != '.')) return false;
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (power.starts_with('-') || power.starts_with('+')) power.remove_prefix(1);
    if (!digits(power)) return false;
    text = text.substr(0, exponent);
  }
  // More than one point is a version or an address to everybody, so is a run of colons with anything but digits.
  return text != "." && only("0123456789_:.", 0) && std::count(text.begin(), text.end(), '.') <= 1;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const std::string_view number = text.starts_with('-') ? text.substr(1) : text;
  if (!digits(number) || (number.size() > 1 && number[0] == '0') || text == "-0") return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  const auto count = with_unit(text, kDurations);
  if (!count) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*count));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (!digits(text)) return with_unit(text, kSizes);
  const auto plain = parse_integer(text);
  if (!plain) return std::nullopt;
  return static_cast<std::uint64_t>(*plain);
}

std::optional<std::uint64_t> parse_share(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto whole = parse_integer(text.substr(0, point));
  std::string decimals(text.substr(std::min(point + 1, text.size())));
  if (!whole || *whole < 0 || *whole > 100 || decimals.size() > 2 || (point < text.size() && !digits(decimals))) return std::nullopt;
  decimals.resize(2, '0');
  const auto digit = [&](std::size_t at) { return static_cast<std::uint64_t>(decimals[at] - '0'); };
  const std::uint64_t out = static_cast<std::uint64_t>(*whole) * 100 + digit(0) * 10 + digit(1);
  if (out > 10000) return std::nullopt;
  return out;
}

std::string_view example(Form form) {
  switch (form) {
    case Form::text: return "a text";
    case Form::integer: return "a whole number such as 42";
    case Form::boolean: return "true or false";
    case Form::duration: return "a duration such as 250ms, 1s, 5m, 2h or 30d";
    case Form::size: return "a size such as 512, 64KiB or 10MB";
    case Form::share: return "a share such as 10%";
    case Form::path: return "a path such as /var/lib/meshgate";
    case Form::list: return "a list of texts such as [a, b]";
    case Form::mapping: return "a mapping such as { key: value }";
    case Form::any: break;
  }
  return "a value";
}

std::optional<std::int64_t> parse_number(Form form, std::string_view text) {
  if (form == Form::integer) return parse_integer(text);
  if (form == Form::boolean) {
    if (text != "true" && text != "false") return std::nullopt;
    return text == "true" ? 1 : 0;
  }
  if (form == Form::duration) {
    const auto duration = parse_duration(text);
    return duration ? std::optional(duration->count()) : std::nullopt;
  }
  const auto size = form == Form::share ? parse_share(text) : parse_size(text);
  return size ? std::optional(static_cast<std::int64_t>(*size)) : std::nullopt;
}

std::string written_number(Form form, std::int64_t number) {
  if (form == Form::duration) return in_units(static_cast<std::uint64_t>(number), kDurations);
  if (form == Form::size) return in_units(static_cast<std::uint64_t>(number), kSizes);
  if (form == Form::share) return written_share(number);
  return std::to_string(number);
}

std::string_view misread_as(const Node& scalar) {
  if (scalar.kind() == Node::Kind::null) return "nothing";
  if (scalar.kind() != Node::Kind::scalar || scalar.quoted()) return {};
  const std::string& text = scalar.scalar();
  if (one_of(text, {"yes", "no", "on", "off", "true", "false"})) return "a yes/no value";
  if (parse_integer(text) || !numeric(text)) return {};
  return "a number";
}

bool report_misread(const Node& scalar, Diagnostics& out) {
  const std::string_view taken = misread_as(scalar);
  if (taken.empty()) return false;
  const std::string text = scalar.kind() == Node::Kind::null ? "null" : scalar.scalar();
  out.add(scalar.place(), text.substr(0, 40) + " without quotes is " + std::string(taken) + " to other YAML readers",
          "for the text, write \"" + text.substr(0, 40) + "\"");
  return true;
}

}  // namespace meshgate::config
