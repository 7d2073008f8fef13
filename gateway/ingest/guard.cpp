#include "gateway/ingest/guard.hpp"

#include <algorithm>
#include <array>

#include "config/scalars.hpp"
#include "mesh/feed_names.hpp"
#include "mesh/reference.hpp"

namespace meshgate::ingest {

namespace {

using config::Form;
using config::Key;

constexpr std::array kGuardKeys = {
    Key{.name = "share",
        .form = Form::share,
        .help = "Deletes found by a sweep are held when they are more than this share of the feed's items and more than `count`; absent: 10%, and 5% of `_users` and `_groups`."},
    Key{.name = "count",
        .form = Form::integer,
        .help = "So many deletes of one sweep are never held, whatever their share; absent: 100, and 10 of `_users` and `_groups`.",
        .least = 0,
        .most = 1000000000000},
    Key{.name = "protected", .form = Form::list, .help = "Ids of items that are only deleted when the source itself reports it; of `_users` and `_groups` also names and distinguished names."},
};

constexpr std::uint64_t kWhole = 10000;
constexpr std::size_t kShown = 40;

std::string named(const std::vector<std::string>& some, std::uint64_t all) {
  if (some.empty()) return {};
  std::string out;
  for (const auto& one : some) {
    out.append(out.empty() ? " (" : ", ").append(one, 0, kShown);
    if (one.size() > kShown) out.append("…");
  }
  return out.append(some.size() < all ? ", …)" : ")");
}

}  // namespace

std::span<const Key> guard_keys() { return kGuardKeys; }

bool Guard::keeps(std::string_view id, std::string_view content) const {
  if (std::ranges::find(kept, id) != kept.end()) return true;
  if (!by_name || kept.empty()) return false;
  return std::ranges::any_of(names_in(content), [&](const std::string& name) { return std::ranges::find(kept, reference(name), reference) != kept.end(); });
}

Guard usual_guard(std::string_view feed) { return of_directory(feed) ? Guard{.share = 500, .count = 10, .by_name = true} : Guard{}; }

Guard read_guard(const config::Node& guard, Guard usual, config::Secrets& secrets, config::Diagnostics& out) {
  const config::Section section(guard, kGuardKeys, secrets, out);
  if (section.has("share")) usual.share = section.share("share");
  if (section.has("count")) usual.count = static_cast<std::uint64_t>(section.integer("count"));
  if (section.has("protected")) usual.kept = section.list("protected");
  return usual;
}

bool holds(const Guard& guard, const Sweep& sweep) {
  if (sweep.missing == 0) return false;
  if (sweep.seen == 0) return true;
  return sweep.missing > guard.count && sweep.missing * kWhole > guard.share * sweep.items;
}

std::string held_sentence(const Guard& guard, const Sweep& sweep, const std::string& feed, const std::vector<std::string>& some) {
  std::string out;
  if (sweep.seen == 0) {
    out = "a scan found nothing where the feed has " + std::to_string(sweep.items) + " items" + named(some, sweep.missing);
  } else {
    out = "a scan did not find " + std::to_string(sweep.missing) + " of " + std::to_string(sweep.items) + " items" + named(some, sweep.missing) +
          ", more than " + config::written_number(Form::share, static_cast<std::int64_t>(guard.share)) + " and more than " + std::to_string(guard.count);
  }
  return out + "; they are kept. If they are really gone, run `meshgate release " + feed + "`; if not, look at the source's filter, rights and replicas";
}

}  // namespace meshgate::ingest
