#include "gateway/net/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <optional>

namespace meshgate::net {

namespace {

constexpr std::size_t kMostBody = 64U << 20U;
constexpr std::size_t kMostHeaders = 64U << 10U;
constexpr int kPollMillis = 200;

using Clock = std::chrono::steady_clock;

struct CloseEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CloseMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Easy = std::unique_ptr<CURL, CloseEasy>;
using Multi = std::unique_ptr<CURLM, CloseMulti>;
using List = std::unique_ptr<curl_slist, FreeList>;

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

/// Scheme, host, port and path: what may be shown of a URL. Of one that does not parse, only what cannot hold a credential.
std::string shown(const std::string& text) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK) {
    const std::string port = url_part(url.get(), CURLUPART_PORT);
    return url_part(url.get(), CURLUPART_SCHEME) + "://" + url_part(url.get(), CURLUPART_HOST) + (port.empty() ? "" : ":" + port) +
           url_part(url.get(), CURLUPART_PATH);
  }
  std::string rest = text.substr(0, text.find_first_of("?#"));
  const std::size_t at = rest.rfind('@');
  return at == std::string::npos ? rest : "…@" + rest.substr(at + 1);
}

const char* encodings() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  return (info->features & CURL_VERSION_ZSTD) != 0 ? "zstd, gzip" : "gzip";
}

/// What the reader of the message should do about a libcurl result.
Code code_of(CURLcode result) {
  switch (result) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR: return Code::config;
    case CURLE_BAD_CONTENT_ENCODING: return Code::corrupt;
    default: return Code::retry;
  }
}

std::string_view advice(CURLcode result) {
  switch (result) {
    case CURLE_URL_MALFORMAT: return "write it as http://host:port or https://host:port";
    case CURLE_UNSUPPORTED_PROTOCOL: return "the URL begins with http:// or https://, and what answers there must speak it: check the port";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return "name the authority that signed it with --ca, or install it, or correct the host name";
    case CURLE_SSL_CONNECT_ERROR: return "where the node speaks no TLS the URL begins with http://";
    case CURLE_SSL_CERTPROBLEM: return "check --certificate and --key: PEM, made together, the key not encrypted";
    case CURLE_COULDNT_RESOLVE_HOST: return "check the host name";
    case CURLE_COULDNT_RESOLVE_PROXY: return "check http_proxy, https_proxy and no_proxy";
    case CURLE_COULDNT_CONNECT: return "check that the node is running and listens there";
    default: return {};
  }
}

/// One call's view of the answer, filled by libcurl's callbacks.
struct Exchange {
  CURL* easy = nullptr;
  HttpClient::Answer answer;
  const std::function<bool(std::string_view)>* take = nullptr;
  Clock::time_point last_byte = Clock::now();
  std::size_t header_bytes = 0;
  bool head_complete = false;
  bool stopped = false;    ///< `take` wanted no more
  bool too_large = false;  ///< the body or the head is over its limit

  void begin_head() {
    answer.fields = {};
    head_complete = false;
  }
  bool add_header(std::string_view line);
  bool add_body(std::string_view bytes);
};

bool Exchange::add_header(std::string_view line) {
  last_byte = Clock::now();
  header_bytes += line.size();
  if (header_bytes > kMostHeaders) {
    too_large = true;
    return false;
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/") && colon == std::string_view::npos) {
    begin_head();
  } else if (line.empty()) {
    head_complete = true;
  } else if (!head_complete && colon != std::string_view::npos) {  // what comes after the body are trailers: not taken
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    answer.fields.add(std::string(line.substr(0, colon)), std::string(value));
  }
  return true;
}

bool Exchange::add_body(std::string_view bytes) {
  last_byte = Clock::now();
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (take != nullptr && status >= 200 && status < 300) {
    stopped = !(*take)(bytes);
    last_byte = Clock::now();  // what `take` waited for is not the other side's silence
    return !stopped;
  }
  if (answer.body.size() + bytes.size() > kMostBody) {
    too_large = true;
    return false;
  }
  answer.body.append(bytes);
  return true;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  return static_cast<Exchange*>(user)->add_header({data, size * count}) ? size * count : 0;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  return static_cast<Exchange*>(user)->add_body({data, size * count}) ? size * count : 0;
}

List header_list(const Fields& fields) {
  curl_slist* list = nullptr;
  list = curl_slist_append(list, "Expect:");
  bool typed = false;
  for (const auto& [name, value] : fields.all()) {
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    if (line.find_first_of("\r\n") != std::string::npos) continue;
    typed = typed || line.starts_with("Content-Type:");
    list = curl_slist_append(list, line.c_str());
  }
  if (!typed) list = curl_slist_append(list, "Content-Type:");
  return List(list);
}

}  // namespace

struct HttpClient::State {
  ClientOptions options;
  Multi multi;
  Easy easy;
  std::atomic<bool> cancelled{false};
  std::array<char, CURL_ERROR_SIZE> reason{};

  /// Asks with the Authorization field where there is one, and once again with another when it is refused.
  Result<Answer> authorized(const Fields& fields, const std::function<Result<Answer>(const Fields&)>& ask) const;
  /// No body: GET.
  Result<Answer> stream(const std::string& url, std::optional<std::string_view> body, const Fields& fields, const std::function<bool(std::string_view)>& take);
  void prepare(const std::string& url, Exchange& exchange, curl_slist* headers);
  void prepare_body(const std::string& method, std::string_view body);
  Result<Answer> run(const std::string& url, Exchange& exchange);
  std::optional<Error> drive(const std::string& url, const Exchange& exchange, CURLcode& result);
  [[nodiscard]] bool silent(const Exchange& exchange) const;
  [[nodiscard]] Error failure(CURLcode result, const std::string& url) const;
};

