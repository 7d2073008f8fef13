#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/head.hpp"

namespace meshgate::net {

/// One request from bytes: Beast's parser behind our own checks. Does no I/O; use once.
class RequestParser {
 public:
  explicit RequestParser(std::size_t body_bytes);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// `head` is what HeadFinder found, complete.
  Refused take_head(std::string_view head, Head& out);
  /// Body bytes as they come; `used` says how many belonged to this request. Trailer fields are dropped.
  Refused take_body(std::string_view bytes, std::size_t& used);
  /// The body is complete.
  [[nodiscard]] bool done() const;
  /// Once it is: what came packed is unpacked, up to as many bytes as a body may have.
  Refused finish();
  /// At the end: it holds nothing afterwards.
  std::string release_body();
  /// Instead: the body has no limit, and is taken as it comes.
  void go_on();
  std::string take_part();
  /// Whether the body is to be unpacked.
  [[nodiscard]] bool packed() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Of what the parser has left in the buffer, which can only be an unfinished chunk size or trailer.
Refused check_rest(const RequestParser& parser, std::string_view rest, std::size_t most);

}  // namespace meshgate::net
