#include "gateway/access/revocations.hpp"

#include <charconv>

#include "gateway/base/owner_file.hpp"

namespace meshgate::access {

namespace {

/// "Zk3vY1mVhSmRHZBbk0Oj7g 1767607509123456": a device and when.
bool read_line(std::string_view line, std::map<std::string, Micros>& into) {
  const auto space = line.find(' ');
  if (space == 0 || space == std::string_view::npos) return false;
  Micros at;
  const char* end = line.data() + line.size();
  const auto read = std::from_chars(line.data() + space + 1, end, at.count);
  if (read.ec != std::errc() || read.ptr != end) return false;
  into.emplace(line.substr(0, space), at);
  return true;
}

}  // namespace

Result<std::unique_ptr<Revocations>> Revocations::open(std::string file, std::int64_t life_micros) {
  std::unique_ptr<Revocations> out(new Revocations(std::move(file), life_micros));
  const auto text = base::read_owner_file(out->file_);
  if (!text) return text.error();
  std::string_view rest = *text ? std::string_view(**text) : std::string_view();
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos || !read_line(rest.substr(0, end), out->devices_)) {
      return Error{Code::corrupt, out->file_ + ": it does not hold what was written; remove it, and wait for the longest token to be over before other nodes are relied on"};
    }
    rest.remove_prefix(end + 1);
  }
  return out;
}

Status Revocations::write(const std::map<std::string, Micros>& next) {
  std::string text;
  for (const auto& [device, at] : next) text.append(device).append(" ").append(std::to_string(at.count)).append("\n");
  if (auto written = base::write_owner_file(file_, text); !written) return written;
  const std::lock_guard lock(mutex_);
  devices_ = next;
  return {};
}

Status Revocations::add(const std::vector<std::string>& devices, Micros at) {
  const std::lock_guard writing(writing_);
  auto next = devices_;
  for (const auto& device : devices) next.insert_or_assign(device, at);
  return write(next);
}

Result<bool> Revocations::tend(Micros at) {
  const std::lock_guard writing(writing_);
  auto next = devices_;
  const auto gone = std::erase_if(next, [&](const auto& one) { return at.count - one.second.count > life_; });
  if (gone == 0) return false;
  if (auto written = write(next); !written) return std::move(written).error();
  return true;
}

std::vector<std::string> Revocations::devices() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [device, at] : devices_) out.push_back(device);
  return out;
}

}  // namespace meshgate::access
