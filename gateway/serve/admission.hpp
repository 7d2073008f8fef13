#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/serve/answers.hpp"
#include "gateway/serve/context.hpp"

namespace meshgate::serve {

/// A handler that knows who asks.
using Function = std::function<boost::asio::awaitable<void>(Context&, const Visit&, net::Reply&)>;
/// Adds a route. Who asks is found out once for each request; what proves nobody is refused.
void admit(Context& context, net::Router& router, std::string method, std::string pattern, Function function);

/// Who asks: what signing in says, or else nobody. An error: what was shown proves nobody (Code::auth), or that cannot be said now.
Result<Visitor> visitor_of(const Context& context, const net::Request& request);

/// Why somebody may not have what they ask for, and how that is said.
struct Denial {
  Refusal refusal;
  std::string detail;
};
/// 503: users and groups are not caught up.
Denial not_sure();
/// There is none, or none for them, which looks the same: 404; 401 where signing in could help; 503 before users and groups are caught up.
Denial no_such_feed(const Context& context, const Visit& visit, std::string_view feed);
/// 401 or 403, where it is no secret that there is something; `what` is what they may not do, `why` is for those who have signed in.
Denial not_allowed(const Context& context, const Visit& visit, const std::string& what, std::string_view why);
/// The same of a partition: the reader drops what it holds of it.
Denial not_theirs(const Context& context, const Visit& visit, std::string_view feed, std::string_view partition);
/// What was shown proves nobody: 401, and a cookie that is good for nothing is taken away; or that cannot be said now.
net::Response unproved(const net::Request& request, const Error& why);
/// The answer, which no cache keeps.
net::Response turned_away(const net::Request& request, const Denial& denial);

/// The feed of this name, or what is answered where there is none for this visitor. Blocks.
std::optional<net::Response> find_feed(Context& context, const Visit& visit, const std::string& name, std::shared_ptr<OpenFeed>& out);
/// What keeps the visitor from a partition of a feed that they may know of, whether it is there or not.
std::optional<net::Response> refuse_partition(const Context& context, const Visit& visit, std::string_view feed, std::string_view partition);
/// What keeps the visitor from what takes this role: "read the metrics".
std::optional<net::Response> refuse_role(const Context& context, const Visit& visit, access::Role least, const std::string& what);
/// 400 with the names of those of a divided feed's partitions that are theirs.
net::Response choose_partition(const Visit& visit, store::FeedState state);

/// Whether a reader shows that it holds items of a feed: it knows its uid, or its cursor is of its order; nobody guesses either.
bool holds(const store::FeedState& state, const std::optional<std::string>& uid, const Cursor& cursor);

/// Leaves what a visitor may see of a feed's state: their partitions, and the counts of these. False: the directory is not caught up.
bool keep_visible(const Visitor& who, store::FeedState& state);

/// By which rights the visitor sees what an answer shows, so that they can tell when it is time to look again.
void add_rights(const Visit& visit, net::Fields& fields);

/// Cache-Control and Vary of an answer that caches on the way may show to others only where everybody may read it. `vary`: further fields.
void add_caching(net::Response& answer, bool open, const std::string& vary = {});

}  // namespace meshgate::serve
