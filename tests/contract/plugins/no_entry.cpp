#include "connectors/sdk/connector.h"

extern "C" MG_EXPORT int not_the_entry(void) { return 1; }
