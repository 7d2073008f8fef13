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
std::string found(std::string_view answer, std::size_t slice) {
  std::map<Part, std::string> all;
  federation::SyncCutter cutter({[&](const Part& part, const std::string& lines, const Mark& mark) {
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
  for (std::size_t at = 0; going && at < answer.size(); at += slice) going = cutter.take(answer.substr(at, slice));
  std::string out = cutter.error() ? "wrong\n" : "";
  if (cutter.error()) return out;
  for (const auto& [part, text] : all) out.append(part.feed).append("/").append(part.partition).append("\n").append(text);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  const std::string whole = found(answer, 4096);
  for (const std::size_t slice : {1U, 7U}) fuzz::must(found(answer, slice) == whole, "an answer means the same however it is sliced");
  return 0;
}
