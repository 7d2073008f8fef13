#include "gateway/federation/push.hpp"

#include <algorithm>
#include <utility>

#include "gateway/federation/answered.hpp"
#include "gateway/federation/bindings.hpp"
#include "gateway/federation/brought.hpp"
#include "gateway/federation/claims.hpp"
#include "gateway/net/compressor.hpp"
#include "gateway/store/comparing.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::federation {

namespace {

constexpr std::chrono::milliseconds kFirstWait{250};
constexpr std::chrono::milliseconds kLongestWait{15000};
constexpr std::chrono::seconds kHeartbeat{15};  ///< a mark comes at least so often, so that the peer knows how old its copy is
constexpr std::uint64_t kPageEntries = 5000;
constexpr std::uint64_t kPageBytes = std::uint64_t{512} << 10U;  ///< the peer takes bodies of 1 MiB unless told otherwise
constexpr int kPagesInARow = 8;  ///< before other feeds have their turn
constexpr std::size_t kWorthIt = 24;  ///< bytes that the field for it takes
constexpr int kMostRepairs = 3;
constexpr int kMostQuestions = 1000;

}  // namespace

Push::Push(const Peer& peer, Bindings& bindings, store::Store& store, base::Log& log, base::Metrics& metrics)
    : peer_(peer),
      bindings_(bindings),
      store_(store),
      log_(log),
      pages_(metrics.counter("meshgate_peer_pages_brought", "Pages of changes that were brought to a peer.", {{"peer", peer.name}})),
      working_(metrics.gauge("meshgate_peer_reached", "1 when the last page or question reached the peer.", {{"peer", peer.name}})),
      client_(std::make_unique<net::HttpClient>(peer.client)),
      line_(peer),
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
  line_.cancel();
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
  if (auto who = bindings_.meet_node(*client_, peer_); !who) return who;
  const auto own = bindings_.own(*brought.feed);
  auto newer = tell_claim(*client_, peer_.url, name, own);
  if (!newer) return std::move(newer).error();
  if (*newer) {
    if (auto met = bindings_.meet(peer_, name, **newer); !met) return met;
    return Error{Code::conflict, "the peer has a newer origin of it (term " + std::to_string((*newer)->claim.term) + "): this node has stepped down and publishes nothing of it any more; follow it from there"};
  }
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  auto answer = client_->send("PUT", peer_.url + "/peers/feeds/" + percent_encoded(name), offer_text(state, own), fields);
  if (!answer) return std::move(answer).error();
  link_.answered(std::string(answer->fields.find("Meshgate-Protocol").value_or("")));
  if (auto good = check_protocol(*answer); !good) return good;
  if (answer->status != 200) return refused(*answer);
  auto cursors = parse_cursors(answer->body);
  if (!cursors) return std::move(cursors).error();
  packed_ = net::negotiate(answer->fields.find("Accept-Encoding")) == net::Encoding::zstd;
  lined_ = takes_line(answer->body);
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
    if (!brings(peer_, name, one.name)) continue;
    const Part part{name, one.name};
    auto moved = bring_part(brought, part);
    if (!moved) return std::move(moved).error().within(part.text());
    any = any || *moved;
  }
  return any;
}

bool Push::is_news(const store::Page& page, const Progress& sent) { return page.entries > 0 || page.mark.cursor != sent.at || page.mark.caught_up != sent.caught_up; }

Result<bool> Push::bring_part(Brought& brought, const Part& part) {
  const bool open = line_.is_open();
  auto moved = bring_pages(brought, part);
  // A line that was open may have ended long ago. That a page may have been taken does no harm.
  if (open && !moved && moved.error().code == Code::retry && !line_.is_open()) return bring_pages(brought, part);
  return moved;
}

Result<bool> Push::bring_pages(Brought& brought, const Part& part) {
  Progress& there = brought.parts[part.partition];
  if (there.at.start()) {
    if (auto compared = compare(*brought.feed, part, there); !compared) return std::move(compared).error();
  }
  Progress sent = there;
  std::optional<Mark> under_way;
  bool news = false;
  for (int pages = 0;; ++pages) {
    Result<std::optional<store::Page>> page = std::optional<store::Page>();
    if (pages < (lined_ ? kPagesInARow : 1)) page = next_page(*brought.feed, part, sent);
    const bool anew = page && *page && (*page)->answer != Answer::read;
    if (anew && !under_way) {
      there.at = {};
      return true;
    }
    const bool more = page && *page && !anew;
    if (more) {
      if (auto gone = send_page(part, sent.at, **page); !gone) return std::move(gone).error();
      news = news || is_news(**page, sent);
    }
    if (under_way) {
      const Status taken = take_answer(there, *under_way);
      const bool goes_on = taken && there.at == under_way->cursor;
      if (!goes_on && more) (void)answer();  // to what followed on a page that was not taken
      if (!taken) return taken.error();
      if (!goes_on) return true;
    }
    if (!page) return std::move(page).error();
    if (!more) return news;
    under_way = (*page)->mark;
    sent.at = under_way->cursor;
    sent.caught_up = under_way->caught_up;
    sent.told = Clock::now();
  }
}

Result<std::optional<store::Page>> Push::next_page(const store::Feed& feed, const Part& part, const Progress& sent) {
  std::optional<store::Page> none;
  auto page = feed.changes(part.partition, sent.at, {.entries = kPageEntries, .bytes = kPageBytes});
  if (!page) return std::move(page).error();
  if (page->answer == Answer::ahead) return none;  // it has more than we do: of another peer
  if (page->answer == Answer::beyond_head) {
    return Error{Code::conflict, "the peer holds more of this node's own order than this node does: its folder, or its disk, was put back to what it was before. "
                                 "`meshgate backup` and `meshgate restore` here give it a new order"};
  }
  if (page->answer == Answer::read && !is_news(*page, sent) && Clock::now() - sent.told < kHeartbeat) return none;
  return std::optional(std::move(*page));
}

