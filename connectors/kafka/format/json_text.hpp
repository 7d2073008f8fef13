#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka::format {

// Values within lists, maps and records are written as JSON, each as items are: integers beyond ±(2^53-1) and decimals as strings, bytes as base64,
// dates and times as ISO 8601 texts (mesh/BYTES.md).

/// Appends a value, NULL as null. Floats must be finite, times within the years 1 to 9999, texts UTF-8.
void append_json(std::string& out, const mg_value& value);
void append_json_string(std::string& out, std::string_view text);
/// A value's text: its JSON without quotes and escapes. What the keys of maps are made of.
void append_text(std::string& out, const mg_value& value);

void append_base64(std::string& out, std::string_view bytes);
/// With padding, as Java writes it.
std::optional<std::string> decode_base64(std::string_view text);

bool valid_utf8(std::string_view text);

}  // namespace meshgate::kafka::format
