#include "gateway/ingest/time_zone.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace meshgate::ingest {

namespace {

constexpr const char* kLocal = "/etc/localtime";
constexpr std::size_t kLongest = std::size_t{1} << 20U;
constexpr std::size_t kHeader = 44;

std::string content_of(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return {};
  std::ifstream in(path, std::ios::binary);
  std::string out(std::istreambuf_iterator<char>(in), {});
  return in.bad() || out.size() > kLongest ? std::string() : out;
}

bool names_a_file(std::string_view name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' || c == '/'; };
  return !name.empty() && name[0] != '/' && std::ranges::all_of(name, good);
}

/// "+01:00" in the way of a rule, which counts to the other side.
std::optional<ZoneRule> fixed(std::string_view text) {
  const bool shape = text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':' && text.substr(1) <= "14:00";
  if (!shape) return std::nullopt;
  return ZoneRule::parse("UTC" + std::string(text[0] == '+' ? "-" : "+").append(text.substr(1)));
}

}  // namespace

/// Big-endian numbers one behind the other.
class TimeZone::Bytes {
 public:
  struct Counts {
    std::size_t utc_marks, standard_marks, leaps, changes, kinds, letters;
  };

  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  std::optional<std::string_view> take(std::size_t size) {
    if (size > bytes_.size()) return std::nullopt;
    const auto out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return out;
  }
  static std::int64_t number(std::string_view bytes) {
    std::uint64_t out = static_cast<signed char>(bytes[0]) < 0 ? ~std::uint64_t{0} : 0;
    for (const char byte : bytes) out = out << 8U | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(out);
  }
  /// Of a file of the second version or a later one.
  std::optional<Counts> header() {
    const auto head = take(kHeader);
    if (!head || !head->starts_with("TZif") || (*head)[4] < '2') return std::nullopt;
    const auto count = [&](std::size_t place) { return static_cast<std::size_t>(number(head->substr(20 + place * 4, 4)) & 0xffffffff); };
    return Counts{count(0), count(1), count(2), count(3), count(4), count(5)};
  }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

std::optional<TimeZone> TimeZone::parse(std::string_view bytes) {
  Bytes from(bytes);
  const auto old = from.header();
  if (!old || !from.take(old->changes * 5 + old->kinds * 6 + old->letters + old->leaps * 8 + old->standard_marks + old->utc_marks)) return std::nullopt;
  const auto counts = from.header();
  if (!counts) return std::nullopt;
  const auto times = from.take(counts->changes * 8);
  const auto kind_of = from.take(counts->changes);
  const auto kinds = from.take(counts->kinds * 6);
  if (!times || !kind_of || !kinds || kinds->empty()) return std::nullopt;
  if (!from.take(counts->letters + counts->leaps * 12 + counts->standard_marks + counts->utc_marks)) return std::nullopt;

  TimeZone out;
  out.first_ahead_ = Bytes::number(kinds->substr(0, 4));
  for (std::size_t i = 0; i < counts->changes; ++i) {
    const auto kind = static_cast<unsigned char>((*kind_of)[i]);
    if (kind >= counts->kinds) return std::nullopt;
    out.changes_.push_back({Bytes::number(times->substr(i * 8, 8)), Bytes::number(kinds->substr(kind * std::size_t{6}, 4))});
  }
  if (!std::ranges::is_sorted(out.changes_, {}, &Change::at)) return std::nullopt;
  const auto rest = from.rest();
  if (rest.size() < 2 || rest.front() != '\n' || rest.back() != '\n') return std::nullopt;
  if (rest.size() == 2) return out;
  out.rule_ = ZoneRule::parse(rest.substr(1, rest.size() - 2));
  return out.rule_ ? std::optional(out) : std::nullopt;
}

Result<TimeZone> TimeZone::named(std::string_view name, const std::string& folder) {
  TimeZone out;
  if (name == "UTC") return out;
  if ((out.rule_ = fixed(name))) return out;
  const bool local = name == "local";
  const std::string bytes = local ? content_of(kLocal) : names_a_file(name) ? content_of(folder + "/" + std::string(name)) : std::string();
  // A machine that does not say where it is goes by UTC, as its other programs do.
  if (local && bytes.empty()) return out;
  if (auto zone = parse(bytes)) return *zone;
  return Error{Code::config, "there is no time zone '" + std::string(name) + "' on this machine: write a name such as Europe/Berlin (package tzdata has them), an offset such as "
                             "\"+01:00\", UTC, or local"};
}

std::int64_t TimeZone::ahead_at(std::int64_t utc) const {
  const auto next = std::ranges::upper_bound(changes_, utc, {}, &Change::at);
  if (next == changes_.end() && rule_) return rule_->ahead_at(utc);
  return next == changes_.begin() ? first_ahead_ : std::prev(next)->ahead;
}

}  // namespace meshgate::ingest
