#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/net/message.hpp"
#include "gateway/net/refusal.hpp"

namespace meshgate::net {

/// A request's first part, parsed.
struct Head {
  std::string method;
  std::string target;
  unsigned version = 11;  ///< 10 or 11
  Fields fields;
};

/// Finds the end of a head in bytes that arrive piece by piece; looks at each byte once. A bare LF is refused as soon as it is seen.
class HeadFinder {
 public:
  /// The size of the head with its empty line, or 0: more is needed. `buffer` is what the earlier call saw and more behind it.
  std::size_t find(std::string_view buffer, Refused& refused);
  void clear() { seen_ = 0; }

 private:
  std::size_t seen_ = 0;
};

/// The checks that need the bytes: line ends, folded lines, control characters, the form of the request line.
Refused check_raw(std::string_view head);
/// The checks that need the fields, against request smuggling (RFC 9112 sections 3.2, 6.1 and 6.3, read strictly): exactly one
/// good Host, no Transfer-Encoding but `chunked` (not on HTTP/1.0, not beside Content-Length), one Content-Length of digits,
/// no Content-Encoding but one `zstd`.
Refused check_fields(const Head& head);

/// Whether the connection can carry another request after this one.
bool keeps_alive(const Head& head);
bool has_body(const Head& head);
/// Whether the body is to be unpacked.
bool packed(const Head& head);

}  // namespace meshgate::net
