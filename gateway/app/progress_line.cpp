#include "gateway/app/progress_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace meshgate::app {

namespace {

using device::MirrorProgress;

std::string bar(std::uint64_t held, std::uint64_t count) {
  constexpr std::size_t kWidth = 24;
  const std::size_t full = count == 0 ? 0 : std::min<std::size_t>(kWidth, static_cast<std::size_t>(held * kWidth / count));
  return "[" + std::string(full, '#') + std::string(kWidth - full, '.') + "] ";
}

/// A line that wraps could not be written over.
std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : 79U;
}

}  // namespace

bool ProgressLine::on_terminal() { return ::isatty(STDERR_FILENO) == 1; }

void ProgressLine::show(const MirrorProgress& progress) {
  const bool checking = progress.stage == MirrorProgress::Stage::checking;
  if (!checking) parts_[{progress.feed, progress.partition}] = progress;
  const auto now = Clock::now();
  const bool news = progress.stage == MirrorProgress::Stage::caught_up;
  if (!news && now - shown_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000))) return;
  shown_ = now;
  print(checking ? "checking " + std::to_string(progress.lines) + " stored rows of " + progress.feed : line());
}

void ProgressLine::print(const std::string& text) {
  if (text == last_) return;
  last_ = text;
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", text.substr(0, terminal_width()).c_str());
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  open_ = terminal_;
}

void ProgressLine::end() {
  if (open_) std::fprintf(stderr, "\n");
  open_ = false;
  last_.clear();
}

double ProgressLine::rate(std::uint64_t lines) {
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - counted_at_).count();
  const bool first = counted_at_ == Clock::time_point{};
  if (!first && seconds > 0) {
    const double present = static_cast<double>(lines - counted_) / seconds;
    rate_ = rate_ == 0 ? present : 0.8 * rate_ + 0.2 * present;
  }
  counted_at_ = now;
  counted_ = lines;
  return rate_;
}

std::string ProgressLine::line() {
  std::uint64_t held = 0;
  std::uint64_t count = 0;
  std::uint64_t lines = 0;
  std::size_t caught_up = 0;
  for (const auto& [name, part] : parts_) {
    held += part.held;
    count += std::max(part.count, part.held);  // the node's count is as old as the last look at its feeds
    lines += part.lines;
    if (part.stage == MirrorProgress::Stage::caught_up) ++caught_up;
  }
  const auto speed = static_cast<std::uint64_t>(rate(lines));
  if (caught_up == parts_.size()) return "caught up: " + std::to_string(held) + " items";
  std::string out = bar(held, count) + std::to_string(held) + " of " + std::to_string(count) + " items";
  if (speed > 0) out += ", " + std::to_string(speed) + " lines/s";
  if (parts_.size() > 1) out += ", " + std::to_string(caught_up) + " of " + std::to_string(parts_.size()) + " caught up";
  return out;
}

}  // namespace meshgate::app
