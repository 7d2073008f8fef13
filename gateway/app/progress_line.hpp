#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "gateway/device/mirror.hpp"

namespace meshgate::app {

/// Shows on standard error how far a mirror is: one line that moves on a terminal, a line every few seconds elsewhere.
class ProgressLine {
 public:
  void show(const device::MirrorProgress& progress);
  /// Leaves the moving line, so that what follows stands on its own.
  void end();

 private:
  using Clock = std::chrono::steady_clock;

  void print(const std::string& text);
  [[nodiscard]] std::string line();
  /// Lines per second since the last time, smoothed; 0: not known yet.
  double rate(std::uint64_t lines);

  const bool terminal_ = on_terminal();
  std::map<std::pair<std::string, std::string>, device::MirrorProgress> parts_;
  Clock::time_point shown_;
  Clock::time_point counted_at_;
  std::uint64_t counted_ = 0;
  double rate_ = 0;
  std::string last_;
  bool open_ = false;

  static bool on_terminal();
};

}  // namespace meshgate::app
