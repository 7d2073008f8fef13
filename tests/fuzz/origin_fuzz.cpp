// Any text as a network, a peer, an X-Forwarded-For, a target and a request id, one on each line.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/net/access_log.hpp"
#include "gateway/net/origin.hpp"
#include "gateway/net/request_id.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate::net;

namespace {

std::string_view next_line(std::string_view& rest) { return take_until(rest, '\n'); }

void check_asker(const Network& network, std::string_view peer_text, std::string_view forwarded) {
  boost::system::error_code error;
  const auto peer = boost::asio::ip::make_address(std::string(peer_text), error);
  if (error) return;
  Fields fields;
  fields.add("X-Forwarded-For", std::string(forwarded));
  const std::vector<Network> proxies{network};
  const auto from = asker(peer, fields, proxies);
  must(from == plain(from), "who asked is written in one way");
  must(from == plain(peer) || is_proxy(peer, proxies), "only a proxy is believed");
  must(!counted(from).empty(), "everybody counts");
}

void check_line(std::string_view target, std::string_view id) {
  RequestIds ids;
  Access access;
  access.target = target;
  access.id = ids.of(id);
  access.agent = target;
  must(!access.id.empty() && access.id.size() <= 64, "a request has a name of bounded length");
  const auto line = access_line(access);
  must(line.find('\n') + 1 == line.size(), "one answer, one line");
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  must(parser.parse(line).get(root) == simdjson::SUCCESS, "a line of the access log is JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  const auto network = Network::parse(next_line(rest));
  const auto peer = next_line(rest);
  const auto forwarded = next_line(rest);
  if (network) check_asker(*network, peer, forwarded);
  const auto target = next_line(rest);
  check_line(target, rest);
  return 0;
}
