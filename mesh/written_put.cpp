#include "mesh/written_put.hpp"

#include <algorithm>
#include <charconv>

namespace meshgate {

namespace {

constexpr std::size_t kMostId = 4096;
constexpr std::size_t kInstant = 26;  ///< without its Z

/// Takes the parts of a line off its front.
class Front {
 public:
  explicit Front(std::string_view line) : rest_(line) {}
  [[nodiscard]] std::string_view rest() const { return rest_; }

  bool text(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool number(std::uint64_t& out) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    const bool canonical = error == std::errc{} && (rest_.front() != '0' || end == rest_.data() + 1);
    if (canonical) rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return canonical;
  }

  /// Up to a quote.
  std::string_view quoted() {
    const std::string_view out = rest_.substr(0, rest_.find('"'));
    rest_.remove_prefix(out.size());
    return out;
  }

 private:
  std::string_view rest_;
};

/// Whether the text means itself in JSON, in any encoding.
bool plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f' && c != '\\'; });
}

bool take_id(Front& front, std::string_view& out) {
  out = front.quoted();
  return !out.empty() && out.size() <= kMostId && plain(out);
}

bool take_revision(Front& front, Revision& out) {
  const auto revision = Revision::parse(front.quoted());
  if (revision) out = *revision;
  return revision.has_value();
}

bool take_instant(Front& front, Micros& out) {
  const auto at = parse_timestamp(front.rest().substr(0, kInstant));
  if (!at || !front.text(front.rest().substr(0, kInstant))) return false;
  out = *at;
  return true;
}

}  // namespace

std::optional<PutLine> written_put(std::string_view line) {
  PutLine out;
  Front front(line);
  std::uint64_t seq = 0;
  const bool head = front.text("{\"put\":{\"seq\":") && front.number(seq) && front.text(",\"id\":\"") && take_id(front, out.id) && front.text("\",\"rev\":\"") &&
                    take_revision(front, out.rev) && front.text("\",\"at\":\"") && take_instant(front, out.at) && front.text("Z\",\"item\":");
  if (!head || !front.rest().ends_with("}}")) return std::nullopt;
  out.seq = Seq{seq};
  out.content = front.rest().substr(0, front.rest().size() - 2);
  return out;
}

}  // namespace meshgate
