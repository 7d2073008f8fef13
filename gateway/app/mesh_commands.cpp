#include <cinttypes>
#include <cstdio>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"

namespace meshgate::app {

int promote(const std::string& config, const std::string& feed) {
  return with_answer(config, "POST", "/admin/promote/" + net::percent_encode(feed), [&](element answer, bool) {
    std::printf("this node is the origin of feed %s now (term %" PRIu64 "): readers begin a new pass and are spared what they hold\n", feed.c_str(), number_of(answer, "term"));
    std::printf("take `from: { peer: … }` away here or leave it: it counts no more. The old origin steps down when it meets this node\n");
    return kDone;
  });
}

}  // namespace meshgate::app
