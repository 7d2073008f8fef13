#include "tests/contract/plugins/wrong.hpp"

static const mg_option kOptions[] = {{sizeof(mg_option), 99, wrong::text("path"), {}, wrong::text("A path."), 1, 0, 0, 0}};

WRONG_PLUGIN((m.connection_options = kOptions, m.connection_option_count = 1))
