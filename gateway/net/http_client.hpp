#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/fields.hpp"
#include "mesh/result.hpp"

namespace meshgate::net {

struct ClientOptions {
  std::chrono::milliseconds connect_time{10000};
  std::chrono::milliseconds silence{60000};  ///< no byte for so long: the connection is dead
  std::string unix_socket;                   ///< connect to this path instead of the URL's host
  std::string ca;                            ///< a PEM file with the authorities to believe; empty: the system's
  std::string certificate;                   ///< a PEM file with the certificate to show when asked for one; empty: none
  std::string key;                           ///< a PEM file with its key
  bool compressed = true;                    ///< ask for zstd or gzip and decode
  /// The value of every request's Authorization field; none: requests have no such field. `refused`: one that was just answered with 401, for which
  /// another is to be had; empty: none was. Asked on the calling thread; its error is the call's. Empty: this request has none. May block.
  std::function<Result<std::string>(std::string_view refused)> authorization{};
};

/// Outbound HTTP over libcurl (proxies from the environment, certificates verified). One connection kept alive; one thread at a time.
class HttpClient {
 public:
  explicit HttpClient(ClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  struct Answer {
    unsigned status = 0;
    Fields fields;
    std::string body;
  };
  /// Blocks until the whole answer is here. Errors: retry (could not connect, broke off, timed out), config (bad URL, certificate
  /// refused), cancelled, unsupported (the body is over 64 MiB). A redirect is an answer, it is not followed. Messages never show
  /// credentials or the query of the URL.
  Result<Answer> send(std::string_view method, const std::string& url, std::string_view body = {}, const Fields& fields = {});

  /// Blocks while bytes arrive: `take` gets decoded body bytes of a 2xx answer as they come and returns false to stop. The answer
  /// holds the body only of other statuses.
  Result<Answer> stream(const std::string& url, const Fields& fields, const std::function<bool(std::string_view)>& take);
  /// The same of the answer to a POST.
  Result<Answer> stream(const std::string& url, std::string_view body, const Fields& fields, const std::function<bool(std::string_view)>& take);

  /// From any thread: the running call returns Code::cancelled within a second, and so does every later one.
  void cancel();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshgate::net
