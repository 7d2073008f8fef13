#include "gateway/app/plan_text.hpp"
#include "mesh/value.hpp"

namespace meshgate::app {

namespace {

using ingest::FeedPlan;
using ingest::PlannedChange;
using ingest::PlannedChanges;

/// Members of a JSON object, each with the comma it needs.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  ~Members() { out_ += '}'; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  std::string& value(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, name);
    return out_ += ':';
  }
  void text(std::string_view name, std::string_view text) { append_json_string(value(name), mended_utf8(text)); }
  void number(std::string_view name, std::uint64_t number) { value(name).append(std::to_string(number)); }
  void flag(std::string_view name, bool set) { value(name).append(set ? "true" : "false"); }
  void content(std::string_view name, std::string_view content) {
    if (!content.empty()) value(name).append(content);
  }
  void texts(std::string_view name, const std::vector<std::string>& texts) {
    std::string& out = value(name).append("[");
    for (const auto& text : texts) {
      if (out.back() != '[') out += ',';
      append_json_string(out, mended_utf8(text));
    }
    out += ']';
  }

 private:
  std::string& out_;
};

void append(std::string& out, const PlannedChange& one) {
  Members members(out);
  members.text("id", one.id);
  if (!one.name.empty()) members.text("name", one.name);
  members.content("before", one.before);
  members.content("after", one.after);
  if (!one.partitions_before.empty()) members.texts("partitions_before", one.partitions_before);
  if (!one.partitions_after.empty()) members.texts("partitions_after", one.partitions_after);
  if (!one.reason.empty()) members.text("reason", one.reason);
}

void append(std::string& out, const PlannedChanges& changes) {
  Members members(out);
  members.number("count", changes.count);
  std::string& list = members.value("samples").append("[");
  for (const PlannedChange& one : changes.samples) {
    if (list.back() != '[') list += ',';
    append(list, one);
  }
  list += ']';
}

void append(Members& members, const FeedPlan& plan) {
  members.flag("known", plan.known);
  members.number("items", plan.items);
  members.number("rows", plan.rows);
  members.number("unchanged", plan.unchanged);
  append(members.value("added"), plan.added);
  append(members.value("changed"), plan.changed);
  append(members.value("removed"), plan.removed);
  append(members.value("missing"), plan.missing);
  append(members.value("quarantined"), plan.quarantined);
  members.number("still_quarantined", plan.still_quarantined);
  if (!plan.held.empty()) members.text("held", plan.held);
  members.flag("sweeps", plan.sweeps);
  members.flag("ids_compared", plan.ids_compared);
  append_json(members.value("schema"), plan.schema_after);
}

}  // namespace

std::string plan_json(const std::vector<PlannedFeed>& planned, const std::vector<std::string>& left_over) {
  std::string out;
  {
    Members all(out);
    std::string& list = all.value("feeds").append("[");
    for (const PlannedFeed& one : planned) {
      if (list.back() != '[') list += ',';
      Members members(list);
      members.text("feed", one.feed);
      members.text("source", one.source);
      if (!one.plan) members.text("error", one.plan.error().message);
      if (one.plan) append(members, *one.plan);
    }
    list += ']';
    all.texts("left_over", left_over);
  }
  return out + "\n";
}

}  // namespace meshgate::app
