#include "gateway/net/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace meshgate::net {

namespace {

std::uint64_t page() {
  static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace

Result<std::shared_ptr<const File>> File::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Error{errno == ENOENT ? Code::not_found : Code::retry, path + ": " + std::strerror(errno)};
  struct stat about {};
  if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(descriptor);
    return Error{Code::corrupt, path + ": not a file that can be sent"};
  }
  const auto size = static_cast<std::uint64_t>(about.st_size);
  void* mapped = size == 0 ? MAP_FAILED : ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  return std::shared_ptr<const File>(new File(descriptor, size, mapped == MAP_FAILED ? nullptr : mapped));
}

File::~File() {
  if (mapped_ != nullptr) ::munmap(mapped_, size_);
  ::close(descriptor_);
}

bool File::resident(std::uint64_t at, std::size_t bytes) const {
  if (mapped_ == nullptr || at + bytes > size_) return false;
  const std::uint64_t first = at / page() * page();
  const std::uint64_t length = at + bytes - first;
  std::vector<unsigned char> pages((length + page() - 1) / page());
  if (::mincore(static_cast<char*>(mapped_) + first, length, pages.data()) != 0) return false;
  return std::all_of(pages.begin(), pages.end(), [](unsigned char one) { return (one & 1U) != 0; });
}

void File::bring_in(std::uint64_t at, std::size_t bytes) const {
  std::string dropped;
  static_cast<void>(read(at, bytes, dropped));
}

bool File::read(std::uint64_t at, std::size_t bytes, std::string& out) const {
  const std::size_t before = out.size();
  out.resize(before + bytes);
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t got = ::pread(descriptor_, out.data() + before + have, bytes - have, static_cast<off_t>(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(before + have);
  return have == bytes;
}

}  // namespace meshgate::net
