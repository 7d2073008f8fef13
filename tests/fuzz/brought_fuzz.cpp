#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/federation/brought.hpp"
#include "mesh/offered_feed.hpp"
#include "tests/fuzz/must.hpp"

using namespace meshgate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto page = federation::parse_page(body)) {
    fuzz::must(body.starts_with(page->lines), "the lines of a page are the beginning of its body");
    fuzz::must(page->lines.empty() || page->lines.back() == '\n', "a page ends with a line");
  }
  if (const auto cursors = federation::parse_cursors(body)) {
    const auto again = federation::parse_cursors(federation::cursors_text(*cursors));
    fuzz::must(again && *again == *cursors, "cursors that were parsed, written and parsed again are the same");
  }
  (void)federation::parse_cursor_of(body);
  (void)parse_feed(body);
  (void)parse_feeds(body);
  return 0;
}
