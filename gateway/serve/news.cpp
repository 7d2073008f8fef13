#include "gateway/serve/news.hpp"

#include <algorithm>

#include "gateway/serve/content.hpp"
#include "mesh/lines.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::serve {

namespace {

/// Entries looked at for one page: where most of them are deletes, a page may have fewer items than it could.
constexpr std::size_t kLookedAt = 10000;
constexpr std::size_t kAtOnce = 1000;
constexpr std::size_t kMostBytes = std::size_t{4} << 20U;  ///< of lines on one page; one line may go over

/// A timestamp with a zone or, taken as UTC, without one; a date is its first moment.
std::optional<Micros> instant(std::string_view text) {
  if (text.ends_with('Z')) text.remove_suffix(1);
  if (const auto at = parse_timestamp(text)) return at;
  if (const auto day = parse_date(text)) return Micros{*day * kMicrosPerDay};
  return std::nullopt;
}

/// Makes entries of lines.
class Teller {
 public:
  Teller(const store::FeedState& state, const mapping::Presentation& presentation, std::string items)
      : presentation_(presentation), reader_(state.schema), urn_("urn:meshgate:" + state.uid.bits.hex() + ":"), items_(std::move(items)) {}

  [[nodiscard]] std::string urn(std::string_view id) const { return urn_ + percent_encoded(id); }

  NewsEntry tell(const PutLine& line) {
    const mapping::TextOf text_of = [this](std::string_view field) { return reader_.text(field); };
    reader_.read(line.content);
    NewsEntry out;
    out.at = line.at;
    out.id = line.id;
    out.urn = urn(line.id);
    out.address = items_ + percent_encoded(line.id);
    out.seq = line.seq;
    out.rev = line.rev.text();
    out.content = line.content;
    if (presentation_.title) out.title = mapping::worded(*presentation_.title, text_of).value_or("");
    if (out.title.empty()) out.title = line.id;
    if (presentation_.summary) out.summary = mapping::worded(*presentation_.summary, text_of);
    if (presentation_.link) out.link = mapping::worded_link(*presentation_.link, text_of);
    out.updated = line.at;
    if (presentation_.updated) {
      if (const auto text = mapping::worded(*presentation_.updated, text_of)) out.updated = instant(*text).value_or(line.at);
    }
    out.text = fields();
    return out;
  }

 private:
  [[nodiscard]] std::string fields() const {
    std::string out;
    for (std::size_t i = 0; i < reader_.schema().fields.size(); ++i) {
      const auto text = reader_.text(i);
      if (text) out.append(out.empty() ? "" : "\n").append(reader_.schema().fields[i].name).append(": ").append(*text);
    }
    return out;
  }

  const mapping::Presentation& presentation_;
  ContentReader reader_;
  const std::string urn_;
  const std::string items_;
};

/// Goes down the log until there are enough.
class Gathering {
 public:
  Gathering(const NewsQuestion& question, Teller& teller, News& out) : question_(question), teller_(teller), out_(out) {}

  /// Where the next page goes on; nothing: it reached the end.
  Result<std::optional<Seq>> run() {
    const auto& feed = *question_.open->feed;
    std::optional<Seq> below = question_.below;
    for (std::size_t looked = 0; looked < kLookedAt; looked += kAtOnce) {
      const auto latest = feed.latest(question_.partition, below, kAtOnce);
      if (!latest) return latest.error();
      const auto full = take(latest->lines);
      if (full) return full;
      if (latest->end) return std::optional<Seq>();
      below = latest->last;
    }
    return below;
  }

 private:
  /// The seq of the last line it took, where that filled the page and others follow.
  std::optional<Seq> take(std::string_view lines) {
    while (!lines.empty()) {
      const auto end = lines.find('\n');
      if (taken() >= question_.limit || bytes_ >= kMostBytes) return last_;
      const auto line = parser_.parse(lines.substr(0, end));
      lines.remove_prefix(end + 1);
      if (line) take(*line);
      bytes_ += end;
    }
    return std::nullopt;
  }

  void take(const Line& line) {
    if (const auto* put = std::get_if<PutLine>(&line)) {
      if (last_ == Seq{0}) out_.changed = put->at;
      out_.entries.push_back(teller_.tell(*put));
      newer_ = put->at;
      last_ = put->seq;
    } else if (const auto* gone = std::get_if<GoneLine>(&line)) {
      if (question_.with_gone) out_.gone.push_back({teller_.urn(gone->id), newer_});
      last_ = gone->seq;
    }
  }

  [[nodiscard]] std::size_t taken() const { return out_.entries.size() + out_.gone.size(); }

  const NewsQuestion& question_;
  Teller& teller_;
  LineParser parser_;
  Micros newer_ = now();  ///< when the entry above came
  Seq last_{0};
  std::size_t bytes_ = 0;
  News& out_;
};

}  // namespace

std::string address_of(const Services& services, const net::Request& request) {
  return services.scheme + "://" + std::string(request.fields.find("Host").value_or("localhost"));
}

Result<News> read_news(Context& context, const net::Request& request, const NewsQuestion& question, const mapping::Presentation& presentation) {
  const auto state = question.open->feed->state();
  const std::string node = address_of(context.services, request);
  const std::string items = node + "/feeds/" + state.name + "/items";
  News out;
  out.node = context.services.node;
  out.urn = "urn:meshgate:" + state.uid.bits.hex();
  out.title = state.name;
  out.home = node + "/#/feeds/" + state.name;
  out.first = items + "?format=" + question.word + "&limit=" + std::to_string(question.limit);
  if (state.divided) {
    out.urn.append(":partition:").append(percent_encoded(question.partition));
    out.title.append(" – ").append(question.partition);
    out.first.append("&partition=").append(percent_encoded(question.partition));
  }
  out.self = out.first;
  if (question.below) out.self.append("&page=").append(std::to_string(number(*question.below)));
  Teller teller(state, presentation, items + "/");
  const auto rest = Gathering(question, teller, out).run();
  if (!rest) return rest.error();
  if (*rest) out.next = out.first + "&page=" + std::to_string(number(**rest));
  for (const auto& entry : out.entries) out.updated = std::max(out.updated, entry.updated);
  if (out.entries.empty()) out.updated = context.started;
  return out;
}

}  // namespace meshgate::serve
