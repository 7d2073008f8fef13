#include "mesh/reconcile.hpp"

#include <simdjson.h>

#include <algorithm>

#include "mesh/offered_feed.hpp"
#include "mesh/value.hpp"

namespace meshgate {

namespace {

using simdjson::dom::element;

void append_ranges(std::string& out, std::string_view name, const std::vector<SeqRange>& ranges) {
  if (ranges.empty()) return;
  out.append(",\"").append(name).append("\":[");
  for (const SeqRange& one : ranges) {
    if (out.back() != '[') out += ',';
    out.append("[").append(std::to_string(number(one.after))).append(",").append(std::to_string(number(one.to))).append("]");
  }
  out += ']';
}

std::optional<SeqRange> range_of(std::uint64_t after, std::uint64_t to) {
  if (after >= to) return std::nullopt;
  return SeqRange{Seq{after}, Seq{to}};
}

std::optional<SeqRange> read_pair(element from) {
  simdjson::dom::array pair;
  std::uint64_t after = 0;
  std::uint64_t to = 0;
  if (from.get(pair) != simdjson::SUCCESS || pair.size() != 2 || pair.at(0).get(after) != simdjson::SUCCESS || pair.at(1).get(to) != simdjson::SUCCESS) return std::nullopt;
  return range_of(after, to);
}

Error wrong(const std::string& what) { return {Code::config, "the body is wrong: " + what}; }

Status read_ranges(std::string_view name, element from, std::vector<SeqRange>& out) {
  simdjson::dom::array list;
  if (from.get(list) != simdjson::SUCCESS) return wrong(std::string(name) + " must be a list of pairs like [0,70123]");
  for (const element one : list) {
    const auto range = read_pair(one);
    if (!range) return wrong(std::string(name) + "[" + std::to_string(out.size()) + "] must be two seqs, the lesser first");
    if (!out.empty() && range->after < out.back().to) return wrong(std::string(name) + "[" + std::to_string(out.size()) + "] must lie behind the one before it");
    out.push_back(*range);
  }
  return {};
}

Status read_text(std::string_view name, element from, std::string& out) {
  std::string_view text;
  if (from.get(text) != simdjson::SUCCESS) return wrong(std::string(name) + " must be a text");
  out = text;
  return {};
}

Status read_by(element from, Summed& out) {
  std::string_view text;
  if (from.get(text) != simdjson::SUCCESS || (text != "lines" && text != "items")) return wrong("by must be \"lines\" or \"items\"");
  out = text == "items" ? Summed::items : Summed::lines;
  return {};
}

Status read_member(std::string_view name, element value, ReconcileQuestion& out) {
  if (name == "feed") return read_text(name, value, out.feed);
  if (name == "uid") return read_text(name, value, out.uid);
  if (name == "partition") return read_text(name, value, out.partition);
  if (name == "by") return read_by(value, out.by);
  if (name == "ranges") return read_ranges(name, value, out.ranges);
  if (name == "lines") return read_ranges(name, value, out.lines);
  std::uint64_t whole = 0;
  if (name != "protocol" && name != "floor") return wrong(std::string(name.substr(0, 64)) + " is not known: there are protocol, feed, uid, partition, by, floor, ranges and lines");
  if (value.get(whole) != simdjson::SUCCESS) return wrong(std::string(name) + " must be a whole number");
  if (name == "protocol" && whole != 1) return wrong("protocol must be 1: this node speaks no other");
  if (name == "floor") out.floor = Seq{whole};
  return {};
}

}  // namespace

std::string text(const ReconcileQuestion& question) {
  std::string out = "{\"protocol\":1,\"feed\":";
  append_json_string(out, question.feed);
  if (!question.uid.empty()) append_json_string(out.append(",\"uid\":"), question.uid);
  append_json_string(out.append(",\"partition\":"), question.partition);
  if (question.by == Summed::items) out.append(",\"by\":\"items\"");
  out.append(",\"floor\":").append(std::to_string(number(question.floor)));
  append_ranges(out, "ranges", question.ranges);
  append_ranges(out, "lines", question.lines);
  return out + "}";
}

Result<ReconcileQuestion> parse_reconcile_question(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object members;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(members) != simdjson::SUCCESS) return wrong("it must be a JSON object like {\"protocol\":1,\"feed\":\"orders\"}");
  ReconcileQuestion out;
  for (const auto [name, value] : members) {
    if (auto read = read_member(name, value, out); !read) return std::move(read).error();
  }
  if (out.feed.empty()) return wrong("feed is missing");
  if (out.ranges.size() + out.lines.size() > ReconcileQuestion::kMostRanges) {
    return wrong("there are more than " + std::to_string(ReconcileQuestion::kMostRanges) + " ranges: ask for the others in another request");
  }
  return out;
}

