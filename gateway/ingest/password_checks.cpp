#include "gateway/ingest/password_checks.hpp"

#include <algorithm>

namespace meshgate::ingest {

PasswordChecks::~PasswordChecks() {
  stop();
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return running_.empty(); });
}

Status PasswordChecks::check(const Plugin& plugin, const Settings& connection, const Settings& stream, const Credentials& who, base::Log& log) {
  // No source takes it for a password, and some let everybody in with it.
  if (who.password.empty()) return Error{Code::auth, "the password is empty"};
  auto opened = Connection::open(plugin, connection, log);
  if (!opened) return std::move(opened).error();
  if (!enter(**opened)) return Error{Code::cancelled, "the node is stopping"};
  auto verdict = (*opened)->verify(stream, who);
  leave(**opened);
  return verdict;
}

void PasswordChecks::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Connection* connection : running_) connection->cancel();
}

bool PasswordChecks::enter(Connection& connection) {
  const std::lock_guard lock(mutex_);
  if (!stopped_) running_.push_back(&connection);
  return !stopped_;
}

void PasswordChecks::leave(Connection& connection) {
  const std::lock_guard lock(mutex_);
  std::erase(running_, &connection);
  left_.notify_all();
}

}  // namespace meshgate::ingest
