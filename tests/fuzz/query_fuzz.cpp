// Any bytes as a request target: what is taken is a path, and its query decodes to what it would encode again.
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/net/target.hpp"
#include "gateway/serve/question.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate::net;

namespace {

std::string encoded(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::string encoded(const Target& target) {
  std::string out = "/?";
  for (const auto& [name, value] : target.query) out.append(encoded(name)).append("=").append(encoded(value)).append("&");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Target target;
  if (parse_target("GET", {reinterpret_cast<const char*>(data), size}, target)) return 0;
  must(target.path.front() == '/', "a path begins with '/'");
  Target again;
  must(!parse_target("GET", encoded(target), again) && again.query == target.query, "a query survives being encoded");
  Request request;
  request.captures.push_back("feed");
  request.query = target.query;
  const auto question = meshgate::serve::parse_question(request);
  if (question) must(question->limit >= 1 && question->wait.count() <= 60, "a question keeps its limits");
  return 0;
}
