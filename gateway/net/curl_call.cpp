#include "gateway/net/curl_call.hpp"

#include <algorithm>
#include <mutex>

namespace meshgate::net {

namespace {

constexpr std::size_t kMostBody = 64U << 20U;
constexpr std::size_t kMostHeaders = 64U << 10U;
constexpr int kPollMillis = 200;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

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
std::string shown_of(const std::string& text) {
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

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  return static_cast<ArrivingAnswer*>(user)->add_header({data, size * count}) ? size * count : 0;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  return static_cast<ArrivingAnswer*>(user)->add_body({data, size * count}) ? size * count : 0;
}

int on_socket(CURL* /*easy*/, curl_socket_t /*socket*/, int what, void* waits_for, void* /*own*/) {
  *static_cast<int*>(waits_for) = what;
  return 0;
}

}  // namespace

HeaderList header_list(const Fields& fields) {
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
  return HeaderList(list);
}

unsigned ArrivingAnswer::status() const {
  long out = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &out);
  return static_cast<unsigned>(out);
}

void ArrivingAnswer::begin_head() {
  answer.fields = {};
  head_complete = false;
}

bool ArrivingAnswer::add_header(std::string_view line) {
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

bool ArrivingAnswer::add_body(std::string_view bytes) {
  last_byte = Clock::now();
  if (take != nullptr && status() / 100 == 2) {
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

CurlCall::CurlCall(ClientOptions options) : options_(std::move(options)) {
  start_library();
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, &waits_for_);
}

void CurlCall::prepare(const std::string& url, ArrivingAnswer& answer, const HeaderList& headers) {
  CURL* handle = easy_.get();
  curl_easy_reset(handle);  // keeps the live connections
  reason_[0] = '\0';
  shown_ = shown_of(url);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);  // a cancelled call does not wait for the resolver
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_time.count()));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L << 10U);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "meshgate");
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason_.data());
  if (options_.compressed) curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, encodings());
  if (!options_.unix_socket.empty()) curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
  if (!options_.ca.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca.c_str());
  if (!options_.certificate.empty()) curl_easy_setopt(handle, CURLOPT_SSLCERT, options_.certificate.c_str());
  if (!options_.key.empty()) curl_easy_setopt(handle, CURLOPT_SSLKEY, options_.key.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &answer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
  answer.easy = handle;
}

bool CurlCall::connected() const {
  curl_off_t since = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &since);
  return since > 0;
}

bool CurlCall::silent(const ArrivingAnswer& answer) const {
  return connected() && ArrivingAnswer::Clock::now() - answer.last_byte > options_.silence;
}

Status CurlCall::alive(const ArrivingAnswer& answer) const {
  if (cancelled_) return Error{Code::cancelled, shown_ + ": cancelled"};
  if (!silent(answer)) return {};
  return Error{Code::retry, shown_ + ": no byte came for " + std::to_string(options_.silence.count()) +
                                " ms: the connection is taken for dead; check the network between here and the node"};
}

std::optional<CURLcode> CurlCall::step() {
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return std::nullopt;
}

void CurlCall::wait() {
  const int wait = static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(options_.silence.count() / 4, 1, kPollMillis));
  curl_multi_poll(multi_.get(), nullptr, 0, wait, nullptr);
}

bool CurlCall::go_on() {
  curl_easy_pause(easy_.get(), CURLPAUSE_CONT);  // says anew what is waited for
  return !connected() || waits_for_ != CURL_POLL_OUT;
}

Error CurlCall::failure(CURLcode result) const {
  const bool explained = reason_[0] != '\0' && result != CURLE_URL_MALFORMAT;
  std::string message = shown_ + ": " + (explained ? reason_.data() : curl_easy_strerror(result));
  const std::string_view todo = advice(result);
  if (!todo.empty()) message.append(": ").append(todo);
  return {code_of(result), std::move(message)};
}

Status CurlCall::outcome(CURLcode result, const ArrivingAnswer& answer) const {
  if (answer.too_large) {
    return Error{Code::unsupported,
                 shown_ + ": the answer's head is over 64 KiB or its body over 64 MiB: this is not a meshgate node, or a page limit is too large"};
  }
  if (result != CURLE_OK && !answer.stopped) return failure(result);
  if (!answer.head_complete) return Error{Code::retry, shown_ + ": the answer broke off in its head; it is asked for again"};
  return {};
}

void CurlCall::cancel() {
  cancelled_ = true;
  curl_multi_wakeup(multi_.get());
}

}  // namespace meshgate::net
