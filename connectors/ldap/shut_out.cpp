#include "connectors/ldap/shut_out.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "connectors/ldap/dn.hpp"
#include "connectors/ldap/times.hpp"

namespace meshgate::ldap {

namespace {

constexpr std::array<std::string_view, 7> kAttributes = {"pwdAccountLockedTime", "pwdEndTime", "shadowExpire", "nsAccountLock", "loginDisabled", "userAccountControl", "accountExpires"};
/// The time that stands for a lock that a person has to lift; other times are those of too many wrong passwords, and pass by themselves.
constexpr std::string_view kForEver = "000001010000Z";
constexpr std::int64_t kAccountDisabled = 2;
constexpr std::int64_t kSecond = 1000000;
constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kMonth = 31;
/// Active Directory counts 100 ns since 1601; 0 and the largest number mean never.
constexpr std::int64_t kTicks = 10000000;
constexpr std::int64_t kFrom1601 = 11644473600;

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

}  // namespace

std::span<const std::string_view> shut_out_attributes() { return kAttributes; }

bool shuts_out(std::string_view attribute, std::string_view value, std::int64_t now_s) {
  if (attribute == "pwdaccountlockedtime") return value == kForEver;
  if (attribute == "nsaccountlock" || attribute == "logindisabled") return lower(value) == "true";
  if (attribute == "pwdendtime") {
    const auto end = micros_of(value);
    return end && *end <= now_s * kSecond;
  }
  const auto count = number(value);
  if (!count) return false;
  if (attribute == "shadowexpire") return *count >= 0 && *count <= now_s / kDay;
  if (attribute == "useraccountcontrol") return (*count & kAccountDisabled) != 0;
  return attribute == "accountexpires" && *count > 0 && *count / kTicks - kFrom1601 <= now_s;
}

std::string shut_out_between(std::int64_t from_s, std::int64_t until_s, const std::function<bool(std::string_view)>& known) {
  const bool long_ago = (until_s - from_s) / kDay > kMonth;
  std::string out;
  // A day's number can be compared by no order, so each day is asked for.
  if (known("shadowExpire") && long_ago) out += "(shadowExpire=*)";
  for (std::int64_t day = from_s / kDay; known("shadowExpire") && !long_ago && day <= until_s / kDay; ++day) out += "(shadowExpire=" + std::to_string(day) + ")";
  if (known("pwdEndTime")) out += "(&(pwdEndTime>=" + generalized_time(from_s) + ")(pwdEndTime<=" + generalized_time(until_s) + "))";
  if (known("accountExpires")) {
    const auto ticks = [](std::int64_t time_s) { return std::to_string((time_s + kFrom1601) * kTicks); };
    out += "(&(accountExpires>=" + ticks(from_s) + ")(accountExpires<=" + ticks(until_s) + "))";
  }
  return out;
}

}  // namespace meshgate::ldap
