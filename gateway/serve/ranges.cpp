#include "gateway/serve/ranges.hpp"

#include <algorithm>
#include <set>

#include "mesh/lines.hpp"

namespace meshgate::serve {

namespace {

constexpr std::size_t kMostAtOnce = 2;  ///< renderings under way
constexpr std::size_t kMostLoose = 4;   ///< renderings in memory that could not be kept
constexpr std::chrono::minutes kPromise{10};
constexpr int kLooks = 3;
constexpr std::uint64_t kSampled = 500;
constexpr std::uint64_t kSampledBytes = std::uint64_t{128} << 10U;
constexpr std::uint64_t kLineBytes = 160;  ///< taken where there is no line to look at

/// All lines of a rendering. The schema is read after the pin was taken: it is at least as new as what the lines need.
Result<std::uint64_t> compose(const store::Feed& feed, const RangeName& name, const store::Pin& pin, const store::TakeLines& take) {
  std::string line;
  append_schema(line, feed.state().schema);
  if (!take(line)) return Error{Code::cancelled, "the reading was ended"};
  auto entries = pin.extract(name.part.after, name.part.to, take);
  if (!entries) return entries;
  line.clear();
  append_range(line, {name.part.after, name.part.to, pin.standing().head, pin.standing().floor});
  if (!take(line)) return Error{Code::cancelled, "the reading was ended"};
  return entries;
}

std::uint64_t count_of(const store::FeedState& state, std::string_view partition) {
  const auto& all = state.partitions;
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == partition; });
  return at == all.end() ? 0 : at->count;
}

/// About how long a line is, by a few from the middle of the order.
std::uint64_t line_bytes(const store::Feed& feed, std::string_view partition, const Standing& standing) {
  const Cursor middle{standing.epoch, Seq{number(standing.head) / 2}, standing.head, standing.head};
  const auto page = feed.changes(partition, middle, {.entries = kSampled, .bytes = kSampledBytes});
  if (!page || page->entries == 0) return kLineBytes;
  return std::max<std::uint64_t>(page->lines.size() / page->entries, 1);
}

/// What the disk says is compressed, and counts what is superseded: only the proportions are used.
std::vector<std::uint64_t> scaled(std::vector<std::uint64_t> spread, std::uint64_t bytes, std::size_t cells) {
  std::uint64_t sum = 0;
  for (const auto one : spread) sum += one;
  for (auto& one : spread) {
    const double share = sum == 0 ? 1.0 / static_cast<double>(spread.size()) : static_cast<double>(one) / static_cast<double>(sum);
    one = static_cast<std::uint64_t>(share * static_cast<double>(bytes));
  }
  spread.resize(std::min(spread.size(), cells));
  return spread;
}

}  // namespace

Ranges::Ranges(OpenFeeds& feeds, store::Store& store, RangeOptions options, base::Log& log, base::Metrics& metrics)
    : feeds_(feeds),
      store_(store),
      options_(std::move(options)),
      log_(log),
      renderings_(metrics.counter("meshgate_range_renderings", "Parts of partitions rendered from the store for first downloads.")),
      answers_(metrics.counter("meshgate_range_answers", "Requests answered with a rendering.")),
      cache_(options_.folder, options_.most_bytes) {
  metrics.ask("meshgate_range_cache_bytes", "Bytes of renderings kept on disk.", {}, [this] { return static_cast<double>(cache_.bytes()); });
}

// ---- what is offered ----

Result<RangeList> Ranges::list(const OpenFeed& open, std::string_view partition) {
  RangeList out;
  for (int look = 0; look < kLooks; ++look) {
    const auto before = open.feed->standing(partition);
    if (!before) return Error{Code::not_found, "the feed has no partition '" + std::string(partition.substr(0, 200)) + "'"};
    out.standing = *before;
    out.ranges.clear();
    // A copy that is not complete owes itself changes, which a rendering could not say.
    if (options_.most_bytes == 0 || before->unfinished || before->head == Seq{0}) return out;
    const std::string order = order_name(open.feed->state().uid.bits, before->epoch, partition);
    if (auto fresh = refresh(open, partition, order, *before); !fresh) return std::move(fresh).error();
    const auto after = open.feed->standing(partition);
    const std::lock_guard lock(mutex_);
    for (const Planned& one : plans_[order].parts) out.ranges.push_back({one.part, one.at, cache_.size({order, one.part, one.at})});
    // Purges go on meanwhile: nothing below the floor that the list shows is listed.
    const bool good = after && after->epoch == before->epoch &&
                      std::all_of(out.ranges.begin(), out.ranges.end(), [&](const auto& one) { return one.at >= after->floor; });
    if (after) out.standing = *after;
    if (good) return out;
  }
  out.ranges.clear();
  return out;
}