void HttpClient::State::prepare(const std::string& url, Exchange& exchange, curl_slist* headers) {
  CURL* handle = easy.get();
  curl_easy_reset(handle);  // keeps the live connections
  reason[0] = '\0';
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);  // a cancelled call does not wait for the resolver
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_time.count()));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L << 10U);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "meshgate");
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason.data());
  if (options.compressed) curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, encodings());
  if (!options.unix_socket.empty()) curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, options.unix_socket.c_str());
  if (!options.ca.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca.c_str());
  if (!options.certificate.empty()) curl_easy_setopt(handle, CURLOPT_SSLCERT, options.certificate.c_str());
  if (!options.key.empty()) curl_easy_setopt(handle, CURLOPT_SSLKEY, options.key.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  exchange.easy = handle;
}

void HttpClient::State::prepare_body(const std::string& method, std::string_view body) {
  CURL* handle = easy.get();
  if (method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body.empty() ? "" : body.data());
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
}

bool HttpClient::State::silent(const Exchange& exchange) const {
  curl_off_t connected = 0;
  curl_easy_getinfo(exchange.easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
  return connected > 0 && Clock::now() - exchange.last_byte > options.silence;
}

std::optional<Error> HttpClient::State::drive(const std::string& url, const Exchange& exchange, CURLcode& result) {
  const int wait = static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(options.silence.count() / 4, 1, kPollMillis));
  for (;;) {
    if (cancelled) return Error{Code::cancelled, shown(url) + ": cancelled"};
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      result = message->data.result;
      return std::nullopt;
    }
    if (silent(exchange)) {
      return Error{Code::retry, shown(url) + ": no byte came for " + std::to_string(options.silence.count()) +
                                    " ms: the connection is taken for dead; check the network between here and the node"};
    }
    curl_multi_poll(multi.get(), nullptr, 0, wait, nullptr);
  }
}

Error HttpClient::State::failure(CURLcode result, const std::string& url) const {
  const bool explained = reason[0] != '\0' && result != CURLE_URL_MALFORMAT;
  std::string message = shown(url) + ": " + (explained ? reason.data() : curl_easy_strerror(result));
  const std::string_view todo = advice(result);
  if (!todo.empty()) message.append(": ").append(todo);
  return {code_of(result), std::move(message)};
}

Result<HttpClient::Answer> HttpClient::State::run(const std::string& url, Exchange& exchange) {
  curl_multi_add_handle(multi.get(), easy.get());
  CURLcode result = CURLE_OK;
  auto broken = drive(url, exchange, result);
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_multi_remove_handle(multi.get(), easy.get());
  if (broken) return std::move(*broken);
  exchange.answer.status = static_cast<unsigned>(status);
  if (exchange.too_large) {
    return Error{
        Code::unsupported,
        shown(url) +
            ": the answer's head is over 64 KiB or its body over 64 MiB: this is not a meshgate node, or a page limit is too large"};
  }
  if (result != CURLE_OK && !exchange.stopped) return failure(result, url);
  if (!exchange.head_complete) return Error{Code::retry, shown(url) + ": the answer broke off in its head; it is asked for again"};
  return std::move(exchange.answer);
}

HttpClient::HttpClient(ClientOptions options) : state_(std::make_unique<State>()) {
  start_library();
  state_->options = std::move(options);
  state_->multi.reset(curl_multi_init());
  state_->easy.reset(curl_easy_init());
}

HttpClient::~HttpClient() = default;

Result<HttpClient::Answer> HttpClient::State::authorized(const Fields& fields, const std::function<Result<Answer>(const Fields&)>& ask) const {
  if (!options.authorization) return ask(fields);
  std::string refused;
  for (;;) {
    auto field = options.authorization(refused);
    if (!field) return std::move(field).error();
    if (field->empty()) return ask(fields);
    Fields all = fields;
    all.add("Authorization", *field);
    auto answer = ask(all);
    if (!answer || answer->status != 401 || !refused.empty()) return answer;
    refused = std::move(*field);
  }
}

Result<HttpClient::Answer> HttpClient::State::stream(const std::string& url, std::optional<std::string_view> body, const Fields& fields,
                                                     const std::function<bool(std::string_view)>& take) {
  return authorized(fields, [&](const Fields& all) {
    Exchange exchange;
    exchange.take = &take;
    const List headers = header_list(all);
    prepare(url, exchange, headers.get());
    if (body) prepare_body("POST", *body);
    return run(url, exchange);
  });
}

Result<HttpClient::Answer> HttpClient::send(std::string_view method, const std::string& url, std::string_view body, const Fields& fields) {
  return state_->authorized(fields, [&](const Fields& all) {
    Exchange exchange;
    const List headers = header_list(all);
    state_->prepare(url, exchange, headers.get());
    state_->prepare_body(std::string(method), body);
    return state_->run(url, exchange);
  });
}

Result<HttpClient::Answer> HttpClient::stream(const std::string& url, const Fields& fields,
                                              const std::function<bool(std::string_view)>& take) {
  return state_->stream(url, std::nullopt, fields, take);
}

Result<HttpClient::Answer> HttpClient::stream(const std::string& url, std::string_view body, const Fields& fields,
                                              const std::function<bool(std::string_view)>& take) {
  return state_->stream(url, body, fields, take);
}

void HttpClient::cancel() {
  state_->cancelled = true;
  curl_multi_wakeup(state_->multi.get());
}

}  // namespace meshgate::net
