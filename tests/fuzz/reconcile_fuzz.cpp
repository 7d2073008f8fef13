#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mesh/reconcile.hpp"
#include "tests/fuzz/must.hpp"

using namespace meshgate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto question = parse_reconcile_question(body)) {
    const auto again = parse_reconcile_question(text(*question));
    fuzz::must(again && text(*again) == text(*question), "a question that was read, written and read again is the same");
  }
  if (const auto answer = parse_reconcile_answer(body)) {
    for (const auto& split : answer->splits) fuzz::must(!split.parts.empty() && split.parts.back().to == split.range.to, "the pieces cover their range");
    for (const auto& given : answer->given) {
      for (const auto by : {Summed::lines, Summed::items}) {
        each_entry(given.lines, by, Seq{0}, [&](Seq seq, const Bits128&) { fuzz::must(seq > given.range.after && seq <= given.range.to, "lines lie in their range"); });
      }
    }
  }
  return 0;
}
