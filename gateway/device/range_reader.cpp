#include "gateway/device/range_reader.hpp"

namespace meshgate::device {

using Lock = std::unique_lock<std::mutex>;

RangeReader::RangeReader(RangePlan plan, std::span<net::HttpClient* const> clients) : plan_(std::move(plan)) {
  for (const auto& range : plan_.offered.ranges) {
    if (range.to > plan_.beyond) slots_.emplace_back().range = range;
  }
  for (net::HttpClient* client : clients) threads_.emplace_back([this, client] { work(*client); });
}

RangeReader::~RangeReader() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

void RangeReader::stop() {
  const Lock lock(mutex_);
  stopped_ = true;
  for (Slot& slot : slots_) slot.queue.stop();
}

RangeReader::Slot* RangeReader::take() {
  const Lock lock(mutex_);
  return stopped_ || taken_ == slots_.size() ? nullptr : &slots_[taken_++];
}

void RangeReader::work(net::HttpClient& client) {
  while (Slot* slot = take()) {
    slot->error = read(client, *slot);
    slot->queue.finish();
  }
}

std::optional<Error> RangeReader::read(net::HttpClient& client, Slot& slot) {
  CutterSink sink;
  Seq reached{0};
  sink.piece = [&](std::unique_ptr<Piece> piece) {
    reached = piece->mark.cursor.seq;
    return slot.queue.push(std::move(piece));
  };
  sink.schema = plan_.schema;
  Cutter cutter(plan_.place, plan_.columns, std::move(sink), plan_.beyond);
  net::Fields fields;
  fields.add("Accept", "application/x-ndjson");
  const Cursor after{plan_.offered.epoch, slot.range.after, {}, {}};
  const std::string url =
      plan_.url + after.text() + "&to=" + std::to_string(number(slot.range.to)) + "&at=" + std::to_string(number(slot.range.at));
  auto answer = client.stream(url, fields, [&](std::string_view bytes) { return cutter.take(bytes); });
  if (cutter.error()) return *cutter.error();
  if (!answer) return std::move(answer).error();
  if (answer->status != 200) return refusal(*answer, plan_.place).error;
  if (reached != slot.range.to) return Error{Code::retry, plan_.place + ": a range broke off at seq " + std::to_string(number(reached))};
  return std::nullopt;
}

Result<bool> RangeReader::run(const std::function<bool(Piece&)>& apply) {
  for (Slot& slot : slots_) {
    bool more = true;
    slot.queue.drain([&](Piece& piece) { return more = apply(piece); });
    if (!more) return false;
    if (slot.error) return *slot.error;
  }
  return true;
}

Status place_mark(Mark& mark, const Cursor& from, const Epoch& epoch) {
  Standing then;
  then.epoch = epoch;
  then.head = mark.cursor.high;
  then.floor = mark.floor;
  if (judge(from, then) != Answer::read) {
    return Error{Code::gone, "deletes that happened during the first download have been forgotten meanwhile; it begins anew"};
  }
  mark.cursor = advance(from, mark.cursor.seq, then).cursor;
  return {};
}

}  // namespace meshgate::device
