#include "gateway/ingest/zone_rule.hpp"

#include <algorithm>
#include <charconv>

namespace meshgate::ingest {

namespace {

constexpr std::int64_t kHour = 3600;

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

/// Takes a text apart from its front; what cannot be taken leaves it as it is.
class ZoneRule::Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool starts(char c) const { return rest_.starts_with(c); }
  bool take(char c) {
    if (!starts(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// "CET" or "<+0330>".
  bool name() {
    const bool quoted = take('<');
    const auto end = quoted ? rest_.find('>') : static_cast<std::size_t>(std::ranges::find_if_not(rest_, letter) - rest_.begin());
    if (end == std::string_view::npos || end < 3) return false;
    rest_.remove_prefix(end + (quoted ? 1 : 0));
    return true;
  }

  std::optional<unsigned> number(unsigned least, unsigned most) {
    unsigned out = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    if (error != std::errc{} || out < least || out > most) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return out;
  }

  /// "[+-]hh[:mm[:ss]]" in seconds.
  std::optional<std::int64_t> time() {
    const bool minus = take('-');
    if (!minus) take('+');
    const auto hours = number(0, 167);
    const auto minutes = hours && take(':') ? number(0, 59) : std::optional(0U);
    const auto seconds = minutes && take(':') ? number(0, 59) : std::optional(0U);
    if (!hours || !minutes || !seconds) return std::nullopt;
    const std::int64_t out = *hours * kHour + *minutes * 60 + *seconds;
    return minus ? -out : out;
  }

  std::optional<Change> change() {
    if (!take(',')) return std::nullopt;
    Change out;
    const auto day = days(out);
    if (!day) return std::nullopt;
    out.day = *day;
    if (!take('/')) return out;
    const auto at = time();
    if (!at) return std::nullopt;
    out.second = *at;
    return out;
  }

 private:
  std::optional<unsigned> days(Change& out) {
    if (take('J')) {
      out.form = Change::Form::day_without_leap;
      return number(1, 365);
    }
    if (!take('M')) return number(0, 365);
    out.form = Change::Form::weekday;
    const auto month = number(1, 12);
    if (!month || !take('.')) return std::nullopt;
    const auto week = number(1, 5);
    if (!week || !take('.')) return std::nullopt;
    out.month = *month;
    out.week = *week;
    return number(0, 6);
  }

  std::string_view rest_;
};

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) {
  Reader from(text);
  ZoneRule out;
  if (!from.name()) return std::nullopt;
  const auto behind = from.time();
  if (!behind) return std::nullopt;
  out.ahead_ = -*behind;
  if (from.at_end()) return out;
  if (!from.name()) return std::nullopt;
  const auto summer_behind = from.starts(',') ? std::optional(*behind - kHour) : from.time();
  const auto begins = from.change();
  const auto ends = from.change();
  if (!summer_behind || !begins || !ends || !from.at_end()) return std::nullopt;
  out.summer_ = {-*summer_behind, *begins, *ends};
  return out;
}

std::int64_t ZoneRule::Change::in(std::chrono::year year) const {
  namespace c = std::chrono;
  c::sys_days at = c::sys_days(year / c::January / 1);
  switch (form) {
    case Form::weekday: {
      const c::weekday which(day);
      at = week == 5 ? c::sys_days(year / c::month(month) / which[c::last]) : c::sys_days(year / c::month(month) / which[week]);
      break;
    }
    case Form::day_without_leap: at += c::days(day - 1 + (year.is_leap() && day > 59 ? 1 : 0)); break;
    case Form::day: at += c::days(day); break;
  }
  return c::duration_cast<c::seconds>(at.time_since_epoch()).count() + second;
}

std::int64_t ZoneRule::ahead_at(std::int64_t utc) const {
  if (!summer_) return ahead_;
  namespace c = std::chrono;
  const auto year = c::year_month_day(c::floor<c::days>(c::sys_seconds(c::seconds(utc + ahead_)))).year();
  const std::int64_t begins = summer_->begins.in(year) - ahead_;
  const std::int64_t ends = summer_->ends.in(year) - summer_->ahead;
  // In the south it ends first, and the turn of the year is within it.
  const bool summer = begins < ends ? begins <= utc && utc < ends : begins <= utc || utc < ends;
  return summer ? summer_->ahead : ahead_;
}

}  // namespace meshgate::ingest
