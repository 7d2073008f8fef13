#include "gateway/device/repair.hpp"

#include "gateway/device/cutter.hpp"
#include "gateway/device/node.hpp"

namespace meshgate::device {

namespace {

Result<ReconcileAnswer> ask(net::HttpClient& client, const std::string& node, const ReconcileQuestion& question, std::uint64_t& bytes) {
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  auto answer = client.send("POST", node + "/reconcile", text(question), fields);
  if (!answer) return std::move(answer).error();
  if (answer->status != 200) {
    auto no = refusal(*answer, "feed " + question.feed).error;
    return retryable(no.code) ? no : Error{Code::unsupported, std::move(no.message)};
  }
  bytes += answer->body.size();
  return parse_reconcile_answer(answer->body);
}

/// What comes, checked and split as what a stream brings is.
Result<std::unique_ptr<Piece>> piece_of(const Place& place, std::shared_ptr<const Columns> columns, const Difference& difference) {
  std::unique_ptr<Piece> out;
  CutterSink sink;
  sink.piece = [&out](std::unique_ptr<Piece> piece) {
    out = std::move(piece);
    return true;
  };
  sink.schema = [&columns](const Schema&) { return columns; };
  Cutter cutter("feed " + place.feed->name, columns, std::move(sink));
  std::string text = difference.lines;
  append_mark(text, difference.mark);
  if (!cutter.take(text) || !out) return cutter.error().value_or(not_a_node("lines without an end"));
  return out;
}

}  // namespace

Result<Applied> repair(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, const GoesOn& goes_on) {
  const auto turn = file.turn_to_compare();
  const ReaderState state = file.standing(place);
  auto order = file.order(place, goes_on);
  if (!order) return std::move(order).error();
  Reconciler work(order->standing(), Summed::items, [&order](const SeqRange& range, Seq, const TakeEntry& take) {
    order->entries(range, take);
    return Status();
  });
  std::uint64_t bytes = 0;
  while (auto question = work.next()) {
    question->feed = place.feed->name;
    question->uid = place.feed->uid;
    question->partition = place.partition;
    auto answer = ask(client, node, *question, bytes);
    if (!answer) return std::move(answer).error();
    if (auto taken = work.take(std::move(*answer)); !taken) return std::move(taken).error();
  }
  const Difference difference = std::move(work).result();
  auto piece = piece_of(place, state.columns, difference);
  if (!piece) return std::move(piece).error();
  auto applied = file.mend(place, state.generation, difference.away, **piece);
  if (applied) applied->repaired = bytes;
  return applied;
}

}  // namespace meshgate::device
