#include "gateway/federation/charters.hpp"

#include <algorithm>

#include "gateway/base/backoff.hpp"
#include "gateway/federation/answered.hpp"
#include "gateway/federation/on_pool.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::federation {

namespace {

constexpr std::chrono::milliseconds kFirstWait{250};
constexpr std::chrono::milliseconds kLongestWait{15000};
constexpr std::chrono::seconds kSilent{5};      ///< between questions to a peer that says nothing to this node
constexpr std::chrono::seconds kHeartbeat{10};  ///< it is said at least so often, so that it is known how old it is
constexpr std::chrono::seconds kMeetAgain{5};
constexpr std::string_view kPath = "/peers/charter";

bool carries(const Options& options, std::size_t peer) {
  return std::ranges::any_of(options.feeds, [&](const FollowedFeed& feed) { return std::ranges::find(feed.peers, peer) != feed.peers.end(); });
}

}  // namespace

/// One direction of one peer, on a thread of its own.
class Charters::Line {
 public:
  enum class Way : std::uint8_t { asks, tells };
  /// `meets`: see House; one of the two of a peer does.
  Line(Charters& all, const Peer& peer, Way way, bool meets) : all_(all), peer_(peer), asks_(way == Way::asks), meets_(meets), client_(peer.client), thread_([this] { run(); }) {}
  ~Line() { thread_.join(); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void cancel() { client_.cancel(); }

 private:
  void run() {
    base::Backoff backoff(kFirstWait, kLongestWait);
    for (;;) {
      std::uint64_t seen = 0;
      {
        const std::lock_guard lock(all_.mutex_);
        if (all_.stopped_) return;
        seen = all_.rings_;
      }
      const Status who = right_node();
      const auto pause = !who ? Result<std::chrono::milliseconds>(who.error()) : asks_ ? ask() : tell();
      if (pause) meet();
      if (pause) backoff.succeeded();
      else complain(pause.error());
      std::unique_lock lock(all_.mutex_);
      const bool told = pause && !asks_;
      all_.rang_.wait_for(lock, pause ? *pause : backoff.failed(), [&] { return all_.stopped_ || (told && all_.rings_ != seen); });
    }
  }

  void complain(const Error& why) {
    if (why.code == Code::cancelled || why.message == complaint_) return;
    complaint_ = why.message;
    all_.house_.log.warning("federation", peer_.name + ": rules and keys " + (asks_ ? "cannot be heard: " : "cannot be told: ") + why.message);
  }

  void meet() {
    const auto at = std::chrono::steady_clock::now();
    if (!meets_ || at < meet_again_) return;
    all_.house_.meet(client_, peer_);
    meet_again_ = at + kMeetAgain;
  }

  /// Whether the node is the one that the configuration names by its key, where it does.
  Status right_node() { return peer_.identity.empty() ? Status() : all_.house_.bindings.meet_node(client_, peer_); }

  /// How long to wait before the next question.
  Result<std::chrono::milliseconds> ask() {
    const std::string held = all_.house_.knowledge.version(peer_.name);
    std::string url = peer_.url + std::string(kPath);
    // A first question is answered at once.
    if (!held.empty()) url.append("?wait=").append(std::to_string(kHeartbeat.count())).append("&known=").append(percent_encoded(held));
    auto answer = client_.send("GET", url);
    if (!answer) return std::move(answer).error();
    if (auto good = check_protocol(*answer); !good) return std::move(good).error();
    if (answer->status == 401 || answer->status == 403 || answer->status == 404) return silence();
    if (answer->status != 200) return refused(*answer);
    if (auto taken = all_.take(peer_, answer->body); !taken) return std::move(taken).error();
    complaint_.clear();
    return std::chrono::milliseconds(0);
  }

  /// The peer does not know this node: what it gives, it gives to anybody.
  Result<std::chrono::milliseconds> silence() {
    auto changed = all_.house_.knowledge.take_silence(peer_.name);
    if (!changed) return std::move(changed).error();
    if (*changed) all_.house_.told();
    return std::chrono::milliseconds(kSilent);
  }

  Result<std::chrono::milliseconds> tell() {
    const auto given = [this](std::string_view feed) { return std::ranges::find(peer_.push, feed) != peer_.push.end(); };
    auto statement = all_.house_.state(given);
    if (statement.version == said_) statement.charter.reset();
    net::Fields fields;
    fields.add("Content-Type", "application/json");
    auto answer = client_.send("PUT", peer_.url + std::string(kPath), access::statement_text(statement), fields);
    if (!answer) return std::move(answer).error();
    if (auto good = check_protocol(*answer); !good) return std::move(good).error();
    const bool unknown = answer->status == 409 && !said_.empty();
    said_ = answer->status == 200 ? statement.version : std::string();
    if (unknown) return std::chrono::milliseconds(0);
    if (answer->status != 200) return refused(*answer);
    complaint_.clear();
    return std::chrono::milliseconds(kHeartbeat);
  }

  Charters& all_;
  const Peer& peer_;
  const bool asks_;
  const bool meets_;
  std::chrono::steady_clock::time_point meet_again_{};
  net::HttpClient client_;
  std::string said_;  ///< the version that the peer has been told
  std::string complaint_;
  std::thread thread_;
};

Charters::Charters(House house) : house_(std::move(house)) {}
Charters::~Charters() { stop(); }

void Charters::start() {
  for (std::size_t number = 0; number < house_.options.peers.size(); ++number) {
    const Peer& peer = house_.options.peers[number];
    const bool wanted = carries(house_.options, number) || peer.name == house_.knowledge.reliance().issuer;
    const bool asks = wanted && speaks(peer);
    const bool known = house_.meet && speaks(peer);
    if (asks) lines_.push_back(std::make_unique<Line>(*this, peer, Line::Way::asks, known));
    if (!peer.push.empty()) lines_.push_back(std::make_unique<Line>(*this, peer, Line::Way::tells, known && !asks));
  }
}

void Charters::ring() {
  const std::lock_guard lock(mutex_);
  ++rings_;
  rang_.notify_all();
}

void Charters::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    rang_.notify_all();
  }
  for (const auto& line : lines_) line->cancel();
}

Status Charters::take(const Peer& peer, std::string_view body) {
  auto statement = access::parse_statement(body);
  if (!statement) return std::move(statement).error();
  auto changed = house_.knowledge.take(peer.name, std::move(*statement));
  if (!changed) return std::move(changed).error();
  if (*changed) house_.told();
  return {};
}

net::Response Charters::hear(const net::Request& request) {
  const auto peer = std::ranges::find_if(house_.options.peers, [&](const Peer& one) { return !one.subject.empty() && one.subject == request.client; });
  if (peer == house_.options.peers.end()) {
    return net::problem(404, "not-found", "Not found", "nobody with this certificate brings anything here; the peer's `subject` decides", request.id);
  }
  const Status taken = take(*peer, request.body);
  if (taken) return {.status = 200, .fields = {}, .body = {}};
  if (taken.error().code == Code::conflict) return net::problem(409, "not-known", "Not known", taken.error().message, request.id);
  if (taken.error().code == Code::config) return net::problem(400, "bad-request", "Bad request", taken.error().message, request.id);
  auto out = net::problem(503, "try-again", "Try again", taken.error().message, request.id);
  out.fields.add("Retry-After", "1");
  return out;
}

void Charters::add_routes(net::Router& router) {
  router.add("PUT", std::string(kPath), on_pool(house_.pool, [this](const net::Request& request) { return hear(request); }));
}

}  // namespace meshgate::federation
