#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mesh/cursor.hpp"

/// A text is a cursor only if it is the one text of that cursor.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cursor = meshgate::Cursor::parse(text);
  if (!cursor) return 0;
  if (cursor->text() != text) std::abort();
  if (meshgate::Cursor::parse(cursor->text()) != cursor) std::abort();
  if (cursor->low > cursor->high) std::abort();
  return 0;
}
