#include <stdexcept>

#include "tests/contract/plugins/wrong.hpp"

static int32_t read_throws(mg_stream*, mg_str, const mg_limits*, const mg_sink*, mg_progress*, mg_error*) {
  throw std::runtime_error("the driver was surprised");
}

WRONG_PLUGIN(m.read = read_throws)
