// Any bytes as Accept: an answer is one of the offers, and refusing all but one leaves that one.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "gateway/serve/format.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate::serve;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array kOffers{Format::json, Format::ndjson, Format::csv, Format::atom};
  const std::string accept(reinterpret_cast<const char*>(data), size);
  const auto chosen = negotiate_format(accept, kOffers);
  must(!chosen || std::find(kOffers.begin(), kOffers.end(), *chosen) != kOffers.end(), "what is chosen was offered");
  must(negotiate_format("text/csv, " + accept, std::array{Format::csv}) == Format::csv, "what is named first at full quality is acceptable");
  must(negotiate_format(accept, kOffers) == chosen, "the choice is a function of the text");
  return 0;
}
