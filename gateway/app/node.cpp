#include "gateway/app/node.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "config/changes.hpp"
#include "gateway/app/administration.hpp"
#include "gateway/app/peer_state.hpp"
#include "gateway/base/owner_file.hpp"
#include "gateway/store/birth.hpp"
#include "mesh/feed_names.hpp"

namespace meshgate::app {

namespace {

constexpr std::size_t kBlockingThreads = 4;
constexpr std::size_t kMostWaiting = 10000;
constexpr std::chrono::milliseconds kAgain{50};
constexpr std::chrono::seconds kPatience{5};  ///< for a command that works on the data folder of a node that does not run: it leaves in a moment

base::Level level_named(const std::string& name) {
  if (name == "debug") return base::Level::debug;
  if (name == "warning") return base::Level::warning;
  return name == "error" ? base::Level::error : base::Level::info;
}

/// What ingest, federation and publishing say of a feed, in the words of the API.
class FromAll : public serve::SourceStatus {
 public:
  FromAll(const ingest::Ingest& ingest, const federation::Federation& federation, const publish::Publishing& publishing)
      : ingest_(ingest), federation_(federation), publishing_(publishing) {}

  std::optional<serve::SourceState> of(std::string_view feed) const override {
    const auto standing = ingest_.standing(feed);
    if (!standing) return of_peer(feed);
    const auto& status = standing->status;
    serve::SourceState out;
    out.source = standing->source;
    out.state = ingest::word(status.phase);
    out.since = status.since;
    out.error = status.message;
    out.note = status.note;
    if (status.as_of.count != 0) out.lag_seconds = static_cast<double>(now().count - status.as_of.count) / 1e6;
    out.limit = status.limit_sentence;
    out.failing = ingest::is_fault(status.phase);
    add_published(feed, out.note);
    return out;
  }

  std::vector<serve::UnlistedSource> unlisted() const override {
    std::vector<serve::UnlistedSource> out;
    for (auto& one : ingest_.unlisted()) out.push_back({std::move(one.source), std::move(one.why)});
    return out;
  }

 private:
  /// What is to be said of a feed that is published, behind what the connector says.
  void add_published(std::string_view feed, std::string& note) const {
    const auto standing = publishing_.standing(feed);
    if (!standing) return;
    note.append(note.empty() ? "" : "; ").append("published to ").append(standing->target).append(": ").append(publish::word(standing->phase));
    if (!standing->message.empty()) note.append(": ").append(standing->message);
  }

  std::optional<serve::SourceState> of_peer(std::string_view feed) const {
    const auto standing = federation_.standing(feed);
    return standing ? std::optional(state_of(*standing)) : std::nullopt;
  }

  const ingest::Ingest& ingest_;
  const federation::Federation& federation_;
  const publish::Publishing& publishing_;
};

/// Where the acts of a node that does not run go: whoever commands it is told by the command.
class Unheard final : public base::Log {
 public:
  using base::Log::Log;

