#include "gateway/device/follower.hpp"

#include <thread>

#include "gateway/device/cutter.hpp"
#include "gateway/device/piece_queue.hpp"
#include "gateway/device/range_reader.hpp"
#include "gateway/device/repair.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::device {

namespace {

constexpr std::uint32_t kMostRepairs = 1;  ///< of copies that were found to differ in a row, before all is read

/// Up to where the cursor stands.
std::string url_of(const std::string& node, const Place& place) {
  std::string url = node + "/feeds/" + percent_encoded(place.feed->name) + "/changes?";
  if (place.feed->divided) url.append("partition=").append(percent_encoded(place.partition)).append("&");
  return url.append("after=");
}

std::string changes_url(const std::string& node, const Place& place, const ReaderState& state, const Manner& manner) {
  std::string url = url_of(node, place) + state.cursor.text();
  if (state.schema != 0) url.append("&schema=").append(std::to_string(state.schema));
  if (manner.live) url.append("&live=stream");
  if (manner.live && !manner.rights.empty()) url.append("&rights=").append(percent_encoded(manner.rights));
  return url;
}

std::string place_name(const Place& place) {
  return "feed " + place.feed->name + (place.partition.empty() ? std::string() : " [" + place.partition + "]");
}

Outcome failed(Error error, std::chrono::seconds wait = {}) {
  Outcome out;
  out.kind = Outcome::Kind::failed;
  out.error = std::move(error);
  out.wait = wait;
  return out;
}

/// What is done with the pieces of one stream, and how that went. Belongs to the writing thread until it is joined.
class Writing {
 public:
  Writing(MirrorFile& file, Place& place, std::uint64_t generation, const std::function<bool(const Applied&)>& applied)
      : file_(file), place_(place), generation_(generation), applied_(applied) {}

  /// False: the stream is to be left.
  bool apply(const Piece& piece) {
    auto applied = file_.apply(place_, generation_, piece);
    if (!applied) {
      outcome.kind = applied.error().code == Code::gone ? Outcome::Kind::new_pass : Outcome::Kind::failed;
      outcome.error = std::move(applied).error();
      return false;
    }
    if (applied->stale) return false;
    outcome.lines += applied->lines;
    outcome.caught_up = applied->verified;
    generation_ = applied->generation;
    if (applied->mismatch) outcome.kind = Outcome::Kind::mismatch;
    return applied_(*applied) && !applied->mismatch;
  }

  Outcome outcome;

