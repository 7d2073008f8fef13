#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <string>

#include "connectors/kafka/format/registry.hpp"

namespace meshgate::kafka::format {

/// GET over HTTP or HTTPS with libcurl: one connection that is kept, certificates are verified, redirects are not followed.
class Http {
 public:
  struct Answer {
    long status = 0;
    std::string body;
  };

  Http(RegistryOptions options, std::function<bool()> cancelled);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  /// Blocks until the timeout, or until 200 ms after a cancel. MG_OK: the server has answered, whatever its status; MG_RETRY: it could not be
  /// reached in time; MG_CONFIG: a certificate is wrong, or a file of one, or the answer is longer than 16 MiB.
  sdk::Status get(const std::string& path, Answer& out);

 private:
  struct Easy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct Multi {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };
  struct List {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  void prepare();
  CURLcode run();
  [[nodiscard]] sdk::Status failed(CURLcode code) const;

  RegistryOptions options_;
  std::function<bool()> cancelled_;
  std::unique_ptr<CURL, Easy> easy_;
  std::unique_ptr<CURLM, Multi> multi_;
  std::unique_ptr<curl_slist, List> headers_;
  std::string why_;  // libcurl's words for the last failure
};

}  // namespace meshgate::kafka::format
