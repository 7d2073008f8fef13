#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/net/message.hpp"

namespace meshgate::serve {

/// The forms in which answers are given.
enum class Format : std::uint8_t { json, ndjson, csv, atom, rss, json_feed, opml };

/// The word of `format=`, and the media type.
std::string_view word(Format format);
std::string_view media_type(Format format);

/// The format that a list of Accept names with the highest quality (RFC 9110 section 12.5.1); of equal wishes the one that is offered first. No
/// header: the first. Nothing where it accepts none of them.
std::optional<Format> negotiate_format(std::optional<std::string_view> accept, std::span<const Format> offers);

/// Chooses by `format=` or else by Accept; not empty: 400 for a word that is no format, 406 that names what there is. `why` is said behind it.
std::optional<net::Response> choose_format(const net::Request& request, std::span<const Format> offers, std::string_view why, Format& out);

}  // namespace meshgate::serve
