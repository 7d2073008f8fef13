#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "config/keys.hpp"
#include "gateway/access/directory_access.hpp"
#include "gateway/access/identity.hpp"
#include "gateway/access/knowledge.hpp"
#include "gateway/access/sign_in.hpp"
#include "gateway/app/configuration.hpp"
#include "gateway/app/housekeeping.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/federation/charters.hpp"
#include "gateway/federation/errands.hpp"
#include "gateway/federation/federation.hpp"
#include "gateway/federation/lookout.hpp"
#include "gateway/ingest/ingest.hpp"
#include "gateway/net/access_log.hpp"
#include "gateway/net/certificates.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/net/server.hpp"
#include "gateway/publish/publishing.hpp"
#include "gateway/serve/auth.hpp"
#include "gateway/serve/charter.hpp"
#include "gateway/serve/peers.hpp"
#include "gateway/serve/serve.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::app {

/// Everything of a running node. Members stand in start order; destruction stops in reverse.
class Node {
 public:
  /// Opens the store, binds, starts to read. Blocks until it serves.
  static Result<std::unique_ptr<Node>> start(Configuration configuration, std::shared_ptr<config::Secrets> secrets);
  /// Only the store behind the administration socket: no source is read, nothing listens for readers. Code::conflict: another process has the
  /// data folder.
  static Result<std::unique_ptr<Node>> start_offline(const Configuration& configuration, std::shared_ptr<config::Secrets> secrets);
  ~Node();

  [[nodiscard]] std::string url() const { return server_->url(); }
  [[nodiscard]] base::Log& log() { return log_; }
  /// To be called every few seconds: new certificate files are taken up. Blocks on files.
  void tend();
  /// What SIGHUP asks for: the certificate files are read again, the access log is opened anew, and of the configuration file who may read what and
  /// the log level are taken; what else has changed in it waits for a restart, and the log says so. Blocks on files.
  void reload();
  /// Readers are told to come back, sources are stopped. Blocks for at most `drain_time` and a little more.
  void drain();

 private:
  Node(base::Level level, base::Log::Redact redact);
  /// Waits so long for another process to leave the data folder.
  Status open_store(const Configuration& configuration, std::chrono::milliseconds patience);
  Status open_access(const Configuration& configuration);
  /// The node that people sign in at is asked for them.
  void sign_in_elsewhere(const std::string& peer);
  /// What this node says to others of the feeds that `given` names. Blocks.
  [[nodiscard]] access::Statement statement(const std::function<bool(std::string_view)>& given) const;
  [[nodiscard]] access::Terms own_terms(std::string_view feed) const;
  [[nodiscard]] mapping::Presentation presentation(std::string_view feed) const;
  /// The rules here, and those of the origins of feeds that are followed; with ruling_policy_mutex_ held where others may have it.
  [[nodiscard]] access::Policy policy();
  /// Rules and keys that other nodes have said are taken up.
  void take_up_heard();
  /// Nodes that follow this one look again at what counts.
  void tell_nodes();
  Status open_sign_in(const Configuration& configuration);
  /// By which keys other nodes are known here.
  void open_peers(const std::string& name);
  /// What is said to other nodes, and heard of them, beside the feeds.
  void open_mesh(net::Router& router);
  Status open_doors(const net::Listening& listening);
  Status open_server(const Configuration& configuration, net::ServerOptions options);
  [[nodiscard]] base::Log& acts_log() { return unheard_ ? *unheard_ : log_; }

  base::Log log_;
  std::unique_ptr<base::Log> unheard_;  // null: the node runs
  std::string file_;       // the configuration's
  config::Node written_;  // what stood in it at the start
  config::Node ruling_;   // what stood in it when its rules were taken up
  std::chrono::milliseconds drain_time_{0};
  base::Metrics metrics_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<const access::Identity> identity_;
  std::unique_ptr<base::BlockingPool> pool_;
  std::unique_ptr<net::Loops> loops_;
  std::unique_ptr<ingest::Ingest> ingest_;
  std::unique_ptr<federation::Federation> federation_;
  std::unique_ptr<publish::Publishing> publishing_;
  std::unique_ptr<serve::SourceStatus> sources_;
  federation::Options peers_;
  std::unique_ptr<access::Knowledge> knowledge_;
  mutable std::mutex ruling_policy_mutex_;  // of the two behind it
  access::Policy ruling_policy_;  // the configuration's
  access::Said ruling_said_;      // what the origins of followed feeds say, as it was taken up
  std::shared_ptr<access::DirectoryAccess> access_;
  std::unique_ptr<access::SignIn> sign_in_;
  std::unique_ptr<federation::Errands> errands_;  // null: people sign in here
  std::unique_ptr<serve::SignInDesk> desk_;
  std::unique_ptr<serve::Serve> serve_;
  std::unique_ptr<federation::Bindings> resting_;  // null: the node runs, and its federation has them
  std::unique_ptr<serve::PeersDesk> peers_desk_;
  std::unique_ptr<serve::CharterDesk> charter_desk_;
  std::unique_ptr<federation::Lookout> lookout_;
  std::unique_ptr<federation::Charters> charters_;
  std::shared_ptr<void> rights_subscription_;
  std::unique_ptr<net::Certificates> certificates_;  // null: in clear
  std::unique_ptr<net::AccessLog> access_log_;       // null: none
  std::unique_ptr<net::Server> server_;

  std::unique_ptr<Housekeeping> housekeeping_;  // last: it uses the store
};

}  // namespace meshgate::app
