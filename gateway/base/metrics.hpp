#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshgate::base {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// A number that only grows.
class Counter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A number that goes up and down.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double by);
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// The node's metrics, as OpenMetrics text. Made once, handed down; thread safe. Counters and gauges live as long as it does.
class Metrics {
 public:
  /// The counter or gauge of this name and these labels, made at first use. `name` without "_total"; `help` is one sentence.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  /// A gauge whose value is asked for when the text is made; must not block for long.
  void ask(std::string_view name, std::string_view help, const Labels& labels, std::function<double()> value);

  /// The OpenMetrics 1.0 text exposition, "# EOF" at its end.
  [[nodiscard]] std::string text() const;

 private:
  struct Series {
    std::string labels;  ///< {a="b"}, or empty
    Counter counter;
    Gauge gauge;
    std::function<double()> ask;
  };
  struct Family {
    std::string name;
    std::string help;
    bool counts = false;
    std::vector<std::unique_ptr<Series>> series;
  };
  Series& series(std::string_view name, std::string_view help, bool counts, const Labels& labels);

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Family>> families_;
};

}  // namespace meshgate::base
