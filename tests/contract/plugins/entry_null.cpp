#include "connectors/sdk/connector.h"

extern "C" const mg_connector_module* mg_connector_entry(uint32_t) { return nullptr; }
