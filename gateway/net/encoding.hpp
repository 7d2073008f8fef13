#pragma once

#include <optional>
#include <string_view>

namespace meshgate::net {

enum class Encoding { identity, gzip, zstd };

/// The word of Content-Encoding.
std::string_view name(Encoding encoding);

/// Chooses by Accept-Encoding (RFC 9110 section 12.5.3): the highest q-value, among equal ones zstd, then gzip, then identity. No
/// header: identity. Nothing when even identity is refused and none of ours is accepted.
std::optional<Encoding> negotiate(std::optional<std::string_view> accept_encoding);

/// The same among gzip and identity, of which streams that are put together from shared pieces can be made.
std::optional<Encoding> negotiate_shared(std::optional<std::string_view> accept_encoding);

/// A q-value in thousandths: "0.5" is 500; nothing when it is not one.
std::optional<int> parse_quality(std::string_view text);

}  // namespace meshgate::net
