#pragma once

#include <string>

#include "connectors/odbc/column.hpp"

namespace meshgate::odbc {

/// Dialect::columns_query() of PostgreSQL; `which` is a condition on pg_class c and pg_namespace n.
std::string postgresql_columns_query(const std::string& which);
/// The same of a query in brackets, `t`; `columns` are rows of number, name and the OID of the type, for VALUES.
std::string postgresql_result_query(const std::string& from, const std::string& columns);

/// Dialect::column() of PostgreSQL; `name` is the column's, quoted.
Column postgresql_column(const CatalogColumn& from, const std::string& name);

}  // namespace meshgate::odbc
