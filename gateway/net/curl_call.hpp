#pragma once

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/net/http_client.hpp"

namespace meshgate::net {

struct CloseEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CloseMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

HeaderList header_list(const Fields& fields);

/// An answer as libcurl brings it.
struct ArrivingAnswer {
  using Clock = std::chrono::steady_clock;
  CURL* easy = nullptr;
  HttpClient::Answer answer;
  const std::function<bool(std::string_view)>* take = nullptr;  ///< of a 2xx answer; null: all of it is kept
  Clock::time_point last_byte = Clock::now();
  std::size_t header_bytes = 0;
  bool head_complete = false;
  bool stopped = false;    ///< `take` wanted no more
  bool too_large = false;  ///< the body or the head is over its limit

  [[nodiscard]] unsigned status() const;
  bool add_header(std::string_view line);
  bool add_body(std::string_view bytes);

 private:
  void begin_head();
};

/// A handle of libcurl, with the connection that it keeps, and what all calls over it share. One thread at a time, but for cancel().
class CurlCall {
 public:
  explicit CurlCall(ClientOptions options);

  /// Everything but the request's method and body. What is given must outlive the call.
  void prepare(const std::string& url, ArrivingAnswer& answer, const HeaderList& headers);
  void begin() { curl_multi_add_handle(multi_.get(), easy_.get()); }
  void end() { curl_multi_remove_handle(multi_.get(), easy_.get()); }
  /// An error: it was cancelled, or nothing came for too long.
  [[nodiscard]] Status alive(const ArrivingAnswer& answer) const;
  /// Moves what can be moved; the call's result, once it is over.
  std::optional<CURLcode> step();
  /// Blocks for a moment, until something can be moved.
  void wait();
  /// Goes on after a pause of what is sent. False: the other side has ended what it sends, which libcurl keeps to itself as long as there may be more to send.
  bool go_on();
  /// Of a call that is over.
  [[nodiscard]] Status outcome(CURLcode result, const ArrivingAnswer& answer) const;
  /// Any thread.
  void cancel();

  [[nodiscard]] CURL* handle() const { return easy_.get(); }
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  /// The URL, as it may be shown.
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  [[nodiscard]] Error failure(CURLcode result) const;
  [[nodiscard]] bool connected() const;
  [[nodiscard]] bool silent(const ArrivingAnswer& answer) const;

  const ClientOptions options_;
  std::unique_ptr<CURLM, CloseMulti> multi_;
  std::unique_ptr<CURL, CloseEasy> easy_;
  std::atomic<bool> cancelled_{false};
  std::array<char, CURL_ERROR_SIZE> reason_{};
  std::string shown_;
  int waits_for_ = 0;  ///< CURL_POLL_… of the connection, as libcurl said last
};

}  // namespace meshgate::net