Status Ranges::refresh(const OpenFeed& open, std::string_view partition, const std::string& order, const Standing& standing) {
  const std::lock_guard one_at_a_time(planning_);
  Plan plan;
  {
    const std::lock_guard lock(mutex_);
    plan = plans_[order];
  }
  std::shared_ptr<const store::Pin> pin;
  const auto pinned = [&]() -> Status {
    if (pin) return {};
    auto taken = open.feed->pin(partition);
    if (!taken) return std::move(taken).error();
    const Standing& now = (*taken)->standing();
    if (now.epoch != standing.epoch || now.unfinished) return Error{Code::retry, "the feed begins a new order at this moment; ask again"};
    pin = std::move(*taken);
    return {};
  };
  if (standing.head >= plan.good_until) {
    if (auto taken = pinned(); !taken) return taken;
    auto made = make(open, partition, order, pin, plan);
    if (!made) return std::move(made).error();
    plan = std::move(*made);
  }
  for (Planned& one : plan.parts) {
    const bool there = one.pin || cache_.size({order, one.part, one.at});
    if (there && one.at >= standing.floor) continue;
    if (auto taken = pinned(); !taken) return taken;
    one = {one.part, pin->standing().head, pin, Clock::now()};
  }
  const std::lock_guard lock(mutex_);
  plans_[order] = std::move(plan);
  return {};
}

Result<Ranges::Plan> Ranges::make(const OpenFeed& open, std::string_view partition, const std::string& order,
                                  const std::shared_ptr<const store::Pin>& pin, const Plan& before) {
  const Standing& standing = pin->standing();
  const std::uint64_t head = number(standing.head);
  const std::uint64_t count = count_of(open.feed->state(), partition);
  const std::uint64_t line = line_bytes(*open.feed, partition, standing);
  Grain grain;
  grain.cell = cell_of(line, options_.part_bytes, standing.head);
  grain.most = options_.part_bytes;
  auto spread = pin->spread(grain.cell);
  if (!spread) return std::move(spread).error();
  grain.weights = scaled(std::move(*spread), line * count, static_cast<std::size_t>(head / grain.cell));
  // An item that changes leaves its part. When so many have changed that half of all could have, what was rendered before is not offered again.
  const std::uint64_t worn = std::max(count / 2, grain.cell);
  const Seq least = std::max(standing.floor, Seq{head - std::min(head, worn)});
  Plan out;
  for (const Part& part : cut(grain, [&](const Part& one) { return known(order, one, before, least).has_value(); })) {
    if (auto planned = known(order, part, before, least)) {
      out.parts.push_back(std::move(*planned));
    } else {
      out.parts.push_back({part, standing.head, pin, Clock::now()});
    }
  }
  const std::uint64_t end = out.parts.empty() ? 0 : number(out.parts.back().part.to);
  out.good_until = Seq{std::min(end + 2 * grain.cell, head + worn)};
  return out;
}

std::optional<Ranges::Planned> Ranges::known(const std::string& order, const Part& part, const Plan& before, Seq least) const {
  const auto at = std::lower_bound(before.parts.begin(), before.parts.end(), part, [](const Planned& one, const Part& to) { return one.part < to; });
  if (at != before.parts.end() && at->part == part && at->pin && at->at >= least) return *at;
  const auto kept = cache_.latest(order, part);
  if (!kept || *kept < least) return std::nullopt;
  return Planned{part, *kept, nullptr, {}};
}

void Ranges::tidy() {
  std::set<std::string> alive;
  for (const auto& name : store_.names()) {
    const auto open = feeds_.find(name);
    if (!open) continue;
    const auto state = (*open)->feed->state();
    for (const auto& one : state.partitions) alive.insert(order_name(state.uid.bits, one.standing.epoch, one.name));
  }
  cache_.retain(alive);
  const std::lock_guard lock(mutex_);
  std::erase_if(plans_, [&](const auto& plan) { return !alive.contains(plan.first); });
  for (auto& [order, plan] : plans_) {
    for (Planned& one : plan.parts) {
      if (one.pin && Clock::now() - one.listed > kPromise) one.pin.reset();
    }
  }
}

// ---- renderings ----

Rendered Ranges::get(const OpenFeed& open, std::string_view partition, const RangeName& name, net::Encoding encoding) {
  Rendered out;
  out.kept = cache_.open(name, encoding);
  if (out.kept || !begin(name, out)) return out;
  out = make_kept(open, partition, name, encoding);
  end(name);
  return out;
}

/// The caller is the only one at work on this name.
Rendered Ranges::make_kept(const OpenFeed& open, std::string_view partition, const RangeName& name, net::Encoding encoding) {
  Rendered out;
  const auto pin = cache_.size(name) ? nullptr : promised(open, partition, name);
  if (pin) {
    auto rendered = render(open, name, *pin);
    if (!rendered) return render_loose(open, name, *pin, rendered.error());
    fulfilled(name);
  }
  out.kept = cache_.open(name, encoding);
  if (out.kept) return out;
  if (auto encoded = encode(name, encoding); !encoded) {
    out.error = encoded.error();
  } else {
    out.kept = cache_.open(name, encoding);
  }
  if (!out.kept && !out.error) out.error = Error{Code::retry, "a rendering went while it was made; ask again"};
  return out;
}

