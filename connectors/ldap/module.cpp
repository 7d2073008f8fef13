#include "connectors/ldap/connection.hpp"
#include "connectors/sdk/module.hpp"

MESHGATE_CONNECTOR(meshgate::ldap::DirectoryConnection,
                   (meshgate::sdk::Description{.name = "ldap",
                                               .version = "0.1.0",
                                               .summary = "Entries of an LDAP directory, as the server tells their changes or by polling.",
                                               .connection_options = meshgate::ldap::connection_options(),
                                               .stream_options = meshgate::ldap::stream_options()}))
