#include <cstdio>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::app {

namespace {

std::string verdict(const std::string& sight, const std::string& person, const std::string& what) {
  if (sight == "allowed") return person + " may read " + what;
  if (sight == "denied") return person + " may not read " + what;
  return "it is not known at present whether " + person + " may read " + what;
}

std::string way(element answer) {
  std::string out;
  for (const element step : list_in(answer, "path")) {
    std::string_view name;
    if (step.get(name) == simdjson::SUCCESS) out.append(out.empty() ? "" : " in ").append(name);
  }
  return out;
}

void print(const char* what, const std::string& text) {
  if (!text.empty()) std::printf("  %-6s %s\n", what, text.c_str());
}

}  // namespace

int explain(const std::string& config, const std::string& person, const std::string& feed, const std::string& partition) {
  std::string path = "/admin/explain?user=" + percent_encoded(person) + "&feed=" + percent_encoded(feed);
  if (!partition.empty()) path += "&partition=" + percent_encoded(partition);
  const std::string what = "feed " + feed + (partition.empty() ? "" : ", partition " + partition);
  return with_answer(config, "GET", path, [&](element answer, bool running) {
    if (!running) std::printf("the node does not run; this is what its store holds\n");
    std::printf("%s\n", verdict(text_of(answer, "sight"), person, what).c_str());
    print("rule", text_of(answer, "rule"));
    print("way", way(answer));
    print("since", text_of(answer, "since"));
    print("note", text_of(answer, "note"));
    return kDone;
  });
}

}  // namespace meshgate::app
