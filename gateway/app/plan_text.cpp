#include "gateway/app/plan_text.hpp"

#include "gateway/app/content_difference.hpp"

namespace meshgate::app {

namespace {

using ingest::FeedPlan;
using ingest::PlannedChange;
using ingest::PlannedChanges;

constexpr std::size_t kShown = 100;

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  return out;
}

/// One line, not too long, cut between two characters.
std::string shown(std::string_view text) {
  if (text.size() <= kShown) return one_line(text);
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return one_line(text.substr(0, end)) + "…";
}

/// What a change is told by: people and groups by what they are called.
std::string heading(const PlannedChange& one) {
  if (one.id.empty()) return "(no key)";
  return one.name.empty() ? shown(one.id) : shown(one.name) + " (" + shown(one.id) + ")";
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out.append(out.empty() ? "" : ", ").append(name.empty() ? "(the whole feed)" : shown(name));
  return out;
}

class Text {
 public:
  explicit Text(const PlannedFeed& planned) {
    out_ = "feed " + planned.feed + " from source " + planned.source + ": ";
    if (!planned.plan) {
      out_ += planned.plan.error().message + "\n";
      return;
    }
    write(*planned.plan);
  }
  std::string take() { return std::move(out_); }

 private:
  void write(const FeedPlan& plan) {
    out_ += plan.known ? count(plan.rows) + " rows read, " + count(plan.items) + " items now" : "first scan, " + count(plan.rows) + " rows read";
    const std::size_t before = out_.size();
    out_ += "\n";
    const std::size_t head = out_.size();
    write_schema(plan);
    part("add", plan.added, [this](const PlannedChange& one) { content(one.after); });
    part("change", plan.changed, [this](const PlannedChange& one) { difference(one); });
    part("delete", plan.removed, [this](const PlannedChange& one) { content(one.before); });
    const bool held = !plan.held.empty();
    part(held ? "hold" : "delete", plan.missing, [this](const PlannedChange& one) { content(one.before); },
         held ? ": " + plan.held : ", each asked for again by its key before it goes");
    if (!plan.sweeps) out_ += "  no deletes: a record's key cannot be read, it may be any item's\n";
    part("quarantine", plan.quarantined, [this](const PlannedChange& one) { out_ += one_line(one.reason) + "\n"; });
    if (!plan.ids_compared) out_ += "  ids were compared with each other only for the first million of new ones\n";
    if (out_.size() == head) out_.insert(before, ": nothing would change");
    if (plan.still_quarantined > 0) out_ += "  " + count(plan.still_quarantined) + " records stay in quarantine\n";
  }

  template <class Show>
  void part(std::string_view what, const PlannedChanges& changes, Show show, const std::string& more = {}) {
    if (changes.count == 0) return;
    out_.append("  ").append(what).append(" ").append(count(changes.count)).append(more).append("\n");
    for (const PlannedChange& one : changes.samples) {
      out_ += "      " + heading(one) + "  ";
      show(one);
    }
    if (changes.samples.size() < changes.count && !changes.samples.empty()) out_ += "      …\n";
  }

  void write_schema(const FeedPlan& plan) {
    if (!plan.known || plan.schema_before.fields.empty() || plan.schema_after.fields.empty()) return;
    for (const Field& field : plan.schema_after.fields) {
      if (plan.schema_before.find(field.name) == nullptr) out_ += "  new field " + shown(field.name) + ", " + std::string(name(field.type)) + "\n";
    }
    for (const Field& field : plan.schema_before.fields) {
      if (plan.schema_after.find(field.name) == nullptr) out_ += "  field " + shown(field.name) + " leaves\n";
    }
  }

  void content(const std::string& text) { out_ += (text.empty() ? "(too long to show)" : shown(text)) + "\n"; }

  void difference(const PlannedChange& one) {
    const std::size_t first = out_.size();
    const std::string indent(6 + heading(one).size() + 2, ' ');
    const auto line = [&](const std::string& text) { out_.append(out_.size() == first ? "" : indent).append(text).append("\n"); };
    for (const auto& field : content_difference(one.before, one.after)) {
      line(shown(field.name) + ": " + shown(field.before.empty() ? "nothing" : field.before) + " → " + shown(field.after.empty() ? "nothing" : field.after));
    }
    if (one.partitions_before != one.partitions_after) line("partitions: " + joined(one.partitions_before) + " → " + joined(one.partitions_after));
    if (out_.size() == first) line("(too long to show)");
  }

  static std::string count(std::uint64_t number) { return std::to_string(number); }

  std::string out_;
};

}  // namespace

std::string plan_text(const PlannedFeed& planned) { return Text(planned).take(); }

}  // namespace meshgate::app
