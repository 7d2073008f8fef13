#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

namespace meshgate::base {

enum class Level { debug, info, warning, error };

/// Structured log lines on standard error: time, level, room, message. One per process, made in `main`, handed down by reference; thread
/// safe. Every line passes the redaction given at construction, so that no secret can be printed.
class Log {
 public:
  using Redact = std::function<std::string(std::string)>;
  explicit Log(Level least = Level::info, Redact redact = {});
  virtual ~Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void debug(std::string_view room, std::string_view message) { write(Level::debug, room, message); }
  void info(std::string_view room, std::string_view message) { write(Level::info, room, message); }
  void warning(std::string_view room, std::string_view message) { write(Level::warning, room, message); }
  void error(std::string_view room, std::string_view message) { write(Level::error, room, message); }
  void write(Level level, std::string_view room, std::string_view message);

  /// From now on, on all threads.
  void set_least(Level least) { least_ = least; }
  /// A message as it may be shown to people.
  [[nodiscard]] std::string redacted(std::string message) const;

 protected:
  /// Where finished lines go; tests override it.
  virtual void put(const std::string& line);

 private:
  std::atomic<Level> least_;
  Redact redact_;
};

}  // namespace meshgate::base
