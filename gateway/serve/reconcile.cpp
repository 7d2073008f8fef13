#include "gateway/serve/reconcile.hpp"

#include <atomic>

#include "gateway/serve/answers.hpp"
#include "gateway/serve/parameters.hpp"
#include "gateway/serve/question.hpp"
#include "gateway/serve/sending.hpp"
#include "mesh/reconcile.hpp"

namespace meshgate::serve {

namespace {

constexpr std::size_t kParts = 16;
constexpr std::size_t kMostBytes = std::size_t{4} << 20U;  ///< of an answer, before ranges of lines are left for another question
constexpr int kMostAtOnce = 2;                             ///< of those that read whole partitions

/// Counts an answer that is being made; not granted where there are enough.
class Turn {
 public:
  explicit Turn(std::atomic<int>& under_way) : under_way_(under_way), granted_(++under_way <= kMostAtOnce) {}
  ~Turn() { --under_way_; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] bool granted() const { return granted_; }

 private:
  std::atomic<int>& under_way_;
  const bool granted_;
};

/// Where the node stands at the moment of the pin. Count and digest are of a moment as close to it as can be: only where nothing was committed in between
/// it says that the reader is caught up.
Result<Mark> mark_of(const store::Feed& feed, const std::string& partition, const store::Pin& pin) {
  const Standing& standing = pin.standing();
  const Cursor head{.epoch = standing.epoch, .seq = standing.head};
  auto page = feed.changes(partition, head, {.entries = 1});
  if (!page) return std::move(page).error();
  Mark out = page->mark;
  out.caught_up = page->answer == Answer::read && page->entries == 0 && out.caught_up;
  out.cursor = advance(head, standing.head, standing).cursor;
  out.cursor.low = Seq{0};
  out.floor = standing.floor;
  out.loading = standing.loading;
  return out;
}

Result<std::string> answer_text(const store::Feed& feed, const ReconcileQuestion& question) {
  auto pin = feed.pin(question.partition);
  if (!pin) return std::move(pin).error();
  auto mark = mark_of(feed, question.partition, **pin);
  if (!mark) return std::move(mark).error();
  std::string out;
  append_mark(out, *mark);
  const Seq floor = std::max(question.floor, mark->floor);
  auto ranges = question.ranges;
  if (ranges.empty() && question.lines.empty() && mark->cursor.seq != Seq{0}) ranges.push_back({Seq{0}, mark->cursor.seq});
  for (const SeqRange& range : ranges) {
    RangeSummer sums(range, floor);
    const auto add = [&](std::string_view lines) {
      sums.add(lines);
      return true;
    };
    if (auto read = (*pin)->extract(range.after, range.to, add); !read) return std::move(read).error();
    append_sums(out, {range, sums.parts(kParts)});
  }
  for (const SeqRange& range : question.lines) {
    if (out.size() > kMostBytes) break;
    append_lines_of(out, range);
    const auto add = [&](std::string_view lines) {
      out.append(lines);
      return true;
    };
    if (auto read = (*pin)->extract(range.after, range.to, add); !read) return std::move(read).error();
  }
  return out;
}

net::Response reconcile(Context& context, const Visit& visit, std::atomic<int>& under_way) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  auto asked = parse_reconcile_question(request.body);
  if (!asked) return failure(request, asked.error());
  Question question;
  question.feed = asked->feed;
  if (!asked->partition.empty()) question.partition = asked->partition;
  if (!asked->uid.empty()) question.uid = asked->uid;
  Place place;
  if (auto refusal = find_place(context, visit, question, place)) return std::move(*refusal);
  const Turn turn(under_way);
  if (!turn.granted()) return failure(request, {Code::retry, "other nodes are compared with this one at the moment: ask again"});
  auto text = answer_text(*place.open->feed, *asked);
  if (!text) return failure(request, text.error());
  net::Response answer;
  answer.fields = changes_fields(false);
  answer.body = std::move(*text);
  return answer;
}

}  // namespace

void add_reconcile(Context& context, net::Router& router) {
  auto function = [under_way = std::make_shared<std::atomic<int>>(0)](Context& all, const Visit& visit, net::Reply& reply) {
    std::function<net::Response()> make = [&all, &visit, under_way] { return reconcile(all, visit, *under_way); };
    return async_answer(all, visit.request, reply, std::move(make));
  };
  admit(context, router, "POST", "/reconcile", std::move(function));
}

}  // namespace meshgate::serve
