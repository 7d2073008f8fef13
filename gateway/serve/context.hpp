#pragma once

#include <atomic>
#include <functional>

#include "gateway/net/broadcast.hpp"
#include "gateway/serve/open_feeds.hpp"
#include "gateway/serve/ranges.hpp"
#include "gateway/serve/serve.hpp"
#include "gateway/serve/visitor.hpp"

namespace meshgate::serve {

class Followers;

/// What all handlers share.
struct Context {
  explicit Context(Services given)
      : services(std::move(given)),
        feeds(services.store, services.pool),
        ranges(feeds, services.store, services.ranges, services.log, services.metrics),
        live_readers(services.metrics.gauge("meshgate_live_readers", "Readers that wait for changes at the moment.")) {}

  Services services;
  OpenFeeds feeds;
  Ranges ranges;
  std::atomic<std::uint64_t> rights_version{1};  ///< grows whenever somebody may see something else
  base::Gauge& live_readers;
  const net::Broadcast beat{": still here\n\n"};  ///< to readers of events when nothing has happened for a while
  const Micros started = now();
};

/// Makes an answer on the pool and sends it; 503 when the pool is full. What `make` refers to must live as long as the request.
boost::asio::awaitable<void> async_answer(Context& context, const net::Request& request, net::Reply& reply, std::function<net::Response()> make);

/// 503 when the store has stopped after a failed sync: what it would show might not be what is on the disk.
Status readable(const store::Store& store);

// One function per route. Each lives in the file named after its subject.
boost::asio::awaitable<void> async_feeds(Context& context, const Visit& visit, net::Reply& reply);
boost::asio::awaitable<void> async_feed(Context& context, const Visit& visit, net::Reply& reply);
boost::asio::awaitable<void> async_items(Context& context, const Visit& visit, net::Reply& reply);
boost::asio::awaitable<void> async_item(Context& context, const Visit& visit, net::Reply& reply);
boost::asio::awaitable<void> async_changes(Context& context, const Visit& visit, net::Reply& reply);
boost::asio::awaitable<void> async_ranges(Context& context, const Visit& visit, net::Reply& reply);
boost::asio::awaitable<void> async_sync(Context& context, Followers& followers, const Visit& visit, net::Reply& reply);
boost::asio::awaitable<void> async_live(Context& context, const Visit& visit, net::Reply& reply);
boost::asio::awaitable<void> async_ready(Context& context, const Visit& visit, net::Reply& reply);
boost::asio::awaitable<void> async_metrics(Context& context, const Visit& visit, net::Reply& reply);

/// The administration routes.
void add_admin(Context& context, net::Router& router);

}  // namespace meshgate::serve
