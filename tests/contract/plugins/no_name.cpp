#include "tests/contract/plugins/wrong.hpp"

WRONG_PLUGIN(m.name = mg_str{})
