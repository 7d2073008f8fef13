#include "gateway/net/http_client.hpp"

#include <optional>
#include <utility>

#include "gateway/net/curl_call.hpp"

namespace meshgate::net {

struct HttpClient::State {
  explicit State(ClientOptions options) : call(std::move(options)) {}

  /// Asks with the Authorization field where there is one, and once again with another when it is refused.
  Result<Answer> authorized(const Fields& fields, const std::function<Result<Answer>(const Fields&)>& ask) const;
  /// No body: GET.
  Result<Answer> stream(const std::string& url, std::optional<std::string_view> body, const Fields& fields, const std::function<bool(std::string_view)>& take);
  void prepare_body(const std::string& method, std::string_view body);
  Result<Answer> run(ArrivingAnswer& arriving);

  CurlCall call;
};

void HttpClient::State::prepare_body(const std::string& method, std::string_view body) {
  CURL* handle = call.handle();
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

Result<HttpClient::Answer> HttpClient::State::run(ArrivingAnswer& arriving) {
  call.begin();
  Status going;
  std::optional<CURLcode> result;
  for (;;) {
    going = call.alive(arriving);
    if (going) result = call.step();
    if (!going || result) break;
    call.wait();
  }
  arriving.answer.status = arriving.status();
  call.end();
  if (!going) return std::move(going).error();
  if (auto whole = call.outcome(*result, arriving); !whole) return std::move(whole).error();
  return std::move(arriving.answer);
}

HttpClient::HttpClient(ClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}

HttpClient::~HttpClient() = default;

Result<HttpClient::Answer> HttpClient::State::authorized(const Fields& fields, const std::function<Result<Answer>(const Fields&)>& ask) const {
  if (!call.options().authorization) return ask(fields);
  std::string refused;
  for (;;) {
    auto field = call.options().authorization(refused);
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
    ArrivingAnswer arriving;
    arriving.take = &take;
    const HeaderList headers = header_list(all);
    call.prepare(url, arriving, headers);
    if (body) prepare_body("POST", *body);
    return run(arriving);
  });
}

Result<HttpClient::Answer> HttpClient::send(std::string_view method, const std::string& url, std::string_view body, const Fields& fields) {
  return state_->authorized(fields, [&](const Fields& all) {
    ArrivingAnswer arriving;
    const HeaderList headers = header_list(all);
    state_->call.prepare(url, arriving, headers);
    state_->prepare_body(std::string(method), body);
    return state_->run(arriving);
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

void HttpClient::cancel() { state_->call.cancel(); }

}  // namespace meshgate::net
