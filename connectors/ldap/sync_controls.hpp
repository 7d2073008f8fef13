#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/ldap/uuid.hpp"

namespace meshgate::ldap {

// The BER values of RFC 4533 (Content Synchronization), apart from any connection. Decoders take bytes of a server that may be wrong: nothing
// stands for what is not exactly such a value.

/// Sync Request Value, refreshAndPersist. Without a cookie: everything from the beginning.
std::string encode_request(std::string_view cookie);

/// Sync State Value, with each entry.
struct SyncState {
  enum class Kind : std::uint8_t { present = 0, add = 1, modify = 2, remove = 3 };
  Kind kind = Kind::present;
  Uuid uuid{};
  std::optional<std::string> cookie;
};
std::optional<SyncState> decode_state(std::string_view bytes);

/// Sync Done Value, with the result of a search that does not persist.
struct SyncDone {
  std::optional<std::string> cookie;
  bool deletes_told = false;  ///< refreshDeletes: false means that what was not mentioned is gone
};
std::optional<SyncDone> decode_done(std::string_view bytes);

/// Sync Info Value, between entries.
struct SyncNote {
  enum class Kind : std::uint8_t {
    new_cookie,
    refresh_delete,   ///< [1] every delete was told
    refresh_present,  ///< [2] what was not mentioned is gone
    id_set            ///< [3]
  };
  Kind kind = Kind::new_cookie;
  std::optional<std::string> cookie;
  bool refresh_done = true;    ///< of refresh_…: the refresh stage is over
  bool removed = false;        ///< of id_set: refreshDeletes, its ids are gone; otherwise they are present
  std::vector<Uuid> ids;
};
std::optional<SyncNote> decode_note(std::string_view bytes);

}  // namespace meshgate::ldap
