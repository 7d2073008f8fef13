#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/ingest/connection.hpp"

namespace meshgate::ingest {

/// What a connector did that connector.h forbids, as an error that names it.
Error broken_promise(const Plugin& plugin, std::string_view what);

/// A code and message of a connector as our own.
Error error_from(const Plugin& plugin, std::int32_t code, const mg_error& error);

/// Calls into a connector. An exception that gets through its border stops here; "C++ caught it" is no promise, the stack may be gone.
template <class Call>
Status guarded(const Plugin& plugin, const char* function, Call&& call) {
  mg_error error{};
  try {
    const std::int32_t code = call(&error);
    if (code != MG_OK) return error_from(plugin, code, error);
    return {};
  } catch (const std::exception& thrown) {
    return broken_promise(plugin, std::string(function) + "() threw an exception through the C border (" + thrown.what() + ")");
  } catch (...) {
    return broken_promise(plugin, std::string(function) + "() threw an exception through the C border");
  }
}

/// Converts announced columns and checks them. `carried` gets, per announced column, its type, or nothing for one left out.
Status convert_columns(const Plugin& plugin, const mg_column* columns, std::size_t count, SourceColumns& out,
                       std::vector<std::optional<Type>>& carried);

/// Converts one value of a column of this type; what is wrong with it, or nullptr.
const char* convert_value(const mg_value& from, Type type, Value& out);

/// The inverse, for keys. Borrows.
mg_value to_border(const Value& value);

inline std::string_view text_of(mg_str text) {
  return text.data == nullptr ? std::string_view{} : std::string_view{text.data, text.size};
}

}  // namespace meshgate::ingest
