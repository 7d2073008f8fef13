#pragma once

#include <string>
#include <vector>

#include "connectors/odbc/journal.hpp"

namespace meshgate::odbc {

/// What makes a journal of this table, in order; whatever was left of an older one must be gone. `grantee`: who will read and settle it, where
/// that is not the one who makes it; empty: nobody else.
std::vector<std::string> install_statements(const Table& table, const Journal& journal, const Dialect& dialect, const std::string& grantee);
/// What removes it, also what is left of it. `last`: no other journal has readers in that schema.
std::vector<std::string> remove_statements(const Journal& journal, const Dialect& dialect, bool last);

/// The statements as a script for the database's own command line.
std::string script(const std::vector<std::string>& statements, Engine engine);

}  // namespace meshgate::odbc
