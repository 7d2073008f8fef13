#pragma once

#include <string>
#include <vector>

#include "connectors/odbc/session.hpp"

namespace meshgate::odbc {

/// Why the columns of a query cannot become fields: one has no name, or two have the same. Empty: they can. Pure.
std::string unnamed(Engine engine, const std::vector<ResultColumn>& columns);

/// Asks the database for the columns of a query (as read_statement() gives it), as the catalogue's rows that describe() takes. `fault`: what
/// unnamed() says; then there are no rows. Reads no row. Blocks; runs on a link's thread.
Diagnosis look_at_result(Session& session, const std::string& query, std::vector<std::vector<std::string>>& rows, std::string& fault);

}  // namespace meshgate::odbc
