#include <algorithm>
#include <optional>

#include "mapping/casts.hpp"
#include "mapping/plan.hpp"
#include "mapping/rules.hpp"

namespace meshgate::mapping {

namespace {

using config::Diagnostics;
using config::Place;

std::string lead(std::string_view field) {
  std::string out(1, ',');
  append_json_string(out, field);
  return out += ':';
}

/// Binds rules to columns; what is wrong goes to the diagnostics.
class Compiler {
 public:
  Compiler(const Rules& rules, const Schema& source, const std::vector<Field>& uncarried, const Place& feed, Diagnostics& out)
      : rules_(rules), source_(source), uncarried_(uncarried), feed_(feed), out_(out) {}

  Plan run() {
    plan_.width = source_.fields.size();
    bind_key();
    bind_id();
    for (const Source& one : rules_.partition) plan_.partition.push_back(text_plan(one));
    for (const FieldRule& rule : rules_.fields) bind_field(rule);
    for (const Named& one : rules_.except) {
      if (uncarried(one.name) == nullptr) find(one.name, one.place);
    }
    if (rules_.others) bind_others();
    publish();
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const Field* uncarried(std::string_view name) const {
    const auto at = std::find_if(uncarried_.begin(), uncarried_.end(), [&](const Field& field) { return field.name == name; });
    return at == uncarried_.end() ? nullptr : &*at;
  }

  void refuse_uncarried(const Field& field, const Place& place) {
    const std::string native = field.native.empty() ? std::string() : " (" + field.native + ")";
    out_.add(place, "the column '" + field.name + "'" + native + " is of a type that cannot be carried exactly",
             "leave it out with fields: { \"*\": { except: [" + field.name + "] } }, or convert it in a view");
  }

  /// The position of a column; nothing after a diagnostic.
  std::optional<std::size_t> find(std::string_view name, const Place& place) {
    if (const Field* field = uncarried(name)) {
      refuse_uncarried(*field, place);
      return std::nullopt;
    }
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < source_.fields.size(); ++i) {
      if (source_.fields[i].name == name) return i;
      names.emplace_back(source_.fields[i].name);
    }
    std::string hint = config::did_you_mean(name, names);
    if (hint.empty()) hint = listing(names);
    out_.add(place, "the source has no column '" + std::string(name.substr(0, 60)) + "'", std::move(hint));
    return std::nullopt;
  }

  static std::string listing(const std::vector<std::string_view>& names) {
    constexpr std::size_t kListed = 12;
    std::string out = "it has ";
    for (std::size_t i = 0; i < std::min(names.size(), kListed); ++i) out.append(i == 0 ? "" : ", ").append(names[i]);
    return names.size() > kListed ? out + ", …" : out;
  }

  [[nodiscard]] TextPlan::Piece piece(std::size_t column) const {
    return {false, column, source_.fields[column].name, source_.fields[column].type};
  }

  TextPlan text_plan(const Source& source) {
    TextPlan out;
    for (const Part& part : source.parts) {
      if (!part.column) {
        out.pieces.push_back({true, 0, part.text, Type::text});
      } else if (const auto column = find(part.text, source.place)) {
        out.pieces.push_back(piece(*column));
      }
    }
    return out;
  }

  void bind_key() {
    for (const std::size_t column : source_.key()) plan_.key.columns.push_back(piece(column));
    if (!plan_.key.columns.empty()) return;
    if (rules_.id.empty()) {
      out_.add(feed_, "the source has no key", "name the columns that tell rows apart: id: column, or id: [a, b]");
    } else if (rules_.id[0].kind != Source::Kind::column) {
      out_.add(rules_.id[0].place, "the source has no key, and a template cannot be taken apart to ask for a row again",
               "name the columns that tell rows apart: id: column, or id: [a, b]");
    }
  }

  void bind_id() {
    if (rules_.id.empty()) return;
    if (rules_.id[0].kind != Source::Kind::column) {
      plan_.id_text = text_plan(rules_.id[0]);
      plan_.id_is_key = false;
      return;
    }
    for (const Source& one : rules_.id) {
      if (const auto column = find(one.parts[0].text, one.place)) plan_.id.columns.push_back(piece(*column));
    }
    if (plan_.key.columns.empty()) plan_.key = plan_.id;
    const auto same = [](const TextPlan::Piece& a, const TextPlan::Piece& b) { return a.column == b.column; };
    plan_.id_is_key =
        std::equal(plan_.id.columns.begin(), plan_.id.columns.end(), plan_.key.columns.begin(), plan_.key.columns.end(), same);
  }

