#include "connectors/kafka/failures.hpp"

#include <string>
#include <utility>

namespace meshgate::kafka {

namespace {

/// What to do, and the words for it; where the error is none of these it is tried again.
std::pair<int32_t, std::string_view> meaning(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED: return {MG_AUTH, "the brokers refuse the account; check sasl:, user: and password:"};
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM: return {MG_AUTH, "the brokers do not offer this way to sign in; check sasl:"};
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return {MG_AUTH, "this account may not do that with it, or there is no such topic; check topic:, and grant it the rights that connectors/kafka/README.md names"};
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return {MG_AUTH, "this account may not do that; see connectors/kafka/README.md for what it needs"};
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: return {MG_AUTH, "this account may not write in transactions; grant Write and Describe on the transactional ids that begin with meshgate- (see connectors/kafka/PUBLISHING.md)"};
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED: return {MG_CONFLICT, "another gateway writes this feed there now, and this one has stopped. If that one is not meant, end it and start this one anew"};
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: return {MG_CONFIG, "the item is longer than the topic takes; raise max.message.bytes of the topic"};
    case RD_KAFKA_RESP_ERR__SSL: return {MG_RETRY, "TLS failed; check that this port speaks TLS, the broker's certificate, its name, and ca:. Nothing was sent in clear"};
    case RD_KAFKA_RESP_ERR__RESOLVE: return {MG_RETRY, "a broker has no address; check servers: and what the brokers advertise (advertised.listeners)"};
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return {MG_CONFIG, "there is no such topic, or this account may not see it; check topic: and the rights. Nothing is deleted because of it"};
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: return {MG_CONFIG, "that is not the name of a topic; check topic:"};
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: return {MG_GONE, "what follows is not there any more: retention has passed it, or the topic was made anew"};
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TRANSPORT: return {MG_RETRY, "no broker can be reached; check servers:, whether they want tls: and sasl:, and that nothing is in between. It is tried again"};
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT: return {MG_RETRY, "the brokers do not answer in time; it is tried again"};
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: return {MG_RETRY, "a message is damaged on its way or on the broker's disk; it is read again"};
    default: return {MG_RETRY, "it is tried again"};
  }
}

int rank(rd_kafka_resp_err_t error) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return 1;
  if (error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__TIMED_OUT) return 2;
  return meaning(error).first == MG_AUTH ? 4 : 3;
}

/// librdkafka 2.0.2 calls a handshake that the other side ends a lost connection.
rd_kafka_resp_err_t named(rd_kafka_resp_err_t error, std::string_view text) {
  return error == RD_KAFKA_RESP_ERR__TRANSPORT && text.find("SSL routines") != std::string_view::npos ? RD_KAFKA_RESP_ERR__SSL : error;
}

/// Without "(after 12ms in state CONNECT)", which makes the same failure another text each time.
std::string_view lasting(std::string_view text) {
  const size_t timing = text.find(" (after ");
  return timing != std::string_view::npos && text.ends_with(')') ? text.substr(0, timing) : text;
}

}  // namespace

sdk::Status failed(rd_kafka_resp_err_t error, std::string_view doing, std::string_view text) {
  const auto [what, words] = meaning(named(error, text));
  std::string out(doing);
  out.append(": ").append(text.empty() ? rd_kafka_err2str(error) : lasting(text)).append("; ").append(words);
  return sdk::failure(what, std::move(out));
}

bool says_more(rd_kafka_resp_err_t error, rd_kafka_resp_err_t than) { return rank(error) > rank(than); }

bool is_final(rd_kafka_resp_err_t error) { return meaning(error).first == MG_AUTH || meaning(error).first == MG_CONFIG; }

}  // namespace meshgate::kafka
