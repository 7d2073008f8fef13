#include <simdjson.h>

#include "gateway/access/knowledge.hpp"
#include "gateway/base/owner_file.hpp"
#include "mesh/value.hpp"

namespace meshgate::access {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;
using std::chrono::microseconds;

Error damaged() { return {Code::corrupt, "it does not hold what was written; remove it, and it is asked for again"}; }

void append_age(std::string& out, const Age& age, const Moment& at) {
  const auto kept = age.keep(at);
  out.append("\"age\":").append(std::to_string(kept.age.count())).append(",\"wall\":").append(std::to_string(kept.wall.count));
}

std::optional<Age> read_age(element from, const Moment& at) {
  std::int64_t age = 0;
  std::int64_t wall = 0;
  if (from["age"].get(age) != simdjson::SUCCESS || from["wall"].get(wall) != simdjson::SUCCESS) return std::nullopt;
  return Age::kept({microseconds(age), Micros{wall}}, at);
}

/// A number of the file's; 0 where it is not there.
std::int64_t number_of(element from, const char* name) {
  std::int64_t out = 0;
  return from[name].get(out) == simdjson::SUCCESS ? out : 0;
}

}  // namespace

Result<std::unique_ptr<Knowledge>> Knowledge::open(std::string file, Reliance reliance) {
  std::unique_ptr<Knowledge> out(new Knowledge(std::move(file), std::move(reliance)));
  const auto text = base::read_owner_file(out->file_);
  if (!text) return text.error();
  if (!*text) return out;
  if (auto read = out->read(**text); !read) return std::move(read).error().within(out->file_);
  return out;
}

Status Knowledge::read(std::string_view text) {
  simdjson::dom::parser parser;
  element root;
  object peers;
  object feeds;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["peers"].get(peers) != simdjson::SUCCESS || root["feeds"].get(feeds) != simdjson::SUCCESS) return damaged();
  const Moment at = moment();
  for (const auto [name, value] : peers) {
    Heard& own = peers_[std::string(name)];
    std::string_view version;
    element charter;
    if (value["version"].get(version) != simdjson::SUCCESS) return damaged();
    own.version = version;
    own.age = read_age(value, at);
    own.as_of = Micros{number_of(value, "as_of")};
    own.rules_as_of = Micros{number_of(value, "rules_as_of")};
    own.silent = value["charter"].get(charter) != simdjson::SUCCESS;
    if (own.silent) continue;
    auto parsed = parse_charter(simdjson::minify(charter));
    if (!parsed) return damaged();
    own.charter = std::move(*parsed);
  }
  for (const auto [name, value] : feeds) {
    const auto age = read_age(value, at);
    if (!age) return damaged();
    feeds_.emplace(std::string(name), Told{Micros{number_of(value, "as_of")}, *age});
  }
  return {};
}

std::string Knowledge::text() const {
  const std::lock_guard lock(mutex_);
  const Moment at = moment();
  std::string out = "{\"peers\":{";
  for (const auto& [name, one] : peers_) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ":{\"version\":";
    append_json_string(out, one.version);
    if (one.age) {
      out.append(",\"as_of\":").append(std::to_string(one.as_of.count)).append(",\"rules_as_of\":").append(std::to_string(one.rules_as_of.count)).append(",");
      append_age(out, *one.age, at);
    }
    if (!one.silent) out.append(",\"charter\":").append(charter_text(one.charter));
    out += '}';
  }
  out += "},\"feeds\":{";
  for (const auto& [name, one] : feeds_) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out.append(":{\"as_of\":").append(std::to_string(one.as_of.count)).append(",");
    append_age(out, one.age, at);
    out += '}';
  }
  return out + "}}\n";
}

Status Knowledge::keep() {
  if (reliance_.none()) return {};
  const std::lock_guard writing(writing_);
  return base::write_owner_file(file_, text());
}

Result<bool> Knowledge::write_if(bool changed) {
  if (!changed) return false;
  if (auto written = keep(); !written) return std::move(written).error();
  return true;
}

}  // namespace meshgate::access