std::shared_ptr<const store::Pin> Ranges::promised(const OpenFeed& open, std::string_view partition, const RangeName& name) {
  {
    const std::lock_guard lock(mutex_);
    const Planned* planned = listed(name);
    if (planned == nullptr) return nullptr;
    if (planned->pin) return planned->pin;
  }
  // It was rendered and is lost, or waited too long: as long as nothing was committed it can be made again.
  auto now = open.feed->pin(partition);
  if (!now || (*now)->standing().head != name.at || (*now)->standing().unfinished) return nullptr;
  const bool same = name.order == order_name(open.feed->state().uid.bits, (*now)->standing().epoch, partition);
  return same ? std::move(*now) : nullptr;
}

Ranges::Planned* Ranges::listed(const RangeName& name) {
  const auto plan = plans_.find(name.order);
  if (plan == plans_.end()) return nullptr;
  auto& parts = plan->second.parts;
  const auto at = std::find_if(parts.begin(), parts.end(), [&](const Planned& one) { return one.part == name.part && one.at == name.at; });
  return at == parts.end() ? nullptr : &*at;
}

void Ranges::fulfilled(const RangeName& name) {
  const std::lock_guard lock(mutex_);
  if (Planned* planned = listed(name)) planned->pin.reset();
}

bool Ranges::begin(const RangeName& name, Rendered& out) {
  const std::lock_guard lock(mutex_);
  if (const auto loose = loose_.find(name); loose != loose_.end()) {
    out.loose = loose->second.lock();
    if (out.loose) return false;
  }
  const auto same = under_way_.find(name);
  if (same != under_way_.end() || under_way_.size() >= kMostAtOnce) {
    out.wait = same != under_way_.end() ? same->second : room_;
    out.rings = out.wait->rings();
    return false;
  }
  under_way_.emplace(name, std::make_shared<net::Bell>());
  return true;
}

void Ranges::end(const RangeName& name) {
  std::shared_ptr<net::Bell> bell;
  {
    const std::lock_guard lock(mutex_);
    const auto at = under_way_.find(name);
    bell = std::move(at->second);
    under_way_.erase(at);
  }
  bell->ring();
  room_->ring();
}

Status Ranges::render(const OpenFeed& open, const RangeName& name, const store::Pin& pin) {
  std::vector<std::unique_ptr<RangeDraft>> drafts;
  for (const auto encoding : {net::Encoding::identity, net::Encoding::zstd}) {
    auto draft = cache_.draft(encoding);
    if (!draft) return std::move(draft).error();
    drafts.push_back(std::move(*draft));
  }
  Status written;
  const auto take = [&](std::string_view lines) {
    for (const auto& draft : drafts) {
      if (written) written = draft->add(lines);
    }
    return written.has_value();
  };
  const auto entries = compose(*open.feed, name, pin, take);
  for (const auto& draft : drafts) {
    if (written && entries) written = draft->finish();
  }
  if (!written) return written;
  if (!entries) return entries.error();
  renderings_.add();
  return cache_.keep(name, *entries, drafts);
}

/// The disk would not take it: whoever asks now shares it in memory.
Rendered Ranges::render_loose(const OpenFeed& open, const RangeName& name, const store::Pin& pin, const Error& why) {
  Rendered out;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(told_, true)) {
      log_.warning("serve", "parts for first downloads cannot be kept, and are rendered for each reader: " + why.message + "; see to the disk of node.data");
    }
    std::erase_if(loose_, [](const auto& one) { return one.second.expired(); });
    if (loose_.size() >= kMostLoose) {
      out.error = Error{Code::retry, "parts for first downloads cannot be kept on this node's disk, and others are being read from memory; ask again"};
      return out;
    }
  }
  std::string lines;
  const auto entries = compose(*open.feed, name, pin, [&](std::string_view more) { return lines.append(more), true; });
  if (!entries) {
    out.error = entries.error();
    return out;
  }
  renderings_.add();
  out.loose = std::make_shared<const std::string>(std::move(lines));
  const std::lock_guard lock(mutex_);
  loose_[name] = out.loose;
  return out;
}

/// From the plain form into another one.
Status Ranges::encode(const RangeName& name, net::Encoding encoding) {
  const auto size = cache_.size(name);
  const auto plain = size ? cache_.open(name, net::Encoding::identity) : std::nullopt;
  if (!plain) return Error{Code::not_found, "this rendering is no more"};
  std::vector<std::unique_ptr<RangeDraft>> drafts(1);
  auto draft = cache_.draft(encoding);
  if (!draft) return std::move(draft).error();
  drafts[0] = std::move(*draft);
  std::string lines;
  constexpr std::uint64_t kSlice = std::uint64_t{1} << 20U;
  for (std::uint64_t at = 0; at < plain->file->size(); at += lines.size()) {
    lines.clear();
    if (!plain->file->read(at, static_cast<std::size_t>(std::min(kSlice, plain->file->size() - at)), lines)) return Error{Code::retry, "a rendering cannot be read; ask again"};
    if (auto added = drafts[0]->add(lines); !added) return added;
  }
  if (auto finished = drafts[0]->finish(); !finished) return finished;
  return cache_.keep(name, size->entries, drafts);
}

}  // namespace meshgate::serve
