#include "gateway/net/http_line.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "gateway/net/curl_call.hpp"

namespace meshgate::net {

namespace {

constexpr std::size_t kLongestLine = std::size_t{64} << 10U;

}  // namespace

struct HttpLine::State {
  explicit State(ClientOptions options) : call(std::move(options)) {}

  /// Until `enough`, or the end of the answer.
  Status drive(const std::function<bool()>& enough);
  std::size_t give(char* into, std::size_t room);
  bool take(std::string_view bytes);
  [[nodiscard]] bool has_line() const { return came.find('\n') != std::string::npos; }
  [[nodiscard]] Error has_ended() const { return {Code::retry, call.shown() + ": the other side has ended the line"}; }
  /// Closes it, and says why.
  Error fail(Status driven);
  void close();

  CurlCall call;
  HeaderList headers;
  ArrivingAnswer arriving;
  std::function<bool(std::string_view)> taking = [this](std::string_view bytes) { return take(bytes); };
  std::string_view unsent;
  std::string came;
  std::optional<CURLcode> ended;  ///< the answer, and how
  bool begun = false;
  bool over = false;  ///< nothing more goes there
};

namespace {

template <class State>
std::size_t on_read(char* into, std::size_t size, std::size_t count, void* user) {
  return static_cast<State*>(user)->give(into, size * count);
}

}  // namespace

std::size_t HttpLine::State::give(char* into, std::size_t room) {
  if (unsent.empty()) return CURL_READFUNC_PAUSE;
  const std::size_t bytes = std::min(room, unsent.size());
  std::memcpy(into, unsent.data(), bytes);
  unsent.remove_prefix(bytes);
  arriving.last_byte = ArrivingAnswer::Clock::now();
  return bytes;
}

bool HttpLine::State::take(std::string_view bytes) {
  came.append(bytes);
  arriving.too_large = came.size() > kLongestLine;
  return !arriving.too_large;
}

Status HttpLine::State::drive(const std::function<bool()>& enough) {
  arriving.last_byte = ArrivingAnswer::Clock::now();
  while (!enough() && !ended) {
    if (auto alive = call.alive(arriving); !alive) return alive;
    if (!call.go_on()) return Error{Code::retry, call.shown() + ": the other side has closed the connection"};
    ended = call.step();
    if (!enough() && !ended) call.wait();
  }
  return {};
}

void HttpLine::State::close() {
  if (std::exchange(begun, false)) call.end();
  unsent = {};
  came.clear();
  over = false;
}

Error HttpLine::State::fail(Status driven) {
  if (driven) driven = call.outcome(*ended, arriving);
  if (driven) driven = has_ended();
  close();
  return std::move(driven).error();
}

HttpLine::HttpLine(ClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}

HttpLine::~HttpLine() { state_->close(); }

bool HttpLine::is_open() const { return state_->begun; }

Result<HttpClient::Answer> HttpLine::open(const std::string& url, const Fields& fields) {
  State& own = *state_;
  own.close();
  Fields all = fields;
  all.add("Transfer-Encoding", "chunked");
  own.headers = header_list(all);
  own.arriving = {};
  own.ended.reset();
  own.arriving.take = &own.taking;
  own.call.prepare(url, own.arriving, own.headers);
  CURL* handle = own.call.handle();
  curl_easy_setopt(handle, CURLOPT_POST, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, on_read<State>);
  curl_easy_setopt(handle, CURLOPT_READDATA, &own);
  own.call.begin();
  own.begun = true;
  const auto opened = [&own] { return own.arriving.head_complete && own.arriving.status() == 200; };
  auto driven = own.drive(opened);
  own.arriving.answer.status = own.arriving.status();
  if (driven && !opened()) driven = own.call.outcome(*own.ended, own.arriving);
  if (!driven || !opened()) own.close();
  if (!driven) return std::move(driven).error();
  return own.arriving.answer;
}

Status HttpLine::send(std::string_view bytes) {
  State& own = *state_;
  if (!own.begun) return own.has_ended();
  own.unsent = bytes;
  auto driven = own.drive([&own] { return own.unsent.empty(); });
  if (own.unsent.empty()) return {};
  own.unsent = {};
  own.over = true;
  return own.has_line() ? Status() : own.fail(std::move(driven));
}

Result<std::string> HttpLine::take_line() {
  State& own = *state_;
  if (!own.begun) return own.has_ended();
  auto driven = own.has_line() ? Status() : own.drive([&own] { return own.has_line(); });
  const std::size_t end = own.came.find('\n');
  if (end == std::string::npos) return own.fail(std::move(driven));
  std::string line = own.came.substr(0, end);
  own.came.erase(0, end + 1);
  if ((own.ended || own.over) && !own.has_line()) own.close();
  return line;
}

void HttpLine::cancel() { state_->call.cancel(); }

}  // namespace meshgate::net
