#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/net/refusal.hpp"

namespace meshgate::net {

/// What a body that came as zstd says. Refused: 400, it is none or breaks off; 413, it would be longer than `most`, whatever it says of its length. Holds
/// at most 8 MiB beside the two.
Refused unpack(std::string_view packed, std::size_t most, std::string& out);

}  // namespace meshgate::net
