#pragma once

#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/net/message.hpp"

namespace meshgate::net {

/// How an answer's body ends.
struct Framing {
  std::optional<std::size_t> length;  ///< Content-Length
  bool chunked = false;               ///< neither: the body ends with the connection
  bool close = false;
};

/// A status line and header, the empty line included; Date, Meshgate-Protocol and X-Content-Type-Options are added, and `more` beside `fields`.
std::string answer_head(unsigned status, const Fields& fields, const Framing& framing, const Fields& more = {});

/// What stands before a chunk of this many bytes. "\r\n" follows the chunk.
std::string chunk_head(std::size_t bytes);

/// "Mon, 05 Jan 2026 10:15:09 GMT"
std::string http_date(std::time_t at);

std::string_view reason(unsigned status);

/// Whether answers of this status have no body, not even an empty one.
bool bodiless(unsigned status);

}  // namespace meshgate::net
