#include "gateway/app/device_copy.hpp"

namespace meshgate::app {

namespace {

constexpr std::chrono::milliseconds kUntilHeld{100};
constexpr std::chrono::seconds kAfterFault{10};

}  // namespace

Result<std::unique_ptr<DeviceCopy>> DeviceCopy::start(device::MirrorOptions options, std::function<bool()> holds, base::Log& log) {
  std::unique_ptr<DeviceCopy> out(new DeviceCopy(std::move(options), std::move(holds), log));
  if (auto opened = out->open(); !opened) return std::move(opened).error();
  out->thread_ = std::thread([copy = out.get()] { copy->run(); });
  return out;
}

DeviceCopy::~DeviceCopy() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (mirror_) mirror_->cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
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

void DeviceCopy::run() {
  while (!holds_()) {
    if (!wait(kUntilHeld)) return;
  }
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
