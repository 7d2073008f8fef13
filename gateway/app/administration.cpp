#include "gateway/app/administration.hpp"

#include <simdjson.h>

#include <chrono>
#include <thread>

#include "gateway/app/node.hpp"

namespace meshgate::app {

namespace {

constexpr std::chrono::milliseconds kAgain{50};
constexpr std::chrono::seconds kPatience{5};  ///< for a node that has its data folder and does not answer yet, or any more

net::ClientOptions over(const std::string& socket) {
  net::ClientOptions options;
  options.unix_socket = socket;
  options.connect_time = std::chrono::seconds(2);
  options.silence = std::chrono::minutes(10);  // a backup of a large store answers late
  return options;
}

/// The sentence of a problem document, or the body's beginning when it is something else.
std::string detail_of(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view detail;
  if (parser.parse(body).get(root) == simdjson::SUCCESS && root["detail"].get(detail) == simdjson::SUCCESS) return std::string(detail);
  return body.substr(0, 200);
}

}  // namespace

std::string administration_socket(const std::string& data) { return data + "/admin.sock"; }

Administration::Administration(const std::string& socket) : client_(over(socket)) {}
Administration::~Administration() = default;

Result<std::unique_ptr<Administration>> Administration::reach(const Reading& reading) {
  std::unique_ptr<Administration> out(new Administration(administration_socket(reading.configuration.data)));
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    if (out->client_.send("GET", "http://node/health/live")) return out;
    auto offline = Node::start_offline(reading.configuration, reading.secrets);
    if (offline) {
      out->offline_ = std::move(*offline);
      return out;
    }
    if (offline.error().code != Code::conflict || std::chrono::steady_clock::now() >= until) return std::move(offline).error();
    std::this_thread::sleep_for(kAgain);
  }
}

Result<std::string> Administration::ask(std::string_view method, const std::string& path, std::string_view body) {
  auto answer = client_.send(method, "http://node" + path, body);
  if (!answer) return std::move(answer).error();
  if (answer->status >= 200 && answer->status < 300) return std::move(answer->body);
  return Error{Code::config, detail_of(answer->body)};
}

}  // namespace meshgate::app
