#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

namespace meshgate::base {

enum class Level { debug, info, warning, error };

/// What somebody did to the node, or tried to.
struct Act {
  std::string who;      ///< "ann (4f3a…)", "administrator (socket, uid 1000)"
  std::string from;     ///< their address; empty: from no network
  std::string what;     ///< "POST /admin/release/orders"
  std::string result;   ///< "answered 200"
  std::string request;  ///< its id; empty: no request led to it
};

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
  /// A line at level warning, of a room of its own, "audit", that is written whatever the least level is: each act leaves exactly one.
  void audit(const Act& act);

  /// From now on, on all threads.
  void set_least(Level least) { least_ = least; }
  /// A message as it may be shown to people.
  [[nodiscard]] std::string redacted(std::string message) const;

 protected:
  /// Where finished lines go; tests override it.
  virtual void put(const std::string& line);

 private:
  void compose(Level level, std::string_view room, std::string_view message);

  std::atomic<Level> least_;
  Redact redact_;
};

}  // namespace meshgate::base
