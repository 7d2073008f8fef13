#include "gateway/base/owner_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace meshgate::base {

namespace {

/// A descriptor that is closed in the end.
class Open {
 public:
  explicit Open(int descriptor) : descriptor_(descriptor) {}
  ~Open() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

Error failed(const std::string& path, const char* what) {
  const int reason = errno;
  const Code code = reason == ENOSPC || reason == EDQUOT ? Code::no_space : Code::config;
  return {code, path + ": " + what + " (" + std::strerror(reason) + "); check the folder, its owner and the disk"};
}

Status sync_folder(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const Open opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return failed(folder, "cannot be made durable");
  return {};
}

/// What is wrong with the owner or the mode of something; nothing: they are right.
std::optional<Error> others_may(const std::string& path, const struct stat& found) {
  if (found.st_uid != ::geteuid()) {
    return Error{Code::auth, path + " belongs to another user: what it holds is not believed; remove it, or run as its owner"};
  }
  if ((found.st_mode & 077U) != 0) {
    return Error{Code::auth, path + " can be read or written by others than its owner: what it holds may be known to them; `chmod go= " + path +
                                 "` if that was never so for long, else remove it and sign in again"};
  }
  return std::nullopt;
}

}  // namespace

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Status write_owner_file(const std::string& path, std::string_view content) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  {
    const Open file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return failed(fresh, "cannot be made");
    if (!write_all(file.get(), content) || ::fsync(file.get()) != 0) return failed(fresh, "cannot be written");
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed(path, "cannot be replaced");
  return sync_folder(path);
}

Result<std::optional<std::string>> read_owner_file(const std::string& path) {
  const Open file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::optional<std::string>{};
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0) return failed(path, "cannot be opened");
  if (auto wrong = others_may(path, found)) return std::move(*wrong);
  std::string out;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "cannot be read");
    if (got == 0) return std::optional(std::move(out));
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Status make_owner_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return sync_folder(path);
  if (errno != EEXIST) return failed(path, "cannot be made");
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) return Error{Code::config, path + " is not a folder: move it away"};
  if (auto wrong = others_may(path, found)) return std::move(*wrong);
  return {};
}

}  // namespace meshgate::base