 private:
  void put(const std::string&) override {}
};

class NoSources : public serve::SourceStatus {
 public:
  std::optional<serve::SourceState> of(std::string_view) const override { return std::nullopt; }
};

/// Which rules of who may read and administer differ, by their keys; those of feeds that are in both.
std::string changed_rules(const config::Node& before, const config::Node& after) {
  std::string out;
  const auto add = [&](const std::string& key) { out.append(out.empty() ? "" : ", ").append(key); };
  for (const auto& change : config::changes(before, after)) {
    if (change == "node.read" || change == "node.roles") add(change);
  }
  const auto feeds = after["feeds"];
  for (const auto& one : feeds.entries()) {
    const auto feed = before["feeds"][one.key];
    if (!feed.present()) continue;
    const auto changes = config::changes(feed, one.value);
    if (std::find(changes.begin(), changes.end(), "read") != changes.end()) add("feeds." + one.key + ".read");
  }
  return out;
}

}  // namespace

Node::Node(base::Level level, base::Log::Redact redact) : log_(level, std::move(redact)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::start(Configuration configuration, std::shared_ptr<config::Secrets> secrets) {
  const auto redact = [secrets = std::move(secrets)](std::string text) { return secrets->redact(std::move(text)); };
  std::unique_ptr<Node> node(new Node(level_named(configuration.log_level), redact));
  if (auto done = node->open_doors(configuration.listening); !done) return std::move(done).error();
  if (auto done = node->open_store(configuration, kPatience); !done) return std::move(done).error();
  auto sources = std::move(configuration.sources);
  auto ingest = ingest::Ingest::start(std::move(sources), *node->store_, node->log_, node->metrics_);
  if (!ingest) return std::move(ingest).error();
  node->ingest_ = std::move(*ingest);
  node->federation_ = std::make_unique<federation::Federation>(node->peers_, *node->store_, *node->pool_, node->log_, node->metrics_);
  node->publishing_ = std::make_unique<publish::Publishing>(configuration.publications, *node->store_, node->log_, node->metrics_);
  node->sources_ = std::make_unique<FromAll>(*node->ingest_, *node->federation_, *node->publishing_);
  if (auto done = node->open_access(configuration); !done) return std::move(done).error();
  node->file_ = configuration.file;
  node->written_ = configuration.written;
  node->ruling_ = configuration.written;
  node->drain_time_ = configuration.listening.server.drain_time;
  if (auto done = node->open_server(configuration, configuration.listening.server); !done) return std::move(done).error();
  node->charters_->start();
  node->housekeeping_ = std::make_unique<Housekeeping>(*node->store_, configuration.keep_deletes, [node = node.get()] {
    node->serve_->tidy();
    node->sign_in_->tend();
    if (auto kept = node->knowledge_->keep(); !kept) node->log_.warning("access", kept.error().message);
  }, node->log_);
  return node;
}

Result<std::unique_ptr<Node>> Node::start_offline(const Configuration& configuration, std::shared_ptr<config::Secrets> secrets) {
  const auto redact = [secrets = std::move(secrets)](std::string text) { return secrets->redact(std::move(text)); };
  std::unique_ptr<Node> node(new Node(base::Level::error, redact));
  node->unheard_ = std::make_unique<Unheard>(base::Level::error, redact);
  if (!std::filesystem::exists(configuration.data)) {
    return Error{Code::not_found, "there is no data folder '" + configuration.data + "' yet: start the node with `meshgate run` first"};
  }
  if (auto done = node->open_store(configuration, {}); !done) return std::move(done).error();
  node->sources_ = std::make_unique<NoSources>();
  if (auto done = node->open_access(configuration); !done) return std::move(done).error();
  // Only the socket matters; the port is any free one on loopback and nobody is told of it.
  if (auto done = node->open_server(configuration, net::ServerOptions()); !done) return std::move(done).error();
  return node;
}

Status Node::open_store(const Configuration& configuration, std::chrono::milliseconds patience) {
  store::Options options;
  options.folder = configuration.data;
  const auto until = std::chrono::steady_clock::now() + patience;
  auto store = store::Store::open(options);
  while (!store && store.error().code == Code::conflict && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kAgain);
    store = store::Store::open(options);
  }
  if (!store) return std::move(store).error();
  store_ = std::move(*store);
  if (store::was_copied(*store_)) {
    log_.warning("store", "data folder " + configuration.data + " is a copy of another, or was put back: feeds that have their origin here have a new epoch, and their sources are read again");
  }
  auto identity = access::Identity::open(configuration.data);
  if (!identity) return std::move(identity).error();
  identity_ = std::make_shared<const access::Identity>(std::move(*identity));
  peers_ = configuration.federation;
  peers_.identity = identity_;
  peers_.folder = configuration.data;
  pool_ = std::make_unique<base::BlockingPool>(kBlockingThreads, kMostWaiting);
  loops_ = std::make_unique<net::Loops>(std::max(1U, std::thread::hardware_concurrency()));
  return {};
}

Status Node::open_access(const Configuration& configuration) {
  const auto folder = (std::filesystem::path(configuration.data) / "access").string();
  if (auto made = base::make_owner_folder(folder); !made) return made;
  auto knowledge = access::Knowledge::open(folder + "/heard.json", federation::reliance_of(configuration.federation, configuration.sign_in.at, configuration.stale));
  if (!knowledge) return std::move(knowledge).error();
  knowledge_ = std::move(*knowledge);
  ruling_policy_ = configuration.policy;
  ruling_said_ = knowledge_->said();
  auto access = access::DirectoryAccess::start(policy(), *store_, knowledge_.get(), log_, metrics_);
  if (!access) return std::move(access).error();
  access_ = std::move(*access);
  return {};
}

Status Node::open_doors(const net::Listening& listening) {
  if (listening.tls) {
    auto certificates = net::Certificates::open(*listening.tls, log_, metrics_);
    if (!certificates) return std::move(certificates).error();
    certificates_ = std::move(*certificates);
  }
  if (listening.access_log.empty()) return {};
  auto access_log = net::AccessLog::open(listening.access_log, log_, metrics_);
  if (!access_log) return std::move(access_log).error();
  access_log_ = std::move(*access_log);
  return {};
}

Status Node::open_sign_in(const Configuration& configuration) {
  access::People people;
  people.named = [this](std::string_view login) { return access_->named(login); };
  people.anchored = [this](std::string_view anchor) { return access_->anchored(anchor); };
  people.verify = [this](std::string_view anchor, std::string_view name, std::string_view password) -> Status {
    if (!ingest_) return Error{Code::unsupported, "the node does not run: start it with `meshgate run`, then sign in"};
    return ingest_->verify(kUsersFeed, anchor, name, password);
  };
  access::SignIn::Place place{(std::filesystem::path(configuration.data) / "access").string(), configuration.name};
  if (!configuration.sign_in.at.empty()) place.clock = [this] { return std::max(now(), knowledge_->issuer_time()); };
  auto opened = access::SignIn::open(std::move(place), configuration.sign_in, std::move(people), log_, metrics_);
  if (!opened) return std::move(opened).error();
  sign_in_ = std::move(*opened);
  if (!configuration.sign_in.at.empty()) sign_in_->believe(knowledge_->issuer());
  desk_ = std::make_unique<serve::SignInDesk>(*sign_in_, *pool_, acts_log(), certificates_ != nullptr);
  desk_->through = configuration.sign_in.through;
  if (!configuration.sign_in.at.empty()) sign_in_elsewhere(configuration.sign_in.at);
  return {};
}

void Node::sign_in_elsewhere(const std::string& peer) {
  const auto at = std::ranges::find(peers_.peers, peer, &federation::Peer::name);
  errands_ = std::make_unique<federation::Errands>(*at);
  desk_->elsewhere = [this](std::string_view method, const std::string& path, std::string_view body, const net::Fields& fields) -> Result<net::Response> {
    auto answer = errands_->ask(method, path, body, fields);
    if (!answer) return std::move(answer).error();
    net::Response out{answer->status, {}, std::move(answer->body)};
    for (const char* name : {"Content-Type", "Retry-After", "WWW-Authenticate"}) {
      if (const auto value = answer->fields.find(name)) out.fields.add(name, std::string(*value));
    }
    return out;
  };
}

Status Node::open_server(const Configuration& configuration, net::ServerOptions options) {
  if (auto done = open_sign_in(configuration); !done) return done;
  const auto replay = [this](std::string_view feed, std::vector<std::string> keys) -> Result<std::vector<serve::Replayed>> {
    if (!ingest_) return Error{Code::not_found, "the node does not run: start it with `meshgate run`, then replay"};
    auto replayed = ingest_->replay(feed, std::move(keys));
    if (!replayed) return std::move(replayed).error();
    std::vector<serve::Replayed> out;
    for (auto& one : *replayed) out.push_back({std::move(one.key), ingest::word(one.fate), std::move(one.reason)});
    return out;
  };
  const auto release = [this](std::string_view feed) -> Status {
    if (ingest_ && ingest_->release(feed)) return {};
    return Error{Code::not_found, ingest_ ? "no source fills a feed '" + std::string(feed) + "'"
                                          : "the node does not run: start it with `meshgate run`, then release the feed"};
  };
  serve::Services services{*store_, *pool_, acts_log(), metrics_, *sources_, access_, configuration.name, MESHGATE_VERSION, release, replay};
  services.presentation = [this](std::string_view feed) { return presentation(feed); };
  if (certificates_) services.scheme = "https";
  services.ranges.folder = std::filesystem::path(configuration.data) / "ranges";
  services.ranges.most_bytes = ingest_ ? configuration.range_cache : 0;
  services.ranges.part_bytes = configuration.range_size;
  services.principal = [this](const net::Request& request) { return serve::principal_of(*sign_in_, request); };
  services.people = configuration.policy.has_users();
  services.sign_in = sign_in_.get();
  services.signed_in = [this](const access::Principal& who) { return sign_in_->stands(who); };
  serve_ = std::make_unique<serve::Serve>(std::move(services));
  net::Router router;
  serve_->add_routes(router);
  desk_->add_routes(router);
  if (federation_) federation_->add_routes(router);
  open_peers(configuration.name);
  peers_desk_->add_routes(router);
  open_mesh(router);
  sign_in_->on_revoked([this] {
    serve_->look_again();
    tell_nodes();
  });
  rights_subscription_ = access_->subscribe([this] { tell_nodes(); });
  options.administration_socket = administration_socket(configuration.data);
  options.on_drain = [this] {
    serve_->wake();
    charter_desk_->ring();
  };
  options.certificates = certificates_.get();
  options.access_log = access_log_.get();
  auto server = net::Server::start(options, std::move(router), *loops_, log_, metrics_);
  if (!server) return std::move(server).error();
  server_ = std::move(*server);
  return {};
}

void Node::tend() {
  if (certificates_) certificates_->look();
}

void Node::reload() {
  if (certificates_) certificates_->reload();
  if (access_log_) access_log_->reopen();
  const Reading reading = read_configuration(file_);
  const auto note = [this](std::string result) { log_.audit({"administrator (SIGHUP)", {}, "rules of " + file_, std::move(result), {}}); };
  if (!reading.diagnostics.empty()) {
    note("not taken up: the file has faults");
    log_.error("node", "the configuration has faults and is not taken up: " + reading.secrets->redact(reading.diagnostics.text()));
    return;
  }
  log_.set_least(level_named(reading.configuration.log_level));
  {
    const std::lock_guard lock(ruling_policy_mutex_);
    ruling_policy_ = reading.configuration.policy;
    access_->use(policy());
  }
  const std::string rules = changed_rules(ruling_, reading.configuration.written);
  ruling_ = reading.configuration.written;
  if (!rules.empty()) note("changed: " + rules);
  std::string waiting;
  for (const auto& change : config::changes(written_, reading.configuration.written)) {
    if (change != "node.log" && change != "node.read" && change != "node.roles") waiting.append(waiting.empty() ? "" : ", ").append(change);
  }
  log_.info("node", "reloaded: certificates, access log, log level " + reading.configuration.log_level + ", rules of who may read");
  if (!waiting.empty()) log_.warning("node", "the configuration has changed since the start; but for `read` this waits for a restart: " + waiting);
}

void Node::drain() {
  housekeeping_.reset();
  if (ingest_) ingest_->stop();
  if (federation_) federation_->stop();
  if (charters_) charters_->stop();
  if (publishing_) publishing_->stop();
  server_->drain(drain_time_);
}

}  // namespace meshgate::app