 private:
  MirrorFile& file_;
  Place& place_;
  std::uint64_t generation_;
  const std::function<bool(const Applied&)>& applied_;
};

/// Receives until the stream ends or is to be left, with a second thread that writes; both are through when this returns. `denied`: the stream
/// ended because the right was lost.
Result<net::HttpClient::Answer> receive(net::HttpClient& client, const std::string& url, MirrorFile& file, Place& place,
                                        const std::shared_ptr<const Columns>& columns, Writing& writing, bool& denied) {
  PieceQueue queue;
  CutterSink sink;
  sink.piece = [&](std::unique_ptr<Piece> piece) {
    const bool caught_up = piece->mark.caught_up;
    return queue.push(std::move(piece)) && (!caught_up || queue.settle());
  };
  sink.schema = [&](const Schema& schema) { return file.take_schema(*place.feed, schema); };
  Cutter cutter(place_name(place), columns, std::move(sink));
  net::Fields fields;
  fields.add("Accept", "application/x-ndjson");
  std::thread writer([&] { queue.drain([&](Piece& piece) { return writing.apply(piece); }); });
  auto answer = client.stream(url, fields, [&](std::string_view bytes) { return cutter.take(bytes); });
  queue.finish();
  writer.join();
  denied = cutter.denied();
  if (cutter.error()) return *cutter.error();
  return answer;
}

Outcome dropped(MirrorFile& file, Place& place) {
  auto gone = file.drop(place);
  if (!gone) return failed(std::move(gone).error());
  Outcome out;
  out.kind = Outcome::Kind::denied;
  out.dropped = *gone;
  return out;
}

/// What the node offers to begin with, where a pass has just begun; nothing when there is nothing beyond the cursor.
Result<std::optional<RangePlan>> plan_ranges(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place) {
  const ReaderState state = file.standing(place);
  if (!state.cursor.start() && state.cursor.low == Seq{0}) return std::optional<RangePlan>{};
  const auto partition = place.feed->divided ? std::optional(place.partition) : std::nullopt;
  auto offered = ask_ranges(client, node, place.feed->name, partition);
  if (!offered) return std::move(offered).error();
  const bool fits = !offered->ranges.empty() && offered->ranges.back().to > state.cursor.seq &&
                    (state.cursor.start() || offered->epoch == state.cursor.epoch);
  if (!fits) return std::optional<RangePlan>{};
  const auto schema = [&file, &place](const Schema& one) { return file.take_schema(*place.feed, one); };
  return std::optional(RangePlan{url_of(node, place), std::move(*offered), place_name(place), state.columns, schema, state.cursor.seq});
}

/// What is to be compared from 0 is repaired by what differs, where that can be. Nothing: it is read.
std::optional<Outcome> follow_repair(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, const Manner& manner,
                                     const std::function<bool(const Applied&)>& applied) {
  const ReaderState state = file.standing(place);
  const bool begins = state.comparing && state.cursor.start() && state.count > 0;
  if (!begins || state.mismatches > kMostRepairs) return std::nullopt;
  auto repaired = repair(client, node, file, place, manner.goes_on);
  if (!repaired && (repaired.error().code == Code::cancelled || retryable(repaired.error().code))) return failed(std::move(repaired).error());
  if (!repaired) return std::nullopt;
  Outcome out;
  if (repaired->stale) return out;
  (void)applied(*repaired);
  out.lines = repaired->lines;
  out.caught_up = repaired->verified;
  if (repaired->mismatch) out.kind = Outcome::Kind::mismatch;
  return out;
}

/// Nothing: go on with /changes from where the file stands.
std::optional<Outcome> follow_ranges(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, const Manner& manner,
                                     const std::function<bool(const Applied&)>& applied) {
  auto plan = plan_ranges(client, node, file, place);
  // Not allowed: /changes says whether it is so for good.
  if (!plan && plan.error().code == Code::auth) return std::nullopt;
  if (!plan) return failed(std::move(plan).error());
  if (!*plan) return std::nullopt;
  const ReaderState state = file.standing(place);
  const Epoch epoch = (*plan)->offered.epoch;
  Writing writing(file, place, state.generation, applied);
  Cursor at = state.cursor;
  const auto apply = [&](Piece& piece) {
    if (auto placed = place_mark(piece.mark, at, epoch); !placed) {
      writing.outcome.kind = Outcome::Kind::new_pass;
      writing.outcome.error = std::move(placed).error().within(place_name(place));
      return false;
    }
    at = piece.mark.cursor;
    return writing.apply(piece);
  };
  auto all = RangeReader(std::move(**plan), manner.helpers).run(apply);
  Outcome out = std::move(writing.outcome);
  if (out.kind == Outcome::Kind::new_pass) {
    if (auto begun = file.begin_pass(place); !begun) return failed(std::move(begun).error());
    return out;
  }
  if (out.kind != Outcome::Kind::ended) return out;
  // A rendering that is no more, or none to be had at all: everything is in /changes too.
  if (!all && (all.error().code == Code::not_found || all.error().code == Code::auth)) return std::nullopt;
  if (!all) return failed(std::move(all).error());
  return *all ? std::nullopt : std::optional(std::move(out));
}

}  // namespace

Outcome follow(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, const Manner& manner,
               const std::function<bool(const Applied&)>& applied) {
  if (auto repaired = follow_repair(client, node, file, place, manner, applied)) return std::move(*repaired);
  if (!manner.helpers.empty()) {
    if (auto ended = follow_ranges(client, node, file, place, manner, applied)) return std::move(*ended);
  }
  const ReaderState state = file.standing(place);
  Writing writing(file, place, state.generation, applied);
  bool denied = false;
  auto answer = receive(client, changes_url(node, place, state, manner), file, place, state.columns, writing, denied);
  Outcome out = std::move(writing.outcome);
  if (denied && out.kind == Outcome::Kind::ended) return dropped(file, place);
  if (out.kind == Outcome::Kind::failed || out.kind == Outcome::Kind::mismatch) return out;
  if (!answer && out.kind == Outcome::Kind::ended) {
    out.kind = Outcome::Kind::failed;
    out.error = std::move(answer).error();
    return out;
  }
  const bool told = out.kind == Outcome::Kind::new_pass;
  if (!told && answer->status >= 200 && answer->status < 300) {
    // A stream ends by itself for nothing else, but for a node that stops; then looking is not much.
    out.other_rights = !manner.rights.empty() && (manner.live || rights_of(*answer) != manner.rights);
    return out;
  }
  Refusal no = told ? Refusal{out.error, {}} : refusal(*answer, place_name(place));
  if (no.denied) return dropped(file, place);
  if (no.error.code != Code::gone) return failed(std::move(no.error), no.wait);
  if (!told && state.cursor.start()) {
    return failed({Code::retry, place_name(place) + ": the node calls the very beginning too old, which no node may; it is asked again"},
                  no.wait);
  }
  if (auto begun = file.begin_pass(place); !begun) return failed(std::move(begun).error());
  out.kind = Outcome::Kind::new_pass;
  out.error = std::move(no.error);
  return out;
}

}  // namespace meshgate::device
