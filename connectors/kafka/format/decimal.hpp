#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meshgate::kafka::format {

/// Appends the decimal of an unscaled number (two's complement, most significant byte first) and a scale, digit for digit: 04D2 and 2 are 12.34. A
/// negative scale appends zeros. nullptr, or why not: longer than 1 KiB, a scale beyond ±4096.
const char* append_unscaled(std::string& out, std::string_view bytes, int64_t scale);

/// Appends a JSON number without exponent: 1.5e-3 is 0.0015. Nothing is rounded. False where it is not a number or has more than 4096 zeros to add.
bool append_plain_number(std::string& out, std::string_view number);

}  // namespace meshgate::kafka::format
