#include "gateway/base/log.hpp"

#include <unistd.h>

#include "mesh/time.hpp"

namespace meshgate::base {

namespace {

std::string_view word(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info ";
    case Level::warning: return "warn ";
    case Level::error: return "error";
  }
  return "?";
}

/// Line ends would forge lines, escapes would reach a terminal: messages quote what sources and readers sent.
bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

Log::Log(Level least, Redact redact) : least_(least), redact_(std::move(redact)) {}

void Log::write(Level level, std::string_view room, std::string_view message) {
  if (level >= least_) compose(level, room, message);
}

void Log::audit(const Act& act) {
  std::string line = act.who;
  if (!act.from.empty()) line += " from " + act.from;
  line += ": " + act.what + ", " + act.result;
  if (!act.request.empty()) line += ", request " + act.request;
  compose(Level::warning, "audit", line);
}

void Log::compose(Level level, std::string_view room, std::string_view message) {
  std::string line = utc_text(now());
  line.append(" ").append(word(level)).append(" ").append(room).append(": ");
  for (const char c : redacted(std::string(message))) line += control(c) ? ' ' : c;
  line += '\n';
  put(line);
}

std::string Log::redacted(std::string message) const { return redact_ ? redact_(std::move(message)) : message; }

void Log::put(const std::string& line) {
  // One write per line: lines of several threads do not mix. A closed standard error is nobody's to report to.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace meshgate::base
