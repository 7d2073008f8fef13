#include "gateway/serve/range_draft.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace meshgate::serve {

namespace {

Error failed(const std::filesystem::path& path) {
  const int why = errno;
  return {why == ENOSPC || why == EDQUOT ? Code::no_space : Code::retry, path.string() + ": " + std::strerror(why)};
}

}  // namespace

Result<std::unique_ptr<RangeDraft>> RangeDraft::begin(const std::filesystem::path& path, net::Encoding encoding) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(path);
  return std::unique_ptr<RangeDraft>(new RangeDraft(path, encoding, descriptor));
}

RangeDraft::RangeDraft(std::filesystem::path path, net::Encoding encoding, int descriptor)
    : path_(std::move(path)), encoding_(encoding), descriptor_(descriptor), compressor_(net::Compressor::make(encoding)) {}

RangeDraft::~RangeDraft() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

Status RangeDraft::add(std::string_view lines) {
  if (encoding_ == net::Encoding::identity) return write(lines);
  if (!compressor_ || !compressor_->add(lines, net::Flush::none, compressed_)) return Error{Code::retry, "compression failed"};
  auto written = write(compressed_);
  compressed_.clear();
  return written;
}

Status RangeDraft::finish() {
  if (compressor_) {
    if (!compressor_->add({}, net::Flush::end, compressed_)) return Error{Code::retry, "compression failed"};
    if (auto written = write(compressed_); !written) return written;
  }
  hash_ = sha_.finish();
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0) return failed(path_);
  return {};
}

Status RangeDraft::move_to(const std::filesystem::path& path) {
  if (::rename(path_.c_str(), path.c_str()) != 0) return failed(path);
  path_.clear();
  return {};
}

Status RangeDraft::write(std::string_view bytes) {
  sha_.add(bytes);
  size_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace meshgate::serve
