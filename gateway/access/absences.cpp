#include "gateway/access/absences.hpp"

#include <simdjson.h>

#include <algorithm>
#include <mutex>

#include "gateway/base/owner_file.hpp"
#include "mesh/value.hpp"

namespace meshgate::access {

namespace {

using std::chrono::microseconds;

constexpr std::chrono::minutes kWrittenEvery{10};

/// {"absent":"<anchor>","for":<microseconds>}
std::string line_of(const std::string& user, microseconds time) {
  std::string out = "{\"absent\":";
  append_json_string(out, user);
  return out.append(",\"for\":").append(std::to_string(time.count())).append("}\n");
}

bool read_line(std::string_view line, std::string& user, microseconds& time) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view text;
  std::int64_t count = 0;
  const simdjson::padded_string padded(line);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["absent"].get(text) != simdjson::SUCCESS || root["for"].get(count) != simdjson::SUCCESS) return false;
  user = text;
  time = microseconds(count);
  return count >= 0;
}

}  // namespace

Result<std::unique_ptr<Absences>> Absences::open(std::string file) {
  std::unique_ptr<Absences> out(new Absences(std::move(file)));
  auto text = base::read_owner_file(out->file_);
  if (!text) return std::move(text).error();
  std::string_view rest = *text ? std::string_view(**text) : std::string_view();
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string user;
    microseconds time{0};
    if (!read_line(rest.substr(0, end), user, time)) {
      return Error{Code::corrupt, out->file_ + ": line " + std::to_string(number) + " is not one that was written; remove the file, and who is gone has the whole grace again"};
    }
    out->away_.insert_or_assign(std::move(user), time);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

Status Absences::look(const std::set<std::string>& gone, Micros at) {
  const auto passed = looked_ ? std::clamp(microseconds(at.count - looked_->count), microseconds(0), microseconds(kLongestStep)) : microseconds(0);
  looked_ = at;
  Away next;
  for (const auto& user : gone) {
    const auto known = away_.find(user);
    next.emplace_hint(next.end(), user, known == away_.end() ? microseconds(0) : known->second + passed);
  }
  written_ = written_ && std::ranges::equal(next, away_, {}, &Away::value_type::first, &Away::value_type::first);
  unwritten_ += next.empty() ? microseconds(0) : passed;
  {
    const std::lock_guard lock(mutex_);
    away_ = std::move(next);
  }
  return written_ && unwritten_ < kWrittenEvery ? Status() : write();
}

Status Absences::write() {
  std::string text;
  for (const auto& [user, time] : away_) text += line_of(user, time);
  written_ = false;
  if (auto done = base::write_owner_file(file_, text); !done) return done;
  written_ = true;
  unwritten_ = microseconds(0);
  return {};
}

bool Absences::holds(std::string_view user) const {
  const std::shared_lock lock(mutex_);
  return away_.contains(user);
}

std::vector<std::string> Absences::longer_than(microseconds time) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [user, away] : away_) {
    if (away >= time) out.push_back(user);
  }
  return out;
}

}  // namespace meshgate::access
