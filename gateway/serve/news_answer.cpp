#include "gateway/net/wire.hpp"
#include "gateway/serve/admission.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/news.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace {

constexpr std::uint64_t kEntries = 50;
constexpr std::uint64_t kMostEntries = 1000;
constexpr std::int64_t kSecond = 1000000;

std::string document(const News& news, Format format) {
  if (format == Format::atom) return atom(news);
  return format == Format::rss ? rss(news) : json_feed(news);
}

Result<NewsQuestion> parse_news(std::shared_ptr<OpenFeed> open, const net::Request& request, Format format) {
  NewsQuestion out;
  out.word = word(format);
  out.with_gone = format == Format::atom;
  const auto limit = number_parameter(request, "limit", kEntries, 1, kMostEntries);
  if (!limit) return limit.error();
  out.limit = *limit;
  if (request.parameter("page")) {
    const auto below = number_parameter(request, "page", 0, 0, std::numeric_limits<std::uint64_t>::max());
    if (!below) return Error{Code::config, "parameter 'page' must be that of an earlier answer's next link"};
    out.below = Seq{*below};
  }
  out.open = std::move(open);
  out.partition = request.parameter("partition").value_or("");
  return out;
}

/// Weak: an Atom document tells when deletes were at the latest, which may differ from one making to the next. From memory.
std::string tag_for(const net::Request& request, const NewsQuestion& question, const store::FeedState& state, const mapping::Presentation& presentation) {
  const auto standing = question.open->feed->standing(question.partition);
  std::string text = question.word + '\n' + state.uid.bits.hex() + '\n' + question.partition + '\n';
  if (standing) text.append(standing->epoch.bits.hex()).append(" ").append(std::to_string(number(standing->head)));
  text.append(" ").append(std::to_string(state.schema.version)).append(" ").append(std::to_string(question.limit));
  text.append(" ").append(std::to_string(question.below ? number(*question.below) : 0)).append("\n");
  text.append(request.fields.find("Host").value_or("")).append("\n").append(state.name).append("\n").append(presentation.fingerprint());
  return "W/" + tag_of(text);
}

/// The date of the newest entry, in whole seconds, or that of this node's start where that is later: then the presentation may have changed. None
/// within the second in which another entry may follow.
std::optional<Micros> modified(const Context& context, const NewsQuestion& question, const News& news) {
  if (question.below || !news.changed) return std::nullopt;
  const std::int64_t at = std::max(news.changed->count, context.started.count) / kSecond;
  if (at >= now().count / kSecond) return std::nullopt;
  return Micros{at * kSecond};
}

net::Response dated(const net::Request& request, net::Response answer, std::optional<Micros> at) {
  if (!at) return answer;
  const std::string date = net::http_date(static_cast<std::time_t>(at->count / kSecond));
  answer.fields.add("Last-Modified", date);
  // Readers give back the date they got (RFC 9110 section 13.1.3 lets a server compare for that alone); a tag beats it.
  const auto held = request.fields.find("If-Modified-Since");
  if (answer.status != 200 || request.fields.find("If-None-Match") || !held || *held != date) return answer;
  answer.status = 304;
  answer.body.clear();
  return answer;
}

}  // namespace

net::Response answer_news(Context& context, const Visit& visit, Format format) {
  const auto& request = visit.request;
  std::shared_ptr<OpenFeed> open;
  if (auto refusal = find_feed(context, visit, request.captures[0], open)) return std::move(*refusal);
  const auto question = parse_news(std::move(open), request, format);
  if (!question) return failure(request, question.error());
  auto state = question->open->feed->state();
  if (state.divided && !request.parameter("partition")) return choose_partition(visit, std::move(state));
  if (auto refusal = refuse_partition(context, visit, state.name, question->partition)) return std::move(*refusal);
  const auto presentation = context.services.presentation ? context.services.presentation(state.name) : mapping::Presentation();
  const std::string tag = tag_for(request, *question, state, presentation);
  net::Response answer;
  answer.fields.add("Content-Type", std::string(media_type(format)) + (format == Format::json_feed ? "" : "; charset=utf-8"));
  add_caching(answer, context.services.access->open_to_all(state.name), "Accept");
  if (const auto held = request.fields.find("If-None-Match"); held && lists_tag(*held, tag)) return tagged(request, std::move(answer), tag);
  const auto news = read_news(context, request, *question, presentation);
  if (!news) return failure(request, news.error());
  if (!news->next.empty()) answer.fields.add("Link", "<" + news->next + ">; rel=\"next\"");
  answer.body = document(*news, format);
  answer.fields.add("ETag", tag);
  return dated(request, std::move(answer), modified(context, *question, *news));
}

}  // namespace meshgate::serve
