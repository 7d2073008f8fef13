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

Repair::Repair(MirrorFile& file, Place& place, const ReaderState& state, Order order)
    : file_(file), place_(place), generation_(state.generation), columns_(state.columns), order_(std::move(order)),
      work_(order_.standing(), Summed::items, [this](const SeqRange& range, Seq, const TakeEntry& take) {
        order_.entries(range, take);
        return Status();
      }) {}

Result<std::unique_ptr<Repair>> Repair::begin(MirrorFile& file, Place& place, const GoesOn& goes_on) {
  const ReaderState state = file.standing(place);
  auto order = file.order(place, goes_on);
  if (!order) return std::move(order).error();
  return std::unique_ptr<Repair>(new Repair(file, place, state, std::move(*order)));
}

std::optional<ReconcileQuestion> Repair::next() const {
  auto question = work_.next();
  if (!question) return std::nullopt;
  question->feed = place_.feed->name;
  question->uid = place_.feed->uid;
  question->partition = place_.partition;
  return question;
}

Result<Applied> Repair::finish() {
  const Difference difference = std::move(work_).result();
  auto piece = piece_of(place_, columns_, difference);
  if (!piece) return std::move(piece).error();
  return file_.mend(place_, generation_, difference.away, **piece);
}

Result<Applied> repair(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, const GoesOn& goes_on) {
  const auto turn = file.turn_to_compare();
  auto work = Repair::begin(file, place, goes_on);
  if (!work) return std::move(work).error();
  std::uint64_t bytes = 0;
  while (const auto question = (*work)->next()) {
    auto answer = ask(client, node, *question, bytes);
    if (!answer) return std::move(answer).error();
    if (auto taken = (*work)->take(std::move(*answer)); !taken) return std::move(taken).error();
  }
  auto applied = (*work)->finish();
  if (applied) applied->repaired = bytes;
  return applied;
}

}  // namespace meshgate::device