  void bind_field(const FieldRule& rule) {
    const Source& source = rule.source;
    Step step;
    step.field = rule.name;
    step.lead = lead(rule.name);
    bool nullable = false;
    if (source.kind == Source::Kind::constant) {
      std::string storage;
      step.kind = Step::Kind::constant;
      step.type = source.type;
      const auto value = parse_text(source.type, source.parts[0].text, storage);
      if (value) append_json(step.lead, *value);
    } else if (source.kind == Source::Kind::pattern) {
      step.kind = Step::Kind::pattern;
      step.text = text_plan(source);
      for (const TextPlan::Piece& one : step.text.pieces) nullable = nullable || (!one.literal && source_.fields[one.column].nullable);
    } else {
      const auto column = find(source.parts[0].text, source.place);
      if (!column || !bind_column(step, *column, source)) return;
      nullable = source_.fields[*column].nullable;
    }
    add(std::move(step), nullable);
  }

  bool bind_column(Step& step, std::size_t column, const Source& source) {
    step.column = column;
    step.from = source_.fields[column].type;
    step.type = source.cast.value_or(step.from);
    if (step.type == step.from) return true;
    step.kind = Step::Kind::cast;
    if (castable(step.from, step.type)) return true;
    out_.add(source.place,
             "the column '" + source.parts[0].text + "' is " + std::string(name(step.from)) + ", which cannot be cast to " +
                 std::string(name(step.type)) + " without loss",
             "leave the cast out, or convert it in a view");
    return false;
  }

  [[nodiscard]] bool taken(const Field& field) const {
    const auto by_rule = [&](const FieldRule& rule) {
      return rule.name == field.name || (rule.source.kind == Source::Kind::column && rule.source.parts[0].text == field.name);
    };
    const auto by_except = [&](const Named& one) { return one.name == field.name; };
    return std::any_of(rules_.fields.begin(), rules_.fields.end(), by_rule) ||
           std::any_of(rules_.except.begin(), rules_.except.end(), by_except);
  }

  void bind_others() {
    for (const Field& field : uncarried_) {
      if (!taken(field)) refuse_uncarried(field, feed_);
    }
    for (std::size_t i = 0; i < source_.fields.size(); ++i) {
      const Field& field = source_.fields[i];
      if (taken(field)) continue;
      const std::string fault = field_name_fault(field.name);
      if (!fault.empty()) {
        out_.add(feed_, "the column '" + field.name.substr(0, 60) + "' cannot become a field: " + fault,
                 "rename it under fields: { name: column, \"*\": true }");
      } else {
        Step step;
        step.field = field.name;
        step.lead = lead(field.name);
        step.column = i;
        step.from = step.type = field.type;
        add(std::move(step), field.nullable);
      }
    }
  }

  void add(Step step, bool nullable) {
    plan_.schema.fields.push_back({step.field, step.type, nullable, 0, {}});
    plan_.steps.push_back(std::move(step));
  }

  /// Sorts fields by name and marks those the id is made of.
  void publish() {
    std::sort(plan_.steps.begin(), plan_.steps.end(), [](const Step& a, const Step& b) { return a.field < b.field; });
    auto& fields = plan_.schema.fields;
    std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.name < b.name; });
    for (std::size_t i = 1; i < fields.size(); ++i) {
      if (fields[i].name == fields[i - 1].name)
        out_.add(feed_, "two columns of the source are called '" + fields[i].name + "'", "rename one");
    }
    mark_key();
  }

  void mark_key() {
    const KeyPlan& id = plan_.id_is_key ? plan_.key : plan_.id;
    std::vector<std::size_t> carriers;
    for (const TextPlan::Piece& one : id.columns) {
      const auto carries = [&](const Step& step) { return step.kind == Step::Kind::column && step.column == one.column; };
      const auto at = std::find_if(plan_.steps.begin(), plan_.steps.end(), carries);
      if (at == plan_.steps.end()) return;
      carriers.push_back(static_cast<std::size_t>(at - plan_.steps.begin()));
    }
    int place = 0;
    for (const std::size_t at : carriers) {
      plan_.schema.fields[at].key = ++place;
      plan_.schema.fields[at].nullable = false;
    }
  }

  const Rules& rules_;
  const Schema& source_;
  const std::vector<Field>& uncarried_;
  const Place& feed_;
  Diagnostics& out_;
  Plan plan_;
};

}  // namespace

std::unique_ptr<const Mapping> Mapping::compile(const Definition& definition, const Schema& source,
                                                const std::vector<Field>& uncarried, const config::Place& feed,
                                                config::Diagnostics& out) {
  config::Diagnostics found;
  Plan plan = Compiler(*definition.rules_, source, uncarried, feed, found).run();
  if (found.empty()) check_presentation(definition.presentation(), plan.schema, found);
  for (const config::Diagnostic& one : found.all()) out.add(one.place, one.message, one.hint);
  if (!found.empty()) return nullptr;
  return std::make_unique<PlannedMapping>(std::move(plan));
}

}  // namespace meshgate::mapping
