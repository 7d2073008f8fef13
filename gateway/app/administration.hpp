#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/app/configuration.hpp"
#include "gateway/net/http_client.hpp"
#include "mesh/result.hpp"

namespace meshgate::app {

class Node;

/// Speaks with the node of a configuration over its administration socket; when none runs, starts one that serves the store there and
/// reads no source, for as long as this object lives. So every command works the same with the node up or down.
class Administration {
 public:
  static Result<std::unique_ptr<Administration>> reach(const Reading& reading);
  ~Administration();

  /// The body of a 2xx answer; any other status is an Error with the problem document's detail. Blocks.
  Result<std::string> ask(std::string_view method, const std::string& path, std::string_view body = {});
  /// Whether a node was found running.
  [[nodiscard]] bool running() const { return offline_ == nullptr; }

 private:
  explicit Administration(const std::string& socket);

  std::unique_ptr<Node> offline_;
  net::HttpClient client_;
};

/// The socket of a data folder.
std::string administration_socket(const std::string& data);

}  // namespace meshgate::app
