#include "connectors/files/reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace meshgate::files {

namespace {

constexpr size_t kChunk = size_t{256} << 10U;
constexpr size_t kHead = size_t{4} << 10U;  // what is kept of a line that is passed over

uint64_t lines_in(std::string_view bytes) { return static_cast<uint64_t>(std::count(bytes.begin(), bytes.end(), '\n')); }

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

RecordReader::RecordReader(int file, Framing framing, uint64_t offset, uint64_t line, size_t longest, std::function<bool()> cancelled)
    : file_(file), framing_(framing), offset_(offset), line_(line), longest_(longest), cancelled_(std::move(cancelled)) {}

RecordReader::Outcome RecordReader::next(RawRecord& out) {
  framing_.reset();
  while (true) {
    const std::string_view have(buffer_.get() + begin_, filled_ - begin_);
    const size_t end = framing_.end(have);
    if (end != std::string_view::npos && end <= longest_) return take(out, end, true);
    if (have.size() > longest_) return give_up(out);
    const Outcome more = fill();
    if (more == Outcome::record) continue;
    if (more != Outcome::end) return more;
    if (have.empty()) return Outcome::end;
    return framing_.in_quotes() ? give_up(out) : take(out, have.size(), false);
  }
}

/// `record`: there is more to look at; `end`: the file has no more at present.
RecordReader::Outcome RecordReader::fill() {
  if (cancelled_()) return Outcome::cancelled;
  const size_t kept = filled_ - begin_;
  if (capacity_ - filled_ < kChunk) {
    // Grown by half at least, so that a long record is copied a few times only.
    const size_t wanted = std::max({2 * kChunk, kept + kChunk, kept + kept / 2});
    auto larger = wanted > capacity_ ? std::make_unique_for_overwrite<char[]>(wanted + kPadding) : nullptr;
    char* to = larger ? larger.get() : buffer_.get();
    if (kept > 0) std::memmove(to, buffer_.get() + begin_, kept);
    if (larger) {
      buffer_ = std::move(larger);
      capacity_ = wanted;
    }
    begin_ = 0;
    filled_ = kept;
  }
  ssize_t got = 0;
  do {
    got = ::pread(file_, buffer_.get() + filled_, capacity_ - filled_, static_cast<off_t>(offset_ + kept));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Outcome::failed;
  if (got == 0) return Outcome::end;
  filled_ += static_cast<size_t>(got);
  return Outcome::record;
}

RecordReader::Outcome RecordReader::take(RawRecord& out, size_t size, bool terminated) {
  last_offset_ = offset_;
  last_line_ = line_;
  last_begin_ = begin_;
  out.bytes = {buffer_.get() + begin_, size};
  out.line = line_;
  out.terminated = terminated;
  line_ += lines_in(out.bytes);
  offset_ += size;
  begin_ += size;
  if (out.bytes.ends_with('\n')) out.bytes.remove_suffix(1);
  if (out.bytes.ends_with('\r')) out.bytes.remove_suffix(1);
  return Outcome::record;
}

RecordReader::Outcome RecordReader::give_up(RawRecord& out) {
  const std::string_view have(buffer_.get() + begin_, filled_ - begin_);
  const size_t newline = have.find('\n');
  if (newline != std::string_view::npos) {
    take(out, newline + 1, true);
    return Outcome::broken;
  }
  head_.assign(have.substr(0, kHead));
  take(out, have.size(), false);
  out.bytes = head_;
  const Outcome skipped = skip_line();
  return skipped == Outcome::record || skipped == Outcome::end ? Outcome::broken : skipped;
}

RecordReader::Outcome RecordReader::skip_line() {
  while (true) {
    const std::string_view have(buffer_.get() + begin_, filled_ - begin_);
    const size_t newline = have.find('\n');
    const size_t passed = newline == std::string_view::npos ? have.size() : newline + 1;
    offset_ += passed;
    begin_ += passed;
    if (newline != std::string_view::npos) {
      ++line_;
      return Outcome::record;
    }
    if (const Outcome more = fill(); more != Outcome::record) return more;
  }
}

void RecordReader::unread() {
  offset_ = last_offset_;
  line_ = last_line_;
  begin_ = last_begin_;
}

}  // namespace meshgate::files
