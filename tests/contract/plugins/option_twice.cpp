#include "tests/contract/plugins/wrong.hpp"

static const mg_option kOptions[] = {
    {sizeof(mg_option), MG_OPTION_TEXT, wrong::text("path"), {}, wrong::text("A path."), 1, 0, 0, 0},
    {sizeof(mg_option), MG_OPTION_TEXT, wrong::text("path"), {}, wrong::text("The same."), 1, 0, 0, 0},
};

WRONG_PLUGIN((m.stream_options = kOptions, m.stream_option_count = 2))
