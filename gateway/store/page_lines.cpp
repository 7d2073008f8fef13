#include "gateway/store/page_lines.hpp"

#include <algorithm>

namespace meshgate::store {

namespace {

constexpr std::size_t kUsualLine = 128;

Seq seq_of(const Line& line) {
  const auto find = [](const auto& one) {
    if constexpr (requires { one.seq; }) return one.seq;
    return Seq{0};
  };
  return std::visit(find, line);
}

}  // namespace

Result<PageLines> PageLines::read(std::string_view lines, const Mark& mark) {
  PageLines out;
  out.ids_ = std::make_unique_for_overwrite<char[]>(lines.size());
  out.bytes_ = lines.size();
  out.all_.reserve(lines.size() / kUsualLine);
  LineParser parser;
  Seq last{0};
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (end == std::string_view::npos) return Error{Code::corrupt, "a page ends within a line"};
    auto line = parser.parse(lines.substr(0, end));
    if (!line) return std::move(line).error();
    const Seq seq = seq_of(*line);
    if (seq <= last || seq > mark.cursor.seq) return Error{Code::corrupt, "a page is out of order at seq " + std::to_string(number(seq))};
    last = seq;
    if (auto added = out.add(lines.substr(0, end + 1), *line); !added) return std::move(added).error();
    lines.remove_prefix(end + 1);
  }
  return out;
}

std::string_view PageLines::keep(std::string_view id) {
  char* at = ids_.get() + ids_size_;
  std::copy(id.begin(), id.end(), at);
  ids_size_ += id.size();
  return {at, id.size()};
}

Status PageLines::add(std::string_view text, const Line& line) {
  if (const auto* put = std::get_if<PutLine>(&line)) {
    if (content_hash(put->id, put->content) != put->rev.hash) {
      return Error{Code::corrupt, "item '" + std::string(put->id) + "' at seq " + std::to_string(number(put->seq)) +
                                      " is not what its revision says: read it again, from another node if it stays so"};
    }
    all_.push_back({PageLine::Kind::put, put->seq, text, keep(put->id), put->rev, {}});
  } else if (const auto* gone = std::get_if<GoneLine>(&line)) {
    all_.push_back({PageLine::Kind::gone, gone->seq, text, keep(gone->id), {}, {}});
  } else if (const auto* trim = std::get_if<TrimLine>(&line)) {
    all_.push_back({PageLine::Kind::trim, trim->seq, text, {}, {}, trim->through});
  }
  return {};
}

}  // namespace meshgate::store
