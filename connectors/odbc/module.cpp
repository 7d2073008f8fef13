#include "connectors/odbc/connection.hpp"
#include "connectors/sdk/module.hpp"

MESHGATE_CONNECTOR(meshgate::odbc::DatabaseConnection,
                   (meshgate::sdk::Description{.name = "odbc",
                                               .version = "0.1.0",
                                               .summary = "Tables and views of PostgreSQL, MariaDB and SQLite through their ODBC drivers.",
                                               .connection_options = meshgate::odbc::connection_options(),
                                               .stream_options = meshgate::odbc::stream_options()}))
