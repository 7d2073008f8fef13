#include "connectors/kafka/format/http.hpp"

#include <utility>

namespace meshgate::kafka::format {

namespace {

constexpr size_t kLongestAnswer = size_t{16} << 20U;
constexpr int kTickMillis = 100;

size_t take(char* data, size_t size, size_t count, void* body) {
  auto& text = *static_cast<std::string*>(body);
  if (text.size() + size * count > kLongestAnswer) return 0;
  text.append(data, size * count);
  return size * count;
}

bool is_certificate(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return true;
    default: return false;
  }
}

}  // namespace

Http::Http(RegistryOptions options, std::function<bool()> cancelled)
    : options_(std::move(options)), cancelled_(std::move(cancelled)), easy_(curl_easy_init()), multi_(curl_multi_init()) {
  headers_.reset(curl_slist_append(nullptr, "Accept: application/vnd.schemaregistry.v1+json, application/json"));
  why_.resize(CURL_ERROR_SIZE);
  prepare();
}

Http::~Http() = default;

void Http::prepare() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why_.data());
  if (!options_.user.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, options_.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, options_.password.c_str());
  }
  if (!options_.ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca.c_str());
  if (!options_.certificate.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, options_.certificate.c_str());
  if (!options_.key.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, options_.key.c_str());
}

sdk::Status Http::get(const std::string& path, Answer& out) {
  out = Answer{};
  const std::string url = options_.url + path;
  curl_easy_setopt(easy_.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, &out.body);
  why_[0] = '\0';
  const CURLcode code = run();
  if (cancelled_()) return sdk::failure(MG_CANCELLED, "cancelled");
  if (code != CURLE_OK) return failed(code);
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &out.status);
  return {};
}

CURLcode Http::run() {
  if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) return CURLE_FAILED_INIT;
  CURLcode code = CURLE_OPERATION_TIMEDOUT;
  for (int running = 1; running > 0 && !cancelled_();) {
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
    if (running > 0 && curl_multi_poll(multi_.get(), nullptr, 0, kTickMillis, nullptr) != CURLM_OK) break;
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi_.get(), easy_.get());
  return code;
}

sdk::Status Http::failed(CURLcode code) const {
  const std::string said = why_[0] != '\0' ? std::string(why_.c_str()) : std::string(curl_easy_strerror(code));
  const std::string place = "schema registry " + options_.url + ": ";
  if (is_certificate(code)) return sdk::failure(MG_CONFIG, place + said + "; check the registry's certificate and the file of authorities");
  if (code == CURLE_WRITE_ERROR) return sdk::failure(MG_CONFIG, place + "its answer is longer than 16 MiB; check that it is a schema registry");
  return sdk::failure(MG_RETRY, place + said + "; it is tried again");
}

}  // namespace meshgate::kafka::format
