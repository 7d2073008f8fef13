#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "gateway/store/store.hpp"
#include "tests/fault/store_script.hpp"

namespace {

using namespace meshgate::store;
using meshgate::number;

/// Goes on where the store stands and writes one byte to standard output per batch, until it is killed: a batch of the script is durable then; those of
/// a first scan may be kept back, up to each one whose number kFinished divides.
int write_on(Feed& feed, bool scan) {
  const auto position = feed.position("rows");
  std::uint64_t n = *position ? std::strtoull((**position).bytes.c_str(), nullptr, 10) : 0;
  ScriptItems items;
  while (true) {
    ++n;
    const auto done = scan ? feed.gather(scan_batch(n), nullptr) : feed.commit(script_batch(n, items), nullptr);
    if (!done) {
      std::fprintf(stderr, "%s\n", done.error().message.c_str());
      return 1;
    }
    if (const meshgate::Status finished = scan && n % kFinished == 0 ? feed.finish() : meshgate::Status(); !finished) {
      std::fprintf(stderr, "%s\n", finished.error().message.c_str());
      return 1;
    }
    if (!scan && n % 50 == 0) static_cast<void>(feed.purge("a", done->seq));
    if (write(STDOUT_FILENO, "+", 1) != 1) return 1;
  }
}

/// The same of pages of a first copy; what kFinished divides has been finished.
int copy_on(Feed& feed) {
  for (std::uint64_t n = number(feed.followed("").seq) / 1000 + 1;; ++n) {
    const CopyPage page = copy_page(n);
    auto done = feed.follow("", copy_mark(n - 1).cursor, page.lines, page.mark);
    if (done && n % kFinished == 0) done = feed.finish();
    if (!done) {
      std::fprintf(stderr, "%s\n", done.error().message.c_str());
      return 1;
    }
    if (write(STDOUT_FILENO, "+", 1) != 1) return 1;
  }
}

}  // namespace

/// store_writer script|scan|copy FOLDER
int main(int count, char** words) {
  if (count != 3) return 2;
  Options options;
  options.folder = words[2];
  options.write_buffer_bytes = 64U << 10U;
  auto store = Store::open(options);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  auto feed = (*store)->feed("f");
  if (!feed) return 1;
  if (words[1] == std::string_view("copy")) return copy_on(**feed);
  return write_on(**feed, words[1] == std::string_view("scan"));
}
