#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "gateway/base/log.hpp"
#include "gateway/device/mirror.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::app {

/// Keeps a device's feeds in its SQLite file, on a thread of its own, for as long as this lives: a mirror of the device's own interface. A first copy need not wait until the store
/// has it whole: its pages come here as they are written there.
class DeviceCopy {
 public:
  /// `holds`: whether there is anything to read yet. Opens the file, so that what is wrong with it is said here. Blocks for that.
  static Result<std::unique_ptr<DeviceCopy>> start(device::MirrorOptions options, std::function<bool()> holds, base::Log& log);
  /// Within two seconds.
  ~DeviceCopy();
  /// Takes no more; does not wait. Any thread.
  void stop();
  /// A page that the store has taken. Any thread; blocks while many wait. Once the first copy is there, nothing is done with it.
  void take(const store::Feed& feed, const std::string& partition, const Cursor& after, const std::string& lines, const Mark& mark);
  DeviceCopy(const DeviceCopy&) = delete;
  DeviceCopy& operator=(const DeviceCopy&) = delete;

 private:
  DeviceCopy(device::MirrorOptions options, std::function<bool()> holds, base::Log& log) : options_(std::move(options)), holds_(std::move(holds)), log_(log) {}
  Status open();
  void run();
  void take_first_copy();
  bool wait(std::chrono::milliseconds time);

  const device::MirrorOptions options_;
  const std::function<bool()> holds_;
  base::Log& log_;
  std::mutex mutex_;  ///< of all behind it but the thread
  std::condition_variable wake_;
  bool stop_ = false;
  bool first_ = true;  ///< pages are taken
  std::deque<device::MirrorPage> pages_;
  std::size_t bytes_ = 0;  ///< of them
  std::unique_ptr<device::Mirror> mirror_;
  std::thread thread_;
};

}  // namespace meshgate::app
