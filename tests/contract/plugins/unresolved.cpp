#include "tests/contract/plugins/wrong.hpp"

extern "C" int32_t a_function_that_nobody_has(mg_connection*, mg_error*);

WRONG_PLUGIN(m.check = a_function_that_nobody_has)
