#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/device.hpp"
#include "mesh/result.hpp"

namespace meshgate::access {

/// Who is signed in with what. A file of lines that only its owner may read: each change appends one and is durable before it is seen; the last
/// line of a device counts. Written anew when most lines are out of date. A line that a crash cut short was never answered for, and is dropped.
class DeviceBook {
 public:
  /// `spare`: so many lines that are out of date are left, beside as many as there are devices. Blocks.
  static Result<std::unique_ptr<DeviceBook>> open(std::string file, std::size_t spare = 1000);
  ~DeviceBook();
  DeviceBook(const DeviceBook&) = delete;
  DeviceBook& operator=(const DeviceBook&) = delete;

  /// Enrols a device. Blocks.
  Status add(const Device& device);
  /// Lets `change` see a device and alter it, nobody else between; what it returns is returned, and is written only when that is no error.
  /// Code::not_found when it is not in the book. Blocks.
  Status change(const std::string& id, const std::function<Status(Device&)>& change);
  /// Takes devices out; those that are not in it are none. Blocks.
  Status remove(const std::vector<std::string>& ids);

  /// Whether a device of this person is signed in. Never blocks for long.
  [[nodiscard]] bool holds(std::string_view id, std::string_view user) const;
  [[nodiscard]] std::optional<Device> find(std::string_view id) const;
  /// All, or those of one person, in the order of their enrolment.
  [[nodiscard]] std::vector<Device> list(std::optional<std::string_view> user) const;
  [[nodiscard]] std::size_t size() const;

 private:
  DeviceBook(std::string file, std::size_t spare) : file_(std::move(file)), spare_(spare) {}
  Status read();
  Status take(std::string_view text);
  /// Of lines with their ends. Under writing_.
  Status append(std::string_view lines);
  Status write_anew();
  Status reopen();

  const std::string file_;
  const std::size_t spare_;
  std::mutex writing_;  ///< one change at a time; taken before devices_mutex_. Guards the four below
  int descriptor_ = -1;
  std::size_t bytes_ = 0;  ///< of whole lines
  std::size_t lines_ = 0;
  bool broken_ = false;  ///< a write failed so that the file's end is not known: nothing more is written
  mutable std::shared_mutex devices_mutex_;
  std::map<std::string, Device, std::less<>> devices_;
};

}  // namespace meshgate::access
