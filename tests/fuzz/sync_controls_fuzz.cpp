#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connectors/ldap/position.hpp"
#include "connectors/ldap/sync_controls.hpp"
#include "tests/fuzz/must.hpp"

/// Whatever a server sends as the values of RFC 4533, and whatever a store gives as a Position: it is read as one, or it is refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshgate;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: {
      const auto state = ldap::decode_state(bytes);
      fuzz::must(!state || bytes.size() >= 23, "a state has a kind and an id");
      break;
    }
    case 1: {
      const auto done = ldap::decode_done(bytes);
      fuzz::must(!done || !done->cookie || done->cookie->size() < bytes.size(), "a cookie is within its value");
      break;
    }
    case 2: {
      const auto info = ldap::decode_note(bytes);
      fuzz::must(!info || info->ids.size() * 18 <= bytes.size(), "each id is within the value");
      break;
    }
    default: {
      const auto position = ldap::Position::parse(bytes);
      if (!position) break;
      const auto again = ldap::Position::parse(position->text());
      fuzz::must(again && again->text() == position->text(), "what is written is read");
    }
  }
  return 0;
}
