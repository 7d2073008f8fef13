// Any bytes as a request: what is taken keeps the promises that stand against smuggling, and arrives the same in two pieces as in one.
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/net/head.hpp"
#include "gateway/net/request_parser.hpp"
#include "gateway/net/target.hpp"
#include "gateway/net/text.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate::net;

namespace {

constexpr std::size_t kMostBody = 4096;

void check_taken(const Head& head) {
  std::size_t hosts = 0;
  std::size_t framings = 0;
  for (const auto& [name, value] : head.fields.all()) {
    hosts += same_word(name, "host") ? 1 : 0;
    framings += same_word(name, "content-length") || same_word(name, "transfer-encoding") ? 1 : 0;
    must(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "no line end inside a value");
  }
  must(hosts >= 1, "a request that is taken has a Host");
  must(framings <= 1, "a request has one framing");
}

void take(std::string_view bytes) {
  Refused refused;
  HeadFinder finder;
  const auto size = finder.find(bytes, refused);
  if (refused || size == 0) return;
  HeadFinder twice;
  Refused later;
  must(twice.find(bytes.substr(0, size / 2), later) == 0 && twice.find(bytes, later) == size, "a head is found in pieces as in one");
  RequestParser parser(kMostBody);
  Head head;
  if (parser.take_head(bytes.substr(0, size), head)) return;
  check_taken(head);
  Target target;
  if (!parse_target(head.method, head.target, target)) must(target.path == "*" || target.path.front() == '/', "a path begins with '/'");
  std::size_t used = 0;
  const auto rest = bytes.substr(size);
  if (parser.take_body(rest, used)) return;
  must(used <= rest.size(), "a body takes what there is");
  must(has_body(head) || used == 0, "without a body nothing is taken");
  if (parser.done() && !parser.finish()) must(parser.release_body().size() <= kMostBody, "the body's limit holds");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  take({reinterpret_cast<const char*>(data), size});
  return 0;
}
