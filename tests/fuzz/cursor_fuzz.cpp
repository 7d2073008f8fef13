#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mesh/cursor.hpp"
#include "tests/fuzz/must.hpp"

/// A text is a cursor only if it is the one text of that cursor.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cursor = meshgate::Cursor::parse(text);
  if (!cursor) return 0;
  meshgate::fuzz::must(cursor->text() == text, "a cursor has one text");
  meshgate::fuzz::must(meshgate::Cursor::parse(cursor->text()) == cursor, "what is written is read");
  meshgate::fuzz::must(cursor->low <= cursor->high, "low is not above high");
  return 0;
}
