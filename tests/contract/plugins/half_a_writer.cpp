#include "tests/contract/plugins/wrong.hpp"

// It can write, but not tell what is there.
WRONG_PLUGIN(m.probe_writer = wrong::probe_writer; m.open_writer = wrong::open_writer; m.resume = wrong::resume; m.write = wrong::write; m.close_writer = wrong::close_writer)
