#include "gateway/federation/errands.hpp"

namespace meshgate::federation {

namespace {

constexpr std::chrono::seconds kConnect{3};  ///< somebody waits
constexpr std::chrono::seconds kSilence{20};
constexpr std::size_t kMostIdle = 4;

net::ClientOptions impatient(net::ClientOptions options) {
  options.connect_time = kConnect;
  options.silence = kSilence;
  return options;
}

}  // namespace

Errands::Errands(const Peer& peer) : name_(peer.name), url_(peer.url), options_(impatient(peer.client)) {}

std::unique_ptr<net::HttpClient> Errands::client() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<net::HttpClient>(options_);
  auto out = std::move(idle_.back());
  idle_.pop_back();
  return out;
}

Result<net::HttpClient::Answer> Errands::ask(std::string_view method, std::string_view path, std::string_view body, const net::Fields& fields) {
  const Error unreachable{Code::retry, "people sign in at node '" + name_ + "', which cannot be reached from here at the moment; who is signed in goes on until the token is over"};
  if (url_.empty()) return unreachable;
  auto client = this->client();
  auto answer = client->send(method, url_ + std::string(path), body, fields);
  if (!answer) return unreachable;
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(client));
  return answer;
}

}  // namespace meshgate::federation
