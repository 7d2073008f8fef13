#include "connectors/files/position.hpp"

#include <charconv>

namespace meshgate::files {

namespace {

/// Takes a number and the space behind it, if there is one.
template <class T>
bool take(std::string_view& text, T& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc{}) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

constexpr std::string_view kScan = "1 scan ";
constexpr std::string_view kRest = "1 rest ";

}  // namespace

std::string ScanPoint::text() const {
  if (resting) return std::string(kRest) + std::to_string(signature);
  std::string out(kScan);
  out += std::to_string(signature) + " " + std::to_string(begun_us) + " ";
  for (const uint64_t number : {records, inode, offset, line, fingerprint}) out += std::to_string(number) + " ";
  return out + file;
}

std::optional<ScanPoint> ScanPoint::parse(std::string_view text) {
  ScanPoint out;
  if (text.starts_with(kRest)) {
    text.remove_prefix(kRest.size());
    out.resting = true;
    return take(text, out.signature) && text.empty() ? std::optional(out) : std::nullopt;
  }
  if (!text.starts_with(kScan)) return std::nullopt;
  text.remove_prefix(kScan.size());
  const bool whole = take(text, out.signature) && take(text, out.begun_us) && take(text, out.records) && take(text, out.inode) &&
                     take(text, out.offset) && take(text, out.line) && take(text, out.fingerprint);
  if (!whole || text.empty() || out.line == 0) return std::nullopt;
  out.file = text;
  return out;
}

}  // namespace meshgate::files
