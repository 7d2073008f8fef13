#include "gateway/device/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace meshgate::device {

Result<FileLock> FileLock::take(const std::string& path) {
  const std::string name = path + "-lock";
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return Error{Code::config, name + ": cannot be opened (" + std::strerror(errno) + "); check that its folder exists and may be written"};
  }
  FileLock out(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return Error{Code::conflict, path + ": another meshgate mirror writes this file; stop it, or mirror into another file"};
  }
  return out;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace meshgate::device
