#include "gateway/federation/on_pool.hpp"

#include <memory>

#include "gateway/net/loops.hpp"

namespace meshgate::federation {

net::Handler on_pool(base::BlockingPool& pool, std::function<net::Response(const net::Request&)> make) {
  return [&pool, make = std::move(make)](const net::Request& request, net::Reply& reply) -> boost::asio::awaitable<void> {
    const auto answer = std::make_shared<net::Response>();
    std::function<void()> job = [&make, answer, &request] { *answer = make(request); };
    const Status ran = co_await net::async_run_blocking(pool, std::move(job));
    if (!ran) {
      *answer = net::problem(503, "unavailable", "Not now", ran.error().message, request.id);
      answer->fields.add("Retry-After", "1");
    }
    (void)co_await reply.async_send(std::move(*answer));
  };
}

}  // namespace meshgate::federation
