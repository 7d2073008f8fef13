#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/ingest/connection.hpp"

namespace meshgate::ingest {

/// Checks of passwords at one source, beside what reads it and beside each other: each has a connection of its own, which ends with it. Thread safe. The
/// destructor stops those that run and waits for them.
class PasswordChecks {
 public:
  PasswordChecks() = default;
  ~PasswordChecks();
  PasswordChecks(const PasswordChecks&) = delete;
  PasswordChecks& operator=(const PasswordChecks&) = delete;

  /// Blocks until the source has answered or its timeouts are over.
  Status check(const Plugin& plugin, const Settings& connection, const Settings& stream, const Credentials& who, base::Log& log);
  /// Cancels those that run, and refuses later ones; does not wait.
  void stop();

 private:
  bool enter(Connection& connection);
  void leave(Connection& connection);

  std::mutex mutex_;
  std::condition_variable left_;
  std::vector<Connection*> running_;
  bool stopped_ = false;
};

}  // namespace meshgate::ingest
