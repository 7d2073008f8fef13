#include "gateway/net/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "gateway/net/text.hpp"
#include "mesh/value.hpp"

namespace meshgate::net {

namespace {

constexpr std::string_view kStandardOutput = "stdout";
constexpr std::size_t kMostWaiting = std::size_t{4} << 20U;
constexpr std::size_t kMostText = 256;     ///< of a field that a reader chose
constexpr std::size_t kMostTarget = 2048;

bool contains_word(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) { return lower(a) == b; }) != text.end();
}

/// By its name: what may sign somebody in.
bool may_be_secret(std::string_view parameter) {
  constexpr std::array<std::string_view, 9> kWords{"token", "key", "auth", "pass", "pwd", "secret", "sig", "session", "code"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return contains_word(parameter, word); });
}

/// The target with the values taken out that may be secret. A name with an escape in it may be any name.
std::string shown(std::string_view target) {
  std::string_view query = target;
  std::string out(take_until(query, '?'));
  for (char before = '?'; !query.empty(); before = '&') {
    auto value = take_until(query, '&');
    const bool valued = value.find('=') != std::string_view::npos;
    const auto name = take_until(value, '=');
    out.append(1, before).append(name);
    const bool hidden = name.find('%') != std::string_view::npos || may_be_secret(name);
    if (valued) out.append("=").append(hidden ? "***" : value);
  }
  return out;
}

void text(std::string& out, std::string_view name, std::string_view value, std::size_t most = kMostText) {
  out.append(",\"").append(name).append("\":");
  if (value.empty()) {
    out.append("null");
  } else {
    append_json_string(out, mended_utf8(value.substr(0, most)));
  }
}

void number(std::string& out, std::string_view name, const std::string& value) { out.append(",\"").append(name).append("\":").append(value); }

int open_file(const std::string& path) {
  if (path == kStandardOutput) return ::dup(STDOUT_FILENO);
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

}  // namespace

std::string access_line(const Access& access) {
  std::string out = "{\"time\":\"" + utc_text(access.at) + "\"";
  text(out, "request", access.id);
  text(out, "remote", access.remote);
  text(out, "principal", access.person);
  text(out, "client", access.client);
  text(out, "method", access.method);
  text(out, "path", shown(access.target), kMostTarget);
  text(out, "route", access.route);
  number(out, "status", std::to_string(access.status));
  number(out, "bytes", std::to_string(access.bytes));
  number(out, "duration_us", std::to_string(access.took.count()));
  text(out, "tls", access.tls);
  text(out, "agent", access.agent);
  return out.append("}\n");
}

AccessLog::AccessLog(std::string where, int file, base::Log& log, base::Metrics& metrics)
    : where_(std::move(where)),
      file_(file),
      log_(log),
      dropped_(metrics.counter("meshgate_access_log_dropped_lines", "Lines of the access log that could not be written in time.")) {
  thread_ = std::thread([this] { run(); });
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& where, base::Log& log, base::Metrics& metrics) {
  const int file = open_file(where);
  if (file < 0) return Error{Code::config, "the access log '" + where + "' cannot be opened: " + std::strerror(errno) + "; check its folder and who may write there"};
  return std::unique_ptr<AccessLog>(new AccessLog(where, file, log, metrics));
}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
  ::close(file_);
}

void AccessLog::add(const Access& access) {
  const std::string line = access_line(access);
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > kMostWaiting) return dropped_.add();
    waiting_ += line;
  }
  wake_.notify_one();
}

void AccessLog::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  wake_.notify_one();
}

void AccessLog::run() {
  std::unique_lock lock(mutex_);
  while (!stop_ || !waiting_.empty()) {
    wake_.wait(lock, [this] { return stop_ || reopen_ || !waiting_.empty(); });
    const bool again = std::exchange(reopen_, false);
    const std::string lines = std::exchange(waiting_, {});
    lock.unlock();
    if (again) open_again();
    write(lines);
    lock.lock();
  }
}

void AccessLog::open_again() {
  const int file = open_file(where_);
  if (file < 0) return log_.error("net", "the access log '" + where_ + "' cannot be opened again: " + std::strerror(errno) + "; lines go to the file from before");
  ::close(std::exchange(file_, file));
}

void AccessLog::write(std::string_view lines) {
  while (!lines.empty()) {
    const auto written = ::write(file_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
  if (lines.empty()) {
    failing_ = false;
    return;
  }
  if (!std::exchange(failing_, true)) log_.error("net", "the access log '" + where_ + "' cannot be written: " + std::strerror(errno) + "; lines are dropped until it can be");
  dropped_.add(static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n')));
}

}  // namespace meshgate::net
