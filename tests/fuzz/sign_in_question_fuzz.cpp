// Any text as the body of POST /auth/token, as JSON and as a form, and as a Cookie field.
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/serve/auth_question.hpp"
#include "gateway/serve/same_origin.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate;

namespace {

void check_body(std::string_view text, const char* type) {
  net::Request request;
  request.method = "POST";
  request.remote = "192.0.2.1";
  request.body = text;
  request.fields.add("Content-Type", type);
  const auto question = serve::parse_token_question(request);
  if (!question) {
    must(question.error().code == Code::config && question.error().message.size() < 256, "a refusal is short and the asker's fault");
    return;
  }
  if (const auto* attempt = std::get_if<access::Attempt>(&*question)) {
    must(!attempt->name.empty() && !attempt->password.empty() && !attempt->device.empty(), "nobody signs in with nothing");
    must(attempt->password.size() <= 1024 && attempt->name.size() <= 256 && !attempt->browser, "an attempt is bounded");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_body(text, "application/json");
  check_body(text, "application/x-www-form-urlencoded");
  net::Request request;
  request.fields.add("Cookie", std::string(text));
  if (const auto value = serve::cookie(request, "meshgate")) must(value->size() <= text.size(), "a cookie's value is part of the field");
  return 0;
}
