#include "gateway/app/device_copy.hpp"

namespace meshgate::app {

namespace {

constexpr std::chrono::milliseconds kSilent{1000};  ///< no page for so long: the first copy is there, or does not come now
constexpr std::size_t kMostWaiting = std::size_t{6} << 20U;
constexpr std::chrono::seconds kAfterFault{10};

}  // namespace

Result<std::unique_ptr<DeviceCopy>> DeviceCopy::start(device::MirrorOptions options, std::function<bool()> holds, base::Log& log) {
  std::unique_ptr<DeviceCopy> out(new DeviceCopy(std::move(options), std::move(holds), log));
  if (auto opened = out->open(); !opened) return std::move(opened).error();
  out->thread_ = std::thread([copy = out.get()] { copy->run(); });
  return out;
}

DeviceCopy::~DeviceCopy() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void DeviceCopy::stop() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
  first_ = false;
  if (mirror_) mirror_->cancel();
  wake_.notify_all();
}

void DeviceCopy::take(const store::Feed& feed, const std::string& partition, const Cursor& after, const std::string& lines, const Mark& mark) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return !first_ || bytes_ < kMostWaiting; });
  if (!first_) return;
  auto state = feed.state();
  pages_.push_back({std::move(state.name), state.uid.bits.hex(), state.divided, std::move(state.schema), partition, after, lines, mark});
  bytes_ += lines.size();
  wake_.notify_all();
}

Status DeviceCopy::open() {
  device::MirrorListener listener;
  listener.say = [this](base::Level level, const std::string& text) { log_.write(level, "sqlite", text); };
  auto opened = device::Mirror::open(options_, std::move(listener));
  if (!opened) return std::move(opened).error();
  const std::lock_guard lock(mutex_);
  mirror_ = std::move(*opened);
  if (stop_) mirror_->cancel();
  return {};
}

bool DeviceCopy::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stop_; });
}

void DeviceCopy::take_first_copy() {
  std::unique_lock lock(mutex_);
  first_ = first_ && !holds_();
  while (first_) {
    const bool silent = !wake_.wait_for(lock, kSilent, [this] { return !first_ || !pages_.empty(); });
    if (silent && holds_()) break;
    if (silent || !first_) continue;
    const auto page = std::move(pages_.front());
    pages_.pop_front();
    lock.unlock();
    const auto taken = mirror_->take(page);
    lock.lock();
    bytes_ -= page.lines.size();
    wake_.notify_all();
    if (taken) continue;
    log_.warning("sqlite", taken.error().message + "; it is read from the store");
    break;
  }
  first_ = false;
  pages_.clear();
  wake_.notify_all();
}

void DeviceCopy::run() {
  take_first_copy();
  for (;;) {
    auto ended = mirror_->run();
    if (!ended) log_.error("sqlite", ended.error().message + "; trying again");
    if (!wait(ended ? std::chrono::milliseconds(0) : kAfterFault)) return;
    {
      const std::lock_guard lock(mutex_);
      mirror_.reset();
    }
    while (true) {
      auto opened = open();
      if (opened) break;
      log_.error("sqlite", opened.error().message + "; trying again");
      if (!wait(kAfterFault)) return;
    }
  }
}

}  // namespace meshgate::app
