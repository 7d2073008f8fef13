#include "gateway/device/follower.hpp"

namespace meshgate::device {

namespace {

constexpr std::size_t kMostPending = 64U << 20U;

/// The kind of a change line: the text of its first string.
std::string_view kind_of(std::string_view line) {
  const std::size_t open = line.find('"');
  if (open == std::string_view::npos) return {};
  return line.substr(open + 1, line.find('"', open + 1) - open - 1);
}

std::string changes_url(const std::string& node, const Place& place, const ReaderState& state, bool live) {
  std::string url = node + "/feeds/" + net::percent_encode(place.feed->name) + "/changes?after=" + state.cursor.text();
  if (place.feed->divided) url.append("&partition=").append(net::percent_encode(place.partition));
  if (state.schema != 0) url.append("&schema=").append(std::to_string(state.schema));
  if (live) url.append("&live=stream");
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

}  // namespace

Cutter::Cutter(MirrorFile& file, Place& place, std::uint64_t generation, std::function<bool(const Applied&)> applied)
    : file_(file), place_(place), applied_(std::move(applied)), generation_(generation) {}

bool Cutter::fail(Error error) {
  const bool anew = error.code == Code::gone;
  outcome_.kind = anew ? Outcome::Kind::new_pass : Outcome::Kind::failed;
  outcome_.error = std::move(error);
  return false;
}

bool Cutter::take(std::string_view bytes) {
  pending_.append(bytes);
  std::size_t piece = 0;
  for (;;) {
    const std::size_t end = pending_.find('\n', scanned_);
    if (end == std::string::npos) break;
    const std::string_view text = std::string_view(pending_).substr(line_, end - line_);
    line_ = scanned_ = end + 1;
    const std::string_view kind = kind_of(text);
    if (kind == "schema" && !take_line(text)) return false;
    if (kind != "mark") continue;
    if (!apply(std::string_view(pending_).substr(piece, line_ - piece))) return false;
    piece = line_;
  }
  pending_.erase(0, piece);
  line_ -= piece;
  scanned_ = pending_.size();
  if (scanned_ <= kMostPending) return true;
  return fail({Code::corrupt, place_name(place_) + ": 64 MiB came without a mark; this is not how a node answers, it is read again"});
}

bool Cutter::take_line(std::string_view line) {
  auto parsed = parser_.parse(line);
  if (!parsed) return fail(std::move(parsed).error().within(place_name(place_)));
  const auto* schema = std::get_if<Schema>(&*parsed);
  if (schema == nullptr) return true;
  auto taken = file_.take_schema(*place_.feed, *schema);
  return taken ? true : fail(std::move(taken).error());
}

bool Cutter::apply(std::string_view piece) {
  auto applied = file_.apply(place_, generation_, piece);
  if (!applied) return fail(std::move(applied).error());
  if (applied->stale) return false;
  outcome_.lines += applied->lines;
  outcome_.caught_up = applied->verified;
  const bool go_on = applied_(*applied);
  if (applied->mismatch) outcome_.kind = Outcome::Kind::mismatch;
  generation_ = applied->generation;
  return go_on && !applied->mismatch;
}

Outcome follow(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, bool live,
               const std::function<bool(const Applied&)>& applied) {
  const ReaderState state = file.standing(place);
  Cutter cutter(file, place, state.generation, applied);
  net::Fields fields;
  fields.add("Accept", "application/x-ndjson");
  const auto take = [&](std::string_view bytes) { return cutter.take(bytes); };
  auto answer = client.stream(changes_url(node, place, state, live), fields, take);
  Outcome out = cutter.outcome();
  if (out.kind == Outcome::Kind::failed || out.kind == Outcome::Kind::mismatch) return out;
  if (!answer && out.kind == Outcome::Kind::ended) {
    out.kind = Outcome::Kind::failed;
    out.error = std::move(answer).error();
    return out;
  }
  const bool told = out.kind == Outcome::Kind::new_pass;
  if (!told && answer->status >= 200 && answer->status < 300) return out;
  Refusal no = told ? Refusal{out.error, {}} : refusal(*answer, place_name(place));
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
