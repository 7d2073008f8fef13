#include "tests/contract/plugins/wrong.hpp"

WRONG_PLUGIN((m.connection_options = nullptr, m.connection_option_count = 3))
