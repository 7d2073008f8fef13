#include "gateway/serve/question.hpp"

#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace {

constexpr std::uint64_t kWait = 25;
constexpr std::uint64_t kMostWait = 60;

Result<Live> parse_live(std::optional<std::string_view> text) {
  if (!text) return Live::none;
  if (*text == "poll") return Live::poll;
  if (*text == "sse") return Live::sse;
  if (*text == "stream") return Live::stream;
  return Error{Code::config, "parameter 'live' must be poll, sse or stream, not '" + std::string(text->substr(0, 64)) + "'"};
}

Result<Cursor> parse_after(const net::Request& request, Live live) {
  std::string_view text = request.parameter("after").value_or("0");
  std::string_view where = "parameter 'after'";
  const auto last = request.fields.find("Last-Event-ID");
  if (live == Live::sse && last && !last->empty()) {
    text = *last;
    where = "header 'Last-Event-ID'";
  }
  const auto cursor = Cursor::parse(text);
  if (cursor) return *cursor;
  return Error{Code::config, std::string(where) + " must be 0 or a cursor taken from a mark, not '" + std::string(text.substr(0, 100)) + "'"};
}

Status check_together(const net::Request& request, Live live) {
  const bool endless = live == Live::sse || live == Live::stream;
  if (endless && request.parameter("limit")) return Error{Code::config, "parameter 'limit' does not go with live=sse and live=stream, which have no end"};
  if (live == Live::none && request.parameter("rights")) return Error{Code::config, "parameter 'rights' goes with live only"};
  if (live != Live::poll && request.parameter("wait")) return Error{Code::config, "parameter 'wait' goes with live=poll only"};
  return {};
}

}  // namespace

Result<Question> parse_question(const net::Request& request) {
  Question out;
  out.feed = request.captures.at(0);
  if (auto good = check_parameters(request, {"partition", "after", "limit", "schema", "live", "wait", "format", "uid", "rights"}); !good) return std::move(good).error();
  if (const auto partition = request.parameter("partition")) out.partition = *partition;
  const auto live = parse_live(request.parameter("live"));
  if (!live) return live.error();
  out.live = *live;
  if (auto good = check_together(request, out.live); !good) return std::move(good).error();
  const auto after = parse_after(request, out.live);
  if (!after) return after.error();
  out.after = *after;
  const auto limit = number_parameter(request, "limit", Question::kNoLimit, 1, Question::kMostEntries);
  if (!limit) return limit.error();
  out.limit = *limit;
  const auto schema = number_parameter(request, "schema", 0, 0, std::numeric_limits<std::uint32_t>::max());
  if (!schema) return schema.error();
  out.schema = static_cast<std::uint32_t>(*schema);
  const auto wait = number_parameter(request, "wait", kWait, 0, kMostWait);
  if (!wait) return wait.error();
  out.wait = std::chrono::seconds(*wait);
  if (const auto uid = request.parameter("uid")) out.uid = *uid;
  if (const auto rights = request.parameter("rights")) out.rights = *rights;
  return out;
}

}  // namespace meshgate::serve
