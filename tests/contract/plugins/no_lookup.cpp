#include "tests/contract/plugins/wrong.hpp"

WRONG_PLUGIN(m.lookup = nullptr)
