#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/http_client.hpp"

namespace meshgate::net {

/// One request whose body goes on, and an answer that goes on: bytes there, lines back. HTTP/1.1 over libcurl, as HttpClient. Nobody drives it
/// between calls: that it has ended is found at the next. ClientOptions::authorization is not asked. One thread at a time.
class HttpLine {
 public:
  explicit HttpLine(ClientOptions options = {});
  ~HttpLine();
  HttpLine(const HttpLine&) = delete;
  HttpLine& operator=(const HttpLine&) = delete;

  /// POST. Blocks until the head of the answer is here: the line is open if its status is 200. Of another status the answer is whole.
  Result<HttpClient::Answer> open(const std::string& url, const Fields& fields = {});
  [[nodiscard]] bool is_open() const;
  /// Blocks until the bytes have gone. Errors are those of HttpClient, and retry where the other side has ended the line; after any the line is closed. None
  /// where a line has come that says why.
  Status send(std::string_view bytes);
  /// Blocks until the next line has come, which is given without its end. Errors as of send().
  Result<std::string> take_line();

  /// From any thread, as of HttpClient.
  void cancel();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshgate::net
