#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "connectors/odbc/session.hpp"
#include "connectors/odbc/worker.hpp"

namespace meshgate::odbc {

/// A session and the thread that speaks through it. Nobody who calls here waits longer than the target's timeout, whatever the driver
/// does: a call that is late or cancelled is interrupted, and if that does not help it is left behind together with its session.
class Link {
 public:
  using Job = std::function<Diagnosis(Session&)>;
  /// What a long job calls when a part of it is done: it has the whole timeout again, and whoever waits looks whether he is served.
  using Beat = std::function<void()>;
  using LongJob = std::function<Diagnosis(Session&, const Beat&)>;
  enum class Wait : std::uint8_t { done, not_yet, broken };

  Link(std::shared_ptr<const Target> target, std::shared_ptr<Signal> signal) : target_(std::move(target)), signal_(std::move(signal)) {}
  ~Link() { drop(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Starts a job, connecting first where that is needed. What it captures lives until it ends, wherever that is.
  void start(Job job);
  void start(LongJob job);
  /// A job was started and not taken.
  [[nodiscard]] bool asked() const { return outcome_ != nullptr; }
  [[nodiscard]] bool busy() const { return worker_ && worker_->busy(); }
  /// Blocks until the job is done, or `served` says after a beat that what is wanted is there, or until then. `broken`: it took longer than the
  /// timeout or was cancelled, and the session is gone.
  Wait wait(Clock::time_point until, const std::function<bool()>& served = {});
  /// How the last job ended; the session is dropped when that was a lost connection.
  Diagnosis take();
  /// start, wait, take.
  Diagnosis call(Job job);
  /// Runs once when nothing has been asked for that long.
  void when_idle(std::chrono::milliseconds after, std::function<void()> job);
  /// Lets go of something that jobs have used (a cursor, a transaction) on the link's thread: that can block too, and a job that was left
  /// behind may still be using it.
  void release(std::shared_ptr<void> used);
  /// Ends the running job, if any, and closes the session.
  void drop();

 private:
  struct Outcome {
    Diagnosis diagnosis;
    std::atomic<Clock::time_point> deadline;
  };
  void give_up();

  std::shared_ptr<const Target> target_;
  std::shared_ptr<Signal> signal_;
  std::shared_ptr<Session> session_;
  std::shared_ptr<Outcome> outcome_;
  std::optional<Worker> worker_;
};

}  // namespace meshgate::odbc
