#include "gateway/serve/step.hpp"

#include <algorithm>

namespace meshgate::serve {

using std::chrono::steady_clock;

namespace {

constexpr std::size_t kStepBytes = std::size_t{64} << 10U;  ///< what a reader that takes nothing holds on to; one line may go over
constexpr std::size_t kKeptBytes = std::size_t{2} << 20U;   ///< of each partition
constexpr std::size_t kKeptSteps = 256;

/// The only mark among the lines of a page is its last.
std::string as_events(std::string_view lines, const Cursor& to) {
  const auto mark = lines.rfind('\n', lines.size() - 2) + 1;
  std::string out;
  append_events(out, lines.substr(0, mark));
  out.append("id: ").append(to.text()).append("\n");
  append_line(out, lines.substr(mark), true);
  return out;
}

}  // namespace

Step::Step(const Place& from, Chunk chunk)
    : from_(from.at),
      to_(chunk.next.at),
      from_schema_(from.schema),
      to_schema_(chunk.next.schema),
      entries_(chunk.entries),
      end_(chunk.end),
      caught_up_(chunk.caught_up),
      standing_(chunk.standing),
      lines_(chunk.bytes) {}

void Step::move(Place& place) const {
  place.at = to_;
  place.schema = to_schema_;
}

const net::Broadcast& Step::events() const {
  std::call_once(eventful_, [this] { events_ = std::make_unique<net::Broadcast>(as_events(lines_.plain().bytes(), to_)); });
  return *events_;
}

Steps::Steps(Place place, std::optional<Standing> standing) : end_(std::move(place)), standing_(standing) { end_->events = false; }

std::shared_ptr<const Step> Steps::next(const Place& place) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(kept_.rbegin(), kept_.rend(), [&](const auto& step) { return step->starts_at(place); });
  return found == kept_.rend() ? nullptr : *found;
}

std::shared_ptr<const Step> Steps::mark(const Place& place, steady_clock::time_point since) const {
  const std::lock_guard lock(mutex_);
  const bool fresh = mark_ && marked_at_ >= since && mark_->starts_at(place) && !moved(place, mark_->standing());
  return fresh ? mark_ : nullptr;
}

void Steps::offer(const Place& place, const std::optional<Standing>& standing) {
  const std::lock_guard lock(mutex_);
  if (end_) return;
  end_ = place;
  end_->events = false;
  standing_ = standing;
}

void Steps::keep(std::shared_ptr<const Step> step) {
  const std::lock_guard lock(mutex_);
  if (end_) step->move(*end_);
  standing_ = step->standing();
  bytes_ += step->bytes();
  kept_.push_back(std::move(step));
  while (kept_.size() > 1 && (bytes_ > kKeptBytes || kept_.size() > kKeptSteps)) {
    bytes_ -= kept_.front()->bytes();
    kept_.pop_front();
  }
}

void Steps::keep_mark(std::shared_ptr<const Step> step) {
  const std::lock_guard lock(mutex_);
  mark_ = std::move(step);
  marked_at_ = steady_clock::now();
}

void Steps::advance() {
  const std::lock_guard alone(advancing_);
  std::optional<Place> place;
  {
    const std::lock_guard lock(mutex_);
    if (end_ && !moved(*end_, standing_)) return;
    place = end_;
  }
  std::size_t read = 0;
  bool more = place.has_value();
  while (more) {
    Chunk chunk = read_page(*place, kStepBytes);
    // Beyond what is kept, nobody would find the first of these steps any more.
    read += chunk.bytes.size();
    if (!chunk.fine() || read > kKeptBytes) {
      const std::lock_guard lock(mutex_);
      end_.reset();
      break;
    }
    const auto step = std::make_shared<const Step>(*place, std::move(chunk));
    step->move(*place);
    more = !step->end();
    if (step->still()) {
      keep_mark(step);
      const std::lock_guard lock(mutex_);
      standing_ = step->standing();
    } else {
      keep(step);
    }
  }
  bell.ring();
}

bool Steps::ready(const Place& place) const {
  // In this order: what advance() reads between the two has a step.
  return !pending() || next(place);
}

bool Steps::pending() const {
  const std::lock_guard lock(mutex_);
  return end_ && moved(*end_, standing_);
}

void Steps::give_up() {
  {
    const std::lock_guard lock(mutex_);
    end_.reset();
  }
  bell.ring();
}

bool Steps::claim() {
  const std::lock_guard lock(mutex_);
  if (claimed_) return false;
  claimed_ = true;
  return true;
}

void Steps::read_mark(const Place& place) {
  Place plain = place;
  plain.events = false;
  Chunk chunk = read_page(plain, kStepBytes);
  keep_mark(chunk.fine() ? std::make_shared<const Step>(plain, std::move(chunk)) : nullptr);
}

void Steps::release() {
  {
    const std::lock_guard lock(mutex_);
    claimed_ = false;
  }
  marked.ring();
}

}  // namespace meshgate::serve
