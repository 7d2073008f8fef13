#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/device/sign_in_file.hpp"
#include "gateway/net/http_client.hpp"
#include "mesh/result.hpp"

namespace meshgate::device {

struct Grant;

/// Signs this device in at a node: a person's name and password, once, for tokens and a key of the device's own. Blocks.
/// Code::auth: refused, or too many have been tried: no other node is to be asked the same.
Result<SignedIn> sign_in(net::HttpClient& client, const std::string& url, std::string_view user, std::string_view password, std::string_view device);

/// Gives the Authorization field of a device that is signed in, and refreshes its token before it is over. One refresh at a time, also of several
/// programs with one file. A kill at any moment leaves a file that the next refresh goes on from: the token to come is written down
/// before it is asked for, and a question whose answer was lost is asked again as it was.
/// One sign-in is good at all nodes of a mesh: any of them that takes its tokens is asked for the next.
class Authorization {
 public:
  /// The file must be there and be of this node. Blocks on the file.
  static Result<std::unique_ptr<Authorization>> open(std::string file, const std::string& url, net::ClientOptions options);

  /// "Bearer …". `refused`: one that was just answered with 401; another is got. Blocks while it is refreshed. Any thread. Code::auth: sign in again.
  Result<std::string> field(std::string_view refused);

  /// Another node, which may take the same tokens. Before others use this. Blocks on the file.
  Status add_node(const std::string& url, const net::ClientOptions& options);
  /// The field for that node, once it publishes a key that signed the token. Empty: it does not, and is shown none. As field() else.
  Result<std::string> field_at(const std::string& url, std::string_view refused);

  /// The node's sentence, once it has said that this device or its person is not signed in any more. Any thread.
  [[nodiscard]] std::optional<std::string> ended();
  /// Any thread: field() that waits for the node returns Code::cancelled.
  void cancel();

 private:
  struct Node {
    Node(std::string node, const net::ClientOptions& options) : url(std::move(node)), refreshing(options), asking(options) {}
    const std::string url;
    bool takes = false;
    std::chrono::steady_clock::time_point ask_again{};  ///< whether it does
    net::HttpClient refreshing;
    net::HttpClient asking;
  };

  Authorization(std::string file, std::string url, const net::ClientOptions& options) : file_(std::move(file)) { nodes_.emplace_back(std::move(url), options).takes = true; }
  Status refresh();
  /// `refused`: the mesh says no.
  Result<Grant> ask_nodes(const std::string& question, bool& refused);
  Result<bool> takes(Node& node, std::string_view field);
  Status note(const std::string& url);

  const std::string file_;
  std::list<Node> nodes_;  ///< the first is that where it was signed in
  std::mutex asking_;      ///< of what nodes take, and of the clients that ask; taken before mutex_
  std::mutex mutex_;
  std::mutex ending_;
  std::optional<std::string> ended_;
  std::string field_;
  std::chrono::steady_clock::time_point renew_{};
};

}  // namespace meshgate::device
