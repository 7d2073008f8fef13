#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "gateway/base/log.hpp"
#include "gateway/device/mirror.hpp"

namespace meshgate::app {

/// Keeps a device's feeds in its SQLite file: a mirror of the device's own interface, on a thread of its own, for as long as this lives.
class DeviceCopy {
 public:
  /// `holds`: whether there is anything to read yet. Opens the file, so that what is wrong with it is said here. Blocks for that.
  static Result<std::unique_ptr<DeviceCopy>> start(device::MirrorOptions options, std::function<bool()> holds, base::Log& log);
  /// Within two seconds.
  ~DeviceCopy();
  DeviceCopy(const DeviceCopy&) = delete;
  DeviceCopy& operator=(const DeviceCopy&) = delete;

 private:
  DeviceCopy(device::MirrorOptions options, std::function<bool()> holds, base::Log& log) : options_(std::move(options)), holds_(std::move(holds)), log_(log) {}
  Status open();
  void run();
  bool wait(std::chrono::milliseconds time);

  const device::MirrorOptions options_;
  const std::function<bool()> holds_;
  base::Log& log_;
  std::mutex mutex_;  ///< of the three behind it
  std::condition_variable wake_;
  bool stop_ = false;
  std::unique_ptr<device::Mirror> mirror_;
  std::thread thread_;
};

}  // namespace meshgate::app
