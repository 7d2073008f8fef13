#include "gateway/ingest/guard.hpp"

#include <array>

#include "config/scalars.hpp"

namespace meshgate::ingest {

namespace {

using config::Form;
using config::Key;

constexpr std::array kGuardKeys = {
    Key{.name = "share",
        .form = Form::share,
        .fallback = "10%",
        .help = "Deletes found by a sweep are held when they are more than this share of the feed's items and more than `count`."},
    Key{.name = "count",
        .form = Form::integer,
        .fallback = "100",
        .help = "So many deletes of one sweep are never held, whatever their share.",
        .least = 0,
        .most = 1000000000000},
};

constexpr std::uint64_t kWhole = 10000;
constexpr std::size_t kShownId = 40;

std::string named(const std::vector<std::string>& ids, std::uint64_t all) {
  if (ids.empty()) return {};
  std::string out;
  for (const auto& id : ids) {
    out.append(out.empty() ? " (" : ", ").append(id, 0, kShownId);
    if (id.size() > kShownId) out.append("…");
  }
  return out.append(ids.size() < all ? ", …)" : ")");
}

}  // namespace

std::span<const Key> guard_keys() { return kGuardKeys; }

Guard read_guard(const config::Node& guard, config::Secrets& secrets, config::Diagnostics& out) {
  const config::Section section(guard, kGuardKeys, secrets, out);
  return {section.share("share"), static_cast<std::uint64_t>(section.integer("count"))};
}

bool holds(const Guard& guard, const Sweep& sweep) {
  if (sweep.missing == 0) return false;
  if (sweep.seen == 0) return true;
  return sweep.missing > guard.count && sweep.missing * kWhole > guard.share * sweep.items;
}

std::string held_sentence(const Guard& guard, const Sweep& sweep, const std::string& feed, const std::vector<std::string>& some_ids) {
  std::string out;
  if (sweep.seen == 0) {
    out = "a scan found nothing where the feed has " + std::to_string(sweep.items) + " items" + named(some_ids, sweep.missing);
  } else {
    out = "a scan did not find " + std::to_string(sweep.missing) + " of " + std::to_string(sweep.items) + " items" + named(some_ids, sweep.missing) +
          ", more than " + config::written_number(Form::share, static_cast<std::int64_t>(guard.share)) + " and more than " + std::to_string(guard.count);
  }
  return out + "; they are kept. If they are really gone, run `meshgate release " + feed + "`; if not, look at the source's filter, rights and replicas";
}

}  // namespace meshgate::ingest
