#include "gateway/serve/reconcile.hpp"

#include <atomic>

#include "gateway/serve/answers.hpp"
#include "gateway/serve/parameters.hpp"
#include "gateway/serve/question.hpp"
#include "gateway/serve/sending.hpp"
#include "gateway/store/comparing.hpp"

namespace meshgate::serve {

namespace {

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
  auto text = store::answer_of(*place.open->feed, *asked, kMostBytes);
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
