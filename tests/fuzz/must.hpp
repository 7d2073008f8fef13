#pragma once

#include <cstdio>
#include <cstdlib>

namespace meshgate::fuzz {

/// A broken property ends the process, which libFuzzer and ctest both report with the input at hand.
inline void must(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", property);
  std::abort();
}

}  // namespace meshgate::fuzz
