#include "gateway/access/device_book.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gateway/base/owner_file.hpp"

namespace meshgate::access {

Result<std::unique_ptr<DeviceBook>> DeviceBook::open(std::string file, std::size_t spare) {
  std::unique_ptr<DeviceBook> out(new DeviceBook(std::move(file), spare));
  if (auto done = out->read(); !done) return std::move(done).error();
  return out;
}

DeviceBook::~DeviceBook() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status DeviceBook::read() {
  auto text = base::read_owner_file(file_);
  if (!text) return std::move(text).error();
  if (!*text) return write_anew();
  if (auto taken = take(**text); !taken) return std::move(taken).error().within(file_);
  // Also puts away what a crash has left of a line.
  return write_anew();
}

Status DeviceBook::take(std::string_view text) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const bool last = end == std::string_view::npos || end + 1 == text.size();
    auto entry = parse_book_line(text.substr(0, end));
    if (!entry && last) return {};
    if (!entry) {
      return Error{Code::corrupt, "line " + std::to_string(number) + " is not one that was written; move the file away, and everybody signs in again"};
    }
    if (end == std::string_view::npos) return {};
    if (entry->revoked) {
      devices_.erase(entry->device.id);
    } else {
      devices_.insert_or_assign(entry->device.id, std::move(entry->device));
    }
    text.remove_prefix(end + 1);
  }
  return {};
}

Status DeviceBook::write_anew() {
  std::string text;
  {
    const std::shared_lock lock(devices_mutex_);
    for (const auto& [id, device] : devices_) text.append(device_line(device)).append("\n");
    lines_ = devices_.size();
  }
  if (auto written = base::write_owner_file(file_, text); !written) return written;
  bytes_ = text.size();
  return reopen();
}

Status DeviceBook::reopen() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
  broken_ = descriptor_ < 0;
  if (broken_) return Error{Code::config, file_ + ": cannot be opened (" + std::strerror(errno) + ")"};
  return {};
}

Status DeviceBook::append(std::string_view lines) {
  if (broken_) return Error{Code::retry, "the book of devices could not be written; look at the disk and restart the node"};
  if (lines_ > 2 * size() + spare_) {
    if (auto done = write_anew(); !done) return done;
  }
  const bool written = base::write_all(descriptor_, lines);
  const int reason = errno;
  if (!written) {
    // What stands there of the lines must not become the beginning of the next one.
    broken_ = ::ftruncate(descriptor_, static_cast<off_t>(bytes_)) != 0;
    return Error{reason == ENOSPC ? Code::no_space : Code::retry, file_ + ": cannot be written (" + std::strerror(reason) + ")"};
  }
  broken_ = ::fdatasync(descriptor_) != 0;
  if (broken_) return Error{Code::retry, file_ + ": cannot be made durable (" + std::strerror(errno) + "); look at the disk and restart the node"};
  bytes_ += lines.size();
  lines_ += static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
  return {};
}

Status DeviceBook::add(const Device& device) {
  const std::lock_guard writing(writing_);
  if (auto done = append(device_line(device) + "\n"); !done) return done;
  const std::lock_guard lock(devices_mutex_);
  devices_.insert_or_assign(device.id, device);
  return {};
}

Status DeviceBook::change(const std::string& id, const std::function<Status(Device&)>& change) {
  const std::lock_guard writing(writing_);
  auto device = find(id);
  if (!device) return Error{Code::not_found, "there is no such device"};
  const Device before = *device;
  if (auto changed = change(*device); !changed) return changed;
  if (*device == before) return {};
  if (auto done = append(device_line(*device) + "\n"); !done) return done;
  const std::lock_guard lock(devices_mutex_);
  devices_.insert_or_assign(id, std::move(*device));
  return {};
}

Status DeviceBook::remove(const std::vector<std::string>& ids) {
  const std::lock_guard writing(writing_);
  std::string lines;
  for (const auto& id : ids) {
    if (find(id)) lines.append(revoked_line(id)).append("\n");
  }
  if (lines.empty()) return {};
  if (auto done = append(lines); !done) return done;
  const std::lock_guard lock(devices_mutex_);
  for (const auto& id : ids) devices_.erase(id);
  return {};
}

bool DeviceBook::holds(std::string_view id, std::string_view user) const {
  const std::shared_lock lock(devices_mutex_);
  const auto at = devices_.find(id);
  return at != devices_.end() && at->second.user == user;
}

std::optional<Device> DeviceBook::find(std::string_view id) const {
  const std::shared_lock lock(devices_mutex_);
  const auto at = devices_.find(id);
  if (at == devices_.end()) return std::nullopt;
  return at->second;
}

std::vector<Device> DeviceBook::list(std::optional<std::string_view> user) const {
  std::vector<Device> out;
  {
    const std::shared_lock lock(devices_mutex_);
    for (const auto& [id, device] : devices_) {
      if (!user || device.user == *user) out.push_back(device);
    }
  }
  std::sort(out.begin(), out.end(), [](const Device& a, const Device& b) { return a.enrolled < b.enrolled || (a.enrolled == b.enrolled && a.id < b.id); });
  return out;
}

std::size_t DeviceBook::size() const {
  const std::shared_lock lock(devices_mutex_);
  return devices_.size();
}

}  // namespace meshgate::access
