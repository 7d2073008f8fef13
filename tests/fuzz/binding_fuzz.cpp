// What a node says of a feed's origin, alone, in an offer and in the file that keeps it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/federation/binding_file.hpp"
#include "gateway/federation/brought.hpp"
#include "tests/fuzz/must.hpp"

using namespace meshgate;
using federation::StatedClaim;

namespace {

void check(const std::optional<StatedClaim>& stated) {
  if (!stated) return;
  const auto again = federation::parse_claim(federation::claim_text(*stated));
  fuzz::must(again && again->uid == stated->uid && again->claim == stated->claim && again->seal == stated->seal, "a claim that was parsed, written and parsed again is the same");
  (void)access::sealed({"orders", stated->uid, stated->claim}, stated->seal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  check(federation::parse_claim(body));
  const auto offered = federation::parse_offered_origin(body);
  if (offered && !offered->seal.key.empty()) check(offered);
  if (const auto seal = federation::parse_seal(body)) fuzz::must(federation::parse_seal(federation::seal_text(*seal)) == seal, "a seal stays as it is");
  if (const auto file = federation::parse_bindings(body)) {
    const auto text = federation::binding_text(*file);
    const auto again = federation::parse_bindings(text);
    fuzz::must(again && federation::binding_text(*again) == text, "a file that was parsed, written and parsed again is the same");
  }
  return 0;
}
