#include "gateway/federation/push.hpp"

#include <algorithm>

#include "gateway/federation/answered.hpp"
#include "gateway/federation/brought.hpp"
#include "gateway/federation/claims.hpp"
#include "gateway/net/text.hpp"

namespace meshgate::federation {

namespace {

constexpr std::chrono::milliseconds kFirstWait{250};
constexpr std::chrono::milliseconds kLongestWait{15000};
constexpr std::chrono::seconds kHeartbeat{15};  ///< a mark comes at least so often, so that the peer knows how old its copy is
constexpr std::uint64_t kPageEntries = 5000;
constexpr std::uint64_t kPageBytes = std::uint64_t{512} << 10U;  ///< the peer takes bodies of 1 MiB unless told otherwise

}  // namespace

Push::Push(const Peer& peer, store::Store& store, base::Log& log, base::Metrics& metrics)
    : peer_(peer),
      store_(store),
      log_(log),
      pages_(metrics.counter("meshgate_peer_pages_brought", "Pages of changes that were brought to a peer.", {{"peer", peer.name}})),
      working_(metrics.gauge("meshgate_peer_reached", "1 when the last page or question reached the peer.", {{"peer", peer.name}})),
      client_(std::make_unique<net::HttpClient>(peer.client)),
      backoff_(kFirstWait, kLongestWait),
      thread_([this] { run(); }) {}

Push::~Push() {
  stop();
  thread_.join();
}

void Push::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  client_->cancel();
  rang_.notify_all();
}

void Push::ring() {
  {
    const std::lock_guard lock(mutex_);
    ++rings_;
  }
  rang_.notify_all();
}

bool Push::stopped() {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

/// What the feed is; the answer says how far the peer has it.
Status Push::offer(const std::string& name, Brought& brought, const store::FeedState& state) {
  auto newer = tell_claim(*client_, peer_.url, name, own_claim(*brought.feed));
  if (!newer) return std::move(newer).error();
  if (*newer) {
    if (auto met = store::meet(*brought.feed, (*newer)->claim); !met) return met;
    return Error{Code::conflict, "the peer has a newer origin of it (term " + std::to_string((*newer)->claim.term) + "): this node has stepped down and publishes nothing of it any more; follow it from there"};
  }
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  auto answer = client_->send("PUT", peer_.url + "/peers/feeds/" + net::percent_encode(name), offer_text(state), fields);
  if (!answer) return std::move(answer).error();
  if (auto good = check_protocol(*answer); !good) return good;
  if (answer->status != 200) return refused(*answer);
  auto cursors = parse_cursors(answer->body);
  if (!cursors) return std::move(cursors).error();
  brought.offered = true;
  brought.schema = state.schema.version;
  for (const auto& [partition, cursor] : *cursors) brought.parts[partition].at = cursor;
  return {};
}

Result<bool> Push::bring(const std::string& name, Brought& brought) {
  if (!brought.feed) {
    const auto names = store_.names();
    if (std::ranges::find(names, name) == names.end()) return false;  // its source has not been read yet
    auto feed = store_.feed(name);
    if (!feed) return std::move(feed).error();
    brought.feed = std::move(*feed);
    brought.subscription = brought.feed->subscribe([this] { ring(); });
  }
  const auto state = brought.feed->state();
  if (!brought.offered || brought.schema != state.schema.version) {
    if (auto offered = offer(name, brought, state); !offered) return std::move(offered).error().within("feed " + name);
  }
  bool any = false;
  for (const auto& one : state.partitions) {
    auto moved = bring_page(name, brought, one.name);
    if (!moved) return std::move(moved).error().within("feed " + name + (one.name.empty() ? "" : " [" + one.name + "]"));
    any = any || *moved;
  }
  return any;
}

Result<bool> Push::bring_page(const std::string& name, Brought& brought, const std::string& partition) {
  Part& part = brought.parts[partition];
  auto page = brought.feed->changes(partition, part.at, {.entries = kPageEntries, .bytes = kPageBytes});
  if (!page) return std::move(page).error();
  if (page->answer == Answer::ahead) return false;  // it has more than we do: of another peer
  if (page->answer == Answer::beyond_head) {
    return Error{Code::conflict, "the peer holds more of this node's own order than this node does: its folder, or its disk, was put back to what it was before. "
                                 "`meshgate backup` and `meshgate restore` here give it a new order"};
  }
  if (page->answer != Answer::read) {
    part = {};
    return true;
  }
  const bool news = page->entries > 0 || page->mark.cursor != part.at || page->mark.caught_up != part.caught_up;
  if (!news && Clock::now() - part.told < kHeartbeat) return false;
  if (auto sent = send_page(name, partition, part, *page); !sent) return std::move(sent).error();
  pages_.add();
  return news;
}

Status Push::send_page(const std::string& name, const std::string& partition, Part& part, const store::Page& page) {
  std::string url = peer_.url + "/peers/feeds/" + net::percent_encode(name) + "/changes?after=" + part.at.text();
  if (!partition.empty()) url.append("&partition=").append(net::percent_encode(partition));
  std::string body = page.lines;
  append_mark(body, page.mark);
  net::Fields fields;
  fields.add("Content-Type", "application/x-ndjson");
  auto answer = client_->send("POST", url, body, fields);
  if (!answer) return std::move(answer).error();
  if (answer->status == 409) {
    // The peer stands elsewhere: it has a page whose answer was lost, or was restored.
    const auto cursor = parse_cursor_of(answer->body);
    if (!cursor || *cursor == part.at) return refused(*answer);
    part = {.at = *cursor};
    return {};
  }
  if (answer->status != 200) return refused(*answer);
  part = {page.mark.cursor, page.mark.caught_up, Clock::now()};
  return {};
}

void Push::run() {
  while (!stopped()) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = rings_;
    }
    bool any = false;
    std::optional<Error> fault;
    for (const std::string& name : peer_.push) {
      auto moved = bring(name, feeds_[name]);
      if (moved) {
        any = any || *moved;
        continue;
      }
      feeds_[name].offered = false;
      fault = std::move(moved).error();
      if (retryable(fault->code)) break;
    }
    working_.set(fault ? 0 : 1);
    if (fault && fault->code != Code::cancelled && complaint_ != fault->message) {
      complaint_ = fault->message;
      log_.warning("federation", peer_.name + ": " + complaint_);
    }
    if (!fault && !complaint_.empty()) {
      complaint_.clear();
      log_.info("federation", peer_.name + ": feeds are brought there again");
    }
    if (!fault) backoff_.succeeded();
    if (any && !fault) continue;
    std::unique_lock lock(mutex_);
    const auto wait = fault ? backoff_.failed() : std::chrono::milliseconds(kHeartbeat);
    rang_.wait_for(lock, wait, [&] { return stopped_ || (!fault && rings_ != seen); });
  }
}

}  // namespace meshgate::federation
