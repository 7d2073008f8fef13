// Any bytes as the body of POST /sync: what is taken keeps its limits, and each entry is named once.
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "gateway/serve/sync_question.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using meshgate::serve::SyncQuestion;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto question = meshgate::serve::parse_sync_question({reinterpret_cast<const char*>(data), size});
  if (!question) {
    must(question.error().code == meshgate::Code::config && !question.error().message.empty(), "a refusal is a sentence");
    return 0;
  }
  must(!question->feeds.empty() && question->feeds.size() <= SyncQuestion::kMostFeeds, "entries are bounded");
  std::size_t cursors = 0;
  std::set<std::pair<std::string_view, std::optional<std::string>>> met;
  for (const auto& wish : question->feeds) {
    must(!wish.feed.empty() && wish.priority <= SyncQuestion::kMostPriority, "an entry names a feed");
    must(met.emplace(wish.feed, wish.partition).second, "an entry comes once");
    must(!wish.partition || wish.cursors.size() <= 1, "a partition has one cursor");
    cursors += wish.cursors.size();
  }
  must(cursors <= SyncQuestion::kMostCursors + SyncQuestion::kMostFeeds, "cursors are bounded");
  return 0;
}
