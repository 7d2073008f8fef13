#include "gateway/serve/page.hpp"

#include "gateway/serve/answers.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

/// Scripts, styles and data come from this node alone; nothing is inline, nothing may frame the page.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

net::Response answer_file(const net::Request& request, const PageFile& file, const std::string& tag) {
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  net::Response answer;
  answer.fields.add("Content-Type", std::string(file.media_type) + "; charset=utf-8");
  answer.fields.add("Cache-Control", "no-cache");
  answer.fields.add("Content-Security-Policy", std::string(kPolicy));
  answer.fields.add("Referrer-Policy", "no-referrer");
  answer.body = file.text;
  return tagged(request, std::move(answer), tag);
}

}  // namespace

void add_page(net::Router& router) {
  for (const PageFile& file : page_files()) {
    auto handler = [&file, tag = tag_of(file.text)](const net::Request& request, net::Reply& reply) -> asio::awaitable<void> {
      auto answer = answer_file(request, file, tag);
      (void)co_await reply.async_send(std::move(answer));
    };
    router.add("GET", std::string(file.path), std::move(handler));
  }
}

}  // namespace meshgate::serve
