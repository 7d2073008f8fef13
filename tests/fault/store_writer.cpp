#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "gateway/store/store.hpp"
#include "tests/fault/store_script.hpp"

/// Goes on with the script where the store stands and writes one byte to standard output per durable batch, until it is killed.
int main(int count, char** words) {
  if (count != 2) return 2;
  meshgate::store::Options options;
  options.folder = words[1];
  options.write_buffer_bytes = 64U << 10U;
  auto store = meshgate::store::Store::open(options);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  auto feed = (*store)->feed("f");
  if (!feed) return 1;
  const auto position = (*feed)->position("rows");
  std::uint64_t n = *position ? std::strtoull((**position).bytes.c_str(), nullptr, 10) : 0;
  meshgate::store::ScriptItems items;
  while (true) {
    const auto done = (*feed)->commit(meshgate::store::script_batch(++n, items), nullptr);
    if (!done) {
      std::fprintf(stderr, "%s\n", done.error().message.c_str());
      return 1;
    }
    if (n % 50 == 0) static_cast<void>((*feed)->purge("a", done->seq));
    if (write(STDOUT_FILENO, "+", 1) != 1) return 1;
  }
}