Result<net::HttpClient::Answer> Push::post(const Part& part, std::string_view what, std::string query, const std::string& body) {
  std::string url = peer_.url + "/peers/feeds/" + percent_encoded(part.feed) + std::string(what);
  if (!part.partition.empty()) query.append(query.empty() ? "" : "&").append("partition=").append(percent_encoded(part.partition));
  if (!query.empty()) url.append("?").append(query);
  net::Fields fields;
  fields.add("Content-Type", "application/x-ndjson");
  const auto packer = packed_ ? net::Compressor::make(net::Encoding::zstd) : nullptr;
  std::string packed;
  if (!packer || !packer->add(body, net::Flush::end, packed) || packed.size() + kWorthIt > body.size()) return client_->send("POST", url, body, fields);
  fields.add("Content-Encoding", "zstd");
  return client_->send("POST", url, packed, fields);
}

Status Push::send_page(const Part& part, const Cursor& after, const store::Page& page) {
  std::string body = page.lines;
  append_mark(body, page.mark);
  if (lined_) return line_.send(part, after, body);
  auto posted = post(part, "/changes", "after=" + after.text(), body);
  if (!posted) return std::move(posted).error();
  posted_ = std::move(*posted);
  return {};
}

Result<net::HttpClient::Answer> Push::answer() {
  if (lined_) return line_.answer();
  return std::move(posted_);
}

Status Push::take_answer(Progress& there, const Mark& mark) {
  const auto answered = answer();
  if (!answered) return answered.error();
  if (answered->status == 409) {
    // The peer stands elsewhere: it has a page whose answer was lost, was restored, or has found that its copy is not what it should be.
    const auto cursor = parse_cursor_of(answered->body);
    if (!cursor || *cursor == there.at) return refused(*answered);
    there.at = *cursor;
    there.caught_up = false;
    return {};
  }
  if (answered->status != 200) return refused(*answered);
  there.at = mark.cursor;
  there.caught_up = mark.caught_up;
  there.told = Clock::now();
  durable_ = parse_cursor_of(answered->body) == there.at;
  if (there.caught_up) there.repairs = 0;
  pages_.add();
  return {};
}

void Push::note(const std::string& name, const Brought& brought, std::string error) {
  Reached out{name, {}, Seq{0}, std::move(error)};
  for (const auto& [partition, part] : brought.parts) {
    if (part.at.seq >= out.seq) out = {name, part.at.epoch, part.at.seq, std::move(out.error)};
  }
  const std::lock_guard lock(mutex_);
  reached_.insert_or_assign(name, std::move(out));
}

std::vector<Push::Reached> Push::reached() const {
  const std::lock_guard lock(mutex_);
  std::vector<Reached> out;
  for (const auto& [name, one] : reached_) out.push_back(one);
  return out;
}

Status Push::compare(const store::Feed& feed, const Part& part, Progress& there) {
  if (there.repairs >= kMostRepairs) return {};
  auto repaired = answer_questions(feed, part);
  const bool passing = !repaired && (repaired.error().code == Code::cancelled || retryable(repaired.error().code));
  there.repairs = passing ? there.repairs + 1 : kMostRepairs;
  if (passing) return std::move(repaired).error();
  if (!repaired) return {};
  there.at = *repaired;
  log_.info("federation", peer_.name + ": " + part.text() + ": the copy there was repaired by what differs");
  return {};
}

Result<Cursor> Push::answer_questions(const store::Feed& feed, const Part& part) {
  std::string body;
  for (int asked = 0; asked < kMostQuestions; ++asked) {
    auto answer = post(part, "/reconcile", {}, body);
    if (!answer) return std::move(answer).error();
    if (answer->status != 200) return refused(*answer);
    if (const auto cursor = parse_cursor_of(answer->body)) return *cursor;
    auto question = parse_reconcile_question(answer->body);
    if (!question) return std::move(question).error();
    question->partition = part.partition;
    auto text = store::answer_of(feed, *question, kPageBytes);
    if (!text) return std::move(text).error();
    body = std::move(*text);
  }
  return Error{Code::unsupported, "the peer does not come to an end with its questions"};
}

void Push::complain(Brought& brought, const Error& why) {
  if (why.code == Code::cancelled || brought.complaint == why.message) return;
  brought.complaint = why.message;
  log_.warning("federation", peer_.name + ": " + why.message);
}

void Push::all_is_well() {
  backoff_.succeeded();
  bool complained = false;
  for (auto& [name, brought] : feeds_) complained = !std::exchange(brought.complaint, {}).empty() || complained;
  if (complained) log_.info("federation", peer_.name + ": feeds are brought there again");
}

void Push::run() {
  link_.dials();
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
      note(name, feeds_[name], moved ? std::string() : moved.error().message);
      if (moved) {
        any = any || *moved;
        continue;
      }
      feeds_[name].offered = false;
      fault = std::move(moved).error();
      complain(feeds_[name], *fault);
      if (retryable(fault->code)) break;
    }
    working_.set(fault ? 0 : 1);
    if (fault && retryable(fault->code)) link_.fails(fault->message);
    if (!fault) link_.answered();
    if (!fault && durable_) all_is_well();
    if (any && !fault) continue;
    std::unique_lock lock(mutex_);
    const auto wait = fault ? backoff_.failed() : std::chrono::milliseconds(kHeartbeat);
    rang_.wait_for(lock, wait, [&] { return stopped_ || (!fault && rings_ != seen); });
  }
}

}  // namespace meshgate::federation
