#pragma once

#include <string_view>

namespace meshgate::device {

/// Whether a token (RFC 7515, Ed25519) was signed with one of these keys, as a node publishes those of the tokens that it takes (RFC 7517). Pure.
bool signed_by_one_of(std::string_view key_set, std::string_view token);

}  // namespace meshgate::device