void append_sums(std::string& out, const ReconcileAnswer::Split& split) {
  out.append("{\"sums\":{\"after\":").append(std::to_string(number(split.range.after))).append(",\"to\":").append(std::to_string(number(split.range.to)));
  out.append(",\"parts\":[");
  for (const RangePart& one : split.parts) {
    if (out.back() != '[') out += ',';
    out.append("[").append(std::to_string(number(one.to))).append(",").append(std::to_string(one.sum.count)).append(",\"");
    one.sum.sum.append_hex(out);
    out.append("\"]");
  }
  out.append("]}}\n");
}

void append_lines_of(std::string& out, const SeqRange& range) {
  out.append("{\"lines\":{\"after\":").append(std::to_string(number(range.after))).append(",\"to\":").append(std::to_string(number(range.to))).append("}}\n");
}

namespace {

class AnswerReading {
 public:
  Result<ReconcileAnswer> read(std::string_view body) {
    while (!body.empty()) {
      const auto end = body.find('\n');
      if (end == std::string_view::npos) return not_a_node("it ends within a line");
      if (!take(body.substr(0, end))) return not_a_node("a line that does not belong there");
      body.remove_prefix(end + 1);
    }
    if (!marked_) return not_a_node("no mark");
    return std::move(out_);
  }

 private:
  bool take(std::string_view line) {
    if (line.starts_with("{\"sums\":")) return marked_ && take_head(line, "sums");
    if (line.starts_with("{\"lines\":")) return marked_ && take_head(line, "lines");
    if (line.starts_with("{\"mark\":")) return take_mark(line);
    const auto seq = seq_of_line(line);
    if (!seq || !giving_) return false;
    ReconcileAnswer::Given& own = out_.given.back();
    if (*seq <= last_ || *seq > own.range.to) return false;
    last_ = *seq;
    own.lines.append(line).append(1, '\n');
    return true;
  }

  bool take_mark(std::string_view line) {
    auto parsed = parser_.parse(line);
    const Mark* mark = parsed ? std::get_if<Mark>(&*parsed) : nullptr;
    if (mark == nullptr || marked_) return false;
    out_.mark = *mark;
    marked_ = true;
    return true;
  }

  bool take_head(std::string_view line, const char* kind) {
    element root;
    element head;
    std::uint64_t after = 0;
    std::uint64_t to = 0;
    const simdjson::padded_string padded(line);
    if (json_.parse(padded).get(root) != simdjson::SUCCESS || root[kind].get(head) != simdjson::SUCCESS) return false;
    if (head["after"].get(after) != simdjson::SUCCESS || head["to"].get(to) != simdjson::SUCCESS) return false;
    const auto range = range_of(after, to);
    if (!range) return false;
    giving_ = std::string_view(kind) == "lines";
    last_ = range->after;
    if (!giving_) return take_parts(head, *range);
    out_.given.push_back({*range, {}});
    return true;
  }

  bool take_parts(element head, const SeqRange& range) {
    simdjson::dom::array list;
    if (head["parts"].get(list) != simdjson::SUCCESS) return false;
    ReconcileAnswer::Split split{range, {}};
    Seq last = range.after;
    for (const element one : list) {
      simdjson::dom::array triple;
      std::uint64_t to = 0;
      RangePart part;
      std::string_view hex;
      if (one.get(triple) != simdjson::SUCCESS || triple.size() != 3 || triple.at(0).get(to) != simdjson::SUCCESS ||
          triple.at(1).get(part.sum.count) != simdjson::SUCCESS || triple.at(2).get(hex) != simdjson::SUCCESS) return false;
      const auto sum = Bits128::from_hex(hex);
      part.to = Seq{to};
      if (!sum || part.to <= last) return false;
      part.sum.sum = *sum;
      last = part.to;
      split.parts.push_back(part);
    }
    if (last != range.to) return false;
    out_.splits.push_back(std::move(split));
    return true;
  }

  ReconcileAnswer out_;
  LineParser parser_;
  simdjson::dom::parser json_;
  Seq last_{0};
  bool marked_ = false;
  bool giving_ = false;
};

}  // namespace

Result<ReconcileAnswer> parse_reconcile_answer(std::string_view body) { return AnswerReading().read(body); }

}  // namespace meshgate
