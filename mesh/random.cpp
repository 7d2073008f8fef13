#include "mesh/random.hpp"

#include <openssl/rand.h>

#include <cstdlib>

namespace meshgate {

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  // Without a source of randomness every secret would be a known one: nothing sensible is left to do.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1) std::abort();
  return out;
}

}  // namespace meshgate
