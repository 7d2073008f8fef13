#include "config/read_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace meshgate::config {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Error failed(int reason) {
  if (reason == ENOENT) return {Code::config, "there is no such file"};
  if (reason == EACCES) return {Code::config, "this user may not read the file"};
  if (reason == EISDIR) return {Code::config, "this is a folder, not a file"};
  return {Code::config, "the file cannot be read: " + std::generic_category().message(reason)};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return failed(errno);
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return failed(errno);
  if (S_ISDIR(about.st_mode)) return failed(EISDIR);
  // Opening must not wait for a writer of a named pipe; reading from one that has a writer may.
  if (::fcntl(file.number(), F_SETFL, 0) != 0) return failed(errno);
  std::string out;
  char room[16384];
  while (true) {
    const ssize_t got = ::read(file.number(), room, sizeof room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) return out;
    out.append(room, static_cast<std::size_t>(got));
    if (out.size() > most) return Error{Code::config, "the file is larger than " + std::to_string(most) + " bytes"};
  }
}

std::string beside(const std::string& file, const std::string& path) {
  const std::filesystem::path given(path);
  if (given.is_absolute()) return path;
  return (std::filesystem::path(file).parent_path() / given).lexically_normal().string();
}

}  // namespace meshgate::config
