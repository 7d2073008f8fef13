#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/federation/sync_cutter.hpp"
#include "tests/fuzz/must.hpp"

namespace {

using namespace meshgate;
using federation::NotGiven;
using federation::Part;

/// What is found in an answer that comes in slices of this size, as one text: the lines of each partition in their order.
std::string found(std::string_view answer, std::size_t slice, bool pausing) {
  std::map<Part, std::string> all;
  federation::SyncCutter cutter({[&](const Part& part, std::string_view lines, const Mark& mark) {
                                   fuzz::must(lines.empty() || lines.back() == '\n', "a page ends with a line");
                                   fuzz::must(!mark.cursor.start() || lines.size() <= answer.size(), "a page is no longer than the answer");
                                   all[part].append(lines);
                                   return true;
                                 },
                                 [&](const Part& part, const Schema& schema) {
                                   all[part].append("schema ").append(std::to_string(schema.version)).append("\n");
                                   return true;
                                 },
                                 [&](const Part&, const NotGiven&) { return true; }});
  bool going = true;
  for (std::size_t at = 0; going && at < answer.size(); at += slice) going = cutter.take(answer.substr(at, slice), pausing);
  if (going) cutter.flush();
  std::string out = cutter.error() ? "wrong\n" : "";
  if (cutter.error()) return out;
  for (const auto& [part, text] : all) out.append(part.feed).append("/").append(part.partition).append("\n").append(text);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  // A refusal lets go of what was gathered, so only the slicing may not matter.
  fuzz::must(found(answer, 1, false) == found(answer, 4096, false), "an answer means the same however it is sliced");
  (void)found(answer, 7, true);
  return 0;
}
