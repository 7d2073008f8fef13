#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/device/sign_in_file.hpp"
#include "gateway/net/http_client.hpp"
#include "mesh/result.hpp"

namespace meshgate::device {

/// Signs this device in at a node: a person's name and password, once, for tokens and a key of the device's own. Blocks.
/// Code::auth: refused.
Result<SignedIn> sign_in(net::HttpClient& client, const std::string& url, std::string_view user, std::string_view password, std::string_view device);

/// Gives the Authorization field of a device that is signed in, and refreshes its token before it is over. One refresh at a time, also of several
/// programs with one file. A kill at any moment leaves a file that the next refresh goes on from: the token to come is written down
/// before it is asked for, and a question whose answer was lost is asked again as it was.
class Authorization {
 public:
  /// The file must be there and be of this node. Blocks on the file.
  static Result<std::unique_ptr<Authorization>> open(std::string file, const std::string& url, net::ClientOptions options);

  /// "Bearer …". `refused`: one that was just answered with 401; another is got. Blocks while it is refreshed. Any thread. Code::auth: sign in again.
  Result<std::string> field(std::string_view refused);
  /// The node's sentence, once it has said that this device or its person is not signed in any more. Any thread.
  [[nodiscard]] std::optional<std::string> ended();
  /// Any thread: field() that waits for the node returns Code::cancelled.
  void cancel() { client_.cancel(); }

 private:
  Authorization(std::string file, std::string url, net::ClientOptions options) : file_(std::move(file)), url_(std::move(url)), client_(std::move(options)) {}
  Status refresh();

  const std::string file_;
  const std::string url_;
  net::HttpClient client_;
  std::mutex mutex_;
  std::mutex ending_;
  std::optional<std::string> ended_;
  std::string field_;
  std::chrono::steady_clock::time_point renew_{};
};

}  // namespace meshgate::device
