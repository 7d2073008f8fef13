#pragma once

#include <string>
#include <string_view>

#include "connectors/odbc/diagnostics.hpp"

namespace meshgate::odbc {

/// The one SELECT, WITH or VALUES statement of `text`, so that it can stand in brackets on lines of its own: what follows it (a semicolon,
/// comments) is taken off. Pure. Fails (MG_CONFIG) for anything else, and for what would not stay within the brackets: quotes, comments or
/// brackets without their end, a second statement. Whether it is right is for the database to say.
sdk::Status read_statement(Engine engine, std::string_view text, std::string& out);

}  // namespace meshgate::odbc
