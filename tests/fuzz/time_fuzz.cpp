// Any text as a date, a time of day and a timestamp, and any day number: what parses is in range and comes back.
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "mesh/time.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;

namespace {

void check_text(std::string_view text) {
  std::string out;
  if (const auto days = meshgate::parse_date(text)) {
    must(*days >= meshgate::kFirstDay && *days <= meshgate::kLastDay, "a parsed date is in range");
    meshgate::append_date(out, *days);
    must(out == text, "a date has one text");
  }
  if (const auto micros = meshgate::parse_time(text)) {
    must(*micros >= 0 && *micros < meshgate::kMicrosPerDay, "a parsed time is in range");
    out.clear();
    meshgate::append_time(out, *micros);
    must(meshgate::parse_time(out) == micros, "a time comes back");
  }
  if (const auto at = meshgate::parse_timestamp(text)) {
    must(*at >= meshgate::kFirstMicros && *at <= meshgate::kLastMicros, "a parsed timestamp is in range");
    out.clear();
    meshgate::append_timestamp(out, *at);
    must(meshgate::parse_timestamp(out) == at, "a timestamp comes back");
  }
}

void check_day(std::int64_t number) {
  const std::int64_t span = meshgate::kLastDay - meshgate::kFirstDay + 1;
  const std::int64_t day = meshgate::kFirstDay + (number % span + span) % span;
  const auto date = meshgate::civil(day);
  must(meshgate::valid(date), "every day in range is a date");
  must(meshgate::days_from_civil(date) == day, "a day comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_text({reinterpret_cast<const char*>(data), size});
  std::int64_t number = 0;
  if (size >= sizeof number) {
    std::memcpy(&number, data, sizeof number);
    check_day(number);
  }
  return 0;
}
