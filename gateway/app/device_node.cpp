#include "gateway/app/device_node.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "gateway/app/administration.hpp"
#include "gateway/app/login.hpp"
#include "gateway/app/peer_state.hpp"
#include "mesh/base64url.hpp"
#include "mesh/random.hpp"

namespace meshgate::app {

namespace {

constexpr std::size_t kBlockingThreads = 2;
constexpr std::size_t kMostWaiting = 1000;
constexpr std::size_t kSecret = 32;
constexpr std::size_t kConnections = 200;
constexpr std::uint64_t kCache = 4U << 20U;
constexpr std::uint64_t kWriteBuffer = 4U << 20U;
constexpr std::chrono::hours kKeepDeletes{30 * 24};
constexpr std::chrono::milliseconds kCopyTurn{2000};  ///< between two reads of a partition into the SQLite file, where there are many
constexpr std::chrono::milliseconds kDrain{1000};
constexpr const char* kOwn = "this device";

/// How following goes, and how old what is held is.
class FollowingStatus final : public serve::SourceStatus {
 public:
  FollowingStatus(const DeviceFollowing& following, store::Store& store) : following_(following), store_(store) {}

  std::optional<serve::SourceState> of(std::string_view feed) const override {
    const auto standing = following_.standing(feed);
    if (!standing) return std::nullopt;
    auto out = state_of(*standing);
    const auto names = store_.names();
    if (std::find(names.begin(), names.end(), feed) == names.end()) return out;
    const auto held = store_.feed(feed);
    const Micros as_of = held ? (*held)->state().as_of : Micros{0};
    if (as_of.count != 0) out.lag_seconds = static_cast<double>(now().count - as_of.count) / 1e6;
    return out;
  }

 private:
  const DeviceFollowing& following_;
  store::Store& store_;
};

}  // namespace

Status DeviceFolder::empty() const {
  std::error_code error;
  for (const std::string& one : {copy(), copy() + "-wal", copy() + "-shm", copy() + "-lock", store(), lost(), lost() + ".new"}) {
    std::filesystem::remove_all(one, error);
    if (error) return Error{Code::config, one + ": cannot be removed (" + error.message() + "); remove it by hand"};
  }
  return {};
}

DeviceNode::DeviceNode(DeviceNodeOptions options)
    : options_(std::move(options)),
      pool_(kBlockingThreads, kMostWaiting),
      loops_(1),
      applications_(options_.folder.applications()),
      own_token_(base64url(random_bytes(kSecret))),
      door_(applications_, {kOwn, device::proof_of(own_token_), {}, now()}) {}

DeviceNode::~DeviceNode() {
  if (copy_) copy_->stop();
  housekeeping_.reset();
  if (following_) following_->stop();
  copy_.reset();
  if (server_) server_->drain(kDrain);
}

Result<std::unique_ptr<DeviceNode>> DeviceNode::start(DeviceNodeOptions options) {
  std::unique_ptr<DeviceNode> node(new DeviceNode(std::move(options)));
  if (auto done = node->open_store(); !done) return std::move(done).error();
  if (node->held() == 0) {
    const auto looked = node->following_->look();
    if (!looked && !retryable(looked.error().code)) return looked.error();
  }
  if (auto done = node->open_server(); !done) return std::move(done).error();
  if (auto done = node->open_copy(); !done) return std::move(done).error();
  node->following_->start();
  return node;
}

Status DeviceNode::open_store() {
  store::Options how;
  how.folder = options_.folder.store();
  how.cache_bytes = kCache;
  how.write_buffer_bytes = kWriteBuffer;
  auto store = store::Store::open(how);
  if (!store) return std::move(store).error();
  store_ = std::move(*store);
  auto access = DeviceAccess::open(options_.folder.lost(), *store_);
  if (!access) return std::move(access).error();
  access_ = std::move(*access);
  const auto taken = [this](store::Feed& feed, const std::string& partition, const Cursor& after, const std::string& lines, const Mark& mark) {
    if (copy_) copy_->take(feed, partition, after, lines, mark);
  };
  following_ = std::make_unique<DeviceFollowing>(DeviceFollowing::House{*store_, pool_, *access_, log_, metrics_, taken, options_.folder.store(), machine_name()}, options_.upstreams, options_.feeds);
  return {};
}

Status DeviceNode::open_server() {
  status_ = std::make_unique<FollowingStatus>(*following_, *store_);
  serve::Services services{*store_, pool_, log_, metrics_, *status_, access_, "device", MESHGATE_VERSION, {}};
  services.principal = [this](const net::Request& request) -> Result<access::Principal> {
    auto application = door_.let_in(request);
    if (!application) return std::move(application).error();
    return access::Principal{.user = std::move(application->name), .device = std::move(application->proof), .node = {}};
  };
  services.signed_in = [this](const access::Principal& who) { return door_.stands(who.device); };
  services.people = false;
  serve_ = std::make_unique<serve::Serve>(std::move(services));
  net::Router router;
  serve_->add_routes(router);
  net::ServerOptions how;
  how.address = options_.address;
  how.port = options_.port;
  how.connections = how.connections_per_address = kConnections;
  how.administration_socket = administration_socket(options_.folder.path);
  how.on_drain = [this] { serve_->wake(); };
  const auto applications = applications_.all();
  if (!applications) return applications.error();
  std::vector<std::string> origins;
  for (const auto& one : *applications) {
    if (!one.origin.empty()) origins.push_back(one.origin);
  }
  how.cors = net::Cors(std::move(origins));
  auto server = net::Server::start(how, std::move(router), loops_, log_, metrics_);
  if (!server) return std::move(server).error();
  server_ = std::move(*server);
  door_.listens_at(server_->port());
  housekeeping_ = std::make_unique<Housekeeping>(*store_, kKeepDeletes, [this] { serve_->tidy(); }, log_);
  return {};
}

Status DeviceNode::open_copy() {
  device::MirrorOptions how;
  how.url = server_->url();
  how.file = options_.folder.copy();
  how.authorization = [token = "Bearer " + own_token_](std::string_view) -> Result<std::string> { return token; };
  how.replace = true;
  how.large = ~std::uint64_t{0};
  how.turn = kCopyTurn;
  how.longest_backoff = kCopyTurn;
  how.more = [this, seen = std::size_t{0}]() mutable {
    const std::size_t parts = held();
    return std::exchange(seen, parts) != parts;
  };
  auto copy = DeviceCopy::start(std::move(how), [this] { return held() > 0; }, log_);
  if (!copy) return std::move(copy).error();
  copy_ = std::move(*copy);
  return {};
}

std::size_t DeviceNode::held() const {
  std::size_t out = 0;
  for (const std::string& name : store_->names()) {
    const auto feed = store_->feed(name);
    if (feed) out += (*feed)->state().partitions.size();
  }
  return out;
}

void DeviceNode::tend() {
  access_->tend();
  if (applications_.changed()) serve_->look_again();
}

}  // namespace meshgate::app
