#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/device/columns.hpp"
#include "mesh/lines.hpp"
#include "tests/fuzz/must.hpp"

namespace {

using namespace meshgate;

device::Columns one_of_each() {
  std::vector<device::Column> out;
  for (int i = 0; i <= static_cast<int>(Type::json); ++i) {
    const auto type = static_cast<Type>(i);
    out.push_back({std::string(name(type)), std::string(name(type)), type});
  }
  out.push_back({"id", "id", Type::int64});
  out.push_back({"total", "total", Type::decimal});
  return device::Columns(std::move(out));
}

/// Content that the columns say exactly must come back bit by bit; any other must be refused, not bent.
void split_and_join(std::string_view content) {
  static const device::Columns columns = one_of_each();
  device::Arena arena;
  const auto cells = arena.cells(columns.all().size());
  if (!columns.split(content, cells, arena)) return;
  std::string again;
  columns.append_content(again, cells);
  fuzz::must(again == content, "content comes back from its columns bit by bit");
}

/// What was parsed, written and parsed again is the same.
void write_and_parse(const PutLine& put) {
  std::string text;
  append_put(text, put.seq, put.id, put.rev, put.at, put.content);
  LineParser parser;
  auto again = parser.parse(std::string_view(text).substr(0, text.size() - 1));
  const auto* same = again ? std::get_if<PutLine>(&*again) : nullptr;
  const bool equal = same != nullptr && same->seq == put.seq && same->id == put.id && same->rev == put.rev && same->content == put.content;
  fuzz::must(equal, "a put that was parsed, written and parsed again is the same");
}

void write_and_parse(const RangeLine& range) {
  std::string text;
  append_range(text, range);
  LineParser parser;
  auto again = parser.parse(std::string_view(text).substr(0, text.size() - 1));
  const auto* same = again ? std::get_if<RangeLine>(&*again) : nullptr;
  const bool equal = same != nullptr && same->after == range.after && same->to == range.to && same->head == range.head && same->floor == range.floor;
  fuzz::must(equal, "a range that was parsed, written and parsed again is the same");
}

/// A line as append_put() writes it is read by a shorter way than any other; both must say the same.
void read_with_a_space(std::string_view line, const PutLine* put) {
  LineParser parser;
  auto spaced = parser.parse("{ " + std::string(line.substr(1)));
  const auto* same = spaced ? std::get_if<PutLine>(&*spaced) : nullptr;
  const bool equal = put == nullptr ? same == nullptr
                                    : same != nullptr && same->seq == put->seq && same->id == put->id && same->rev == put->rev && same->at == put->at && same->content == put->content;
  fuzz::must(equal, "a put says the same with a space more");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  split_and_join(line);
  static LineParser parser;
  auto parsed = parser.parse(line);
  if (line.starts_with("{\"put\":")) read_with_a_space(line, parsed ? std::get_if<PutLine>(&*parsed) : nullptr);
  if (!parsed) return 0;
  if (const auto* range = std::get_if<RangeLine>(&*parsed)) write_and_parse(*range);
  if (const auto* put = std::get_if<PutLine>(&*parsed)) {
    split_and_join(put->content);
    if (put->at >= kFirstMicros && put->at <= kLastMicros) write_and_parse(*put);
  }
  return 0;
}
