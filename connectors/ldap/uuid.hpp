#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate::ldap {

/// An entryUUID as controls carry it.
using Uuid = std::array<unsigned char, 16>;

std::optional<Uuid> uuid_of(std::string_view bytes);
/// As the attribute entryUUID has it: 597ae2f6-16a6-1027-98f4-d28b5365dc14.
std::string text_of(const Uuid& uuid);

}  // namespace meshgate::ldap
