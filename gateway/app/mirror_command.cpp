#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <thread>

#include "gateway/app/commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/signals.hpp"
#include "gateway/device/mirror.hpp"

namespace meshgate::app {

namespace {

using device::MirrorProgress;
using Clock = std::chrono::steady_clock;

/// Shows how far the mirror is: one line that moves on a terminal, a line every few seconds elsewhere.
class ProgressLine {
 public:
  void show(const MirrorProgress& progress) {
    parts_[{progress.feed, progress.partition}] = progress;
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    const bool news = progress.stage == MirrorProgress::Stage::caught_up;
    const auto now = Clock::now();
    if (!news && now - shown_ < (terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000))) return;
    const std::string text = line();
    if (text == last_) return;
    shown_ = now;
    last_ = text;
    std::fprintf(stderr, terminal ? "\r\033[K%s" : "%s\n", text.c_str());
    open_ = terminal;
  }

  /// Leaves the moving line, so that what follows stands on its own.
  void end() {
    if (open_) std::fprintf(stderr, "\n");
    open_ = false;
  }

 private:
  std::string line() const {
    std::uint64_t held = 0;
    std::uint64_t count = 0;
    double rate = 0;
    std::size_t caught_up = 0;
    for (const auto& [name, part] : parts_) {
      held += part.held;
      count += part.count;
      if (part.stage == MirrorProgress::Stage::caught_up) {
        ++caught_up;
      } else {
        rate += part.rate;
      }
    }
    std::string out = bar(held, count) + " " + std::to_string(held);
    if (count > 0) out += " of " + std::to_string(count);
    out += " items";
    if (rate > 0) out += ", " + std::to_string(static_cast<std::uint64_t>(rate)) + " lines/s";
    return out + ", " + std::to_string(caught_up) + " of " + std::to_string(parts_.size()) + " caught up";
  }

  static std::string bar(std::uint64_t held, std::uint64_t count) {
    constexpr std::size_t kWidth = 24;
    const std::size_t full = count == 0 ? 0 : std::min<std::size_t>(kWidth, static_cast<std::size_t>(held * kWidth / count));
    return "[" + std::string(full, '#') + std::string(kWidth - full, '.') + "]";
  }

  std::map<std::pair<std::string, std::string>, MirrorProgress> parts_;
  Clock::time_point shown_;
  std::string last_;
  bool open_ = false;
};

device::MirrorOptions options_of(const MirrorArguments& arguments) {
  device::MirrorOptions options;
  options.url = arguments.url;
  options.feeds = arguments.feeds;
  options.partitions = arguments.partitions;
  options.file = arguments.into;
  options.once = arguments.once;
  options.replace = arguments.replace;
  return options;
}

int exit_of(Code code) {
  if (code == Code::config || code == Code::unsupported) return kWrongUsage;
  return retryable(code) ? kUnreachable : kFailed;
}

}  // namespace

int mirror(const MirrorArguments& arguments) {
  const EndSignals signals;
  ProgressLine line;
  device::MirrorListener listener;
  if (!arguments.quiet) listener.progress = [&](const MirrorProgress& progress) { line.show(progress); };
  listener.say = [&](base::Level level, const std::string& text) {
    if (level < base::Level::info || (arguments.quiet && level < base::Level::warning)) return;
    line.end();
    std::fprintf(stderr, "%s\n", text.c_str());
  };
  auto opened = device::Mirror::open(options_of(arguments), listener);
  if (!opened) {
    std::fprintf(stderr, "meshgate: %s\n", opened.error().message.c_str());
    return exit_of(opened.error().code);
  }
  std::atomic<bool> over{false};
  std::thread watch([&] {
    if (signals.wait_unless(over)) (*opened)->cancel();
  });
  auto summary = (*opened)->run();
  over = true;
  watch.join();
  line.end();
  if (!summary) {
    std::fprintf(stderr, "meshgate: %s\n", summary.error().message.c_str());
    return exit_of(summary.error().code);
  }
  std::printf("%s", summary->text().c_str());
  return !arguments.once || summary->verified() ? kDone : kFailed;
}

}  // namespace meshgate::app
