#include "gateway/ingest/keep.hpp"

#include <algorithm>
#include <array>

namespace meshgate::ingest {

namespace {

using config::Form;
using config::Key;

constexpr std::int64_t kMostMillis = std::int64_t{100} * 366 * 86'400'000;

constexpr std::array kKeepKeys = {
    Key{.name = "age", .form = Form::duration, .help = "Events expire when their time is longer ago, and that of all before them.", .least = 1000, .most = kMostMillis},
    Key{.name = "count", .form = Form::integer, .help = "So many events stay in each partition, the last ones.", .least = 1, .most = 1'000'000'000'000},
};

}  // namespace

std::span<const Key> keep_keys() { return kKeepKeys; }

std::optional<store::Keep> read_keep(const config::Node& keep, config::Secrets& secrets, config::Diagnostics& out) {
  const config::Section section(keep, kKeepKeys, secrets, out);
  if (!keep.present()) return std::nullopt;
  store::Keep read;
  if (section.has("age")) read.age = Micros{std::chrono::microseconds(section.duration("age")).count()};
  if (section.has("count")) read.count = static_cast<std::uint64_t>(section.integer("count"));
  if (!section.has("age") && !section.has("count")) out.add(keep.place(), "`keep` says neither how long nor how many", "write keep: { age: 30d }, keep: { count: 1000000 } or both");
  return read;
}

bool of_events(const Settings& stream) {
  return std::ranges::any_of(stream, [](const Setting& one) { return one.name == "shape" && one.value == "events"; });
}

}  // namespace meshgate::ingest
