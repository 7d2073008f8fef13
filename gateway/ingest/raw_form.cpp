#include "gateway/ingest/raw_form.hpp"

#include <algorithm>

#include "gateway/store/batch.hpp"
#include "mesh/value.hpp"

namespace meshgate::ingest {

namespace {

// Cut before it is searched for secrets, but behind what is kept, so that none is kept in part.
constexpr std::size_t kSearched = 2 * store::kMaxRaw;

std::string shown(const Schema& schema, const Record& record) {
  std::string out;
  for (std::size_t i = 0; i < schema.fields.size() && i < record.values.size() && out.size() < kSearched; ++i) {
    if (!out.empty()) out.append(", ");
    out.append(schema.fields[i].name).append("=");
    const Value& value = record.values[i];
    if (value.null) {
      out.append("NULL");
    } else if (append_text(out, value) != Exact::exact) {
      out.append("(no exact text)");
    }
  }
  out.resize(std::min(out.size(), kSearched));
  return out;
}

}  // namespace

std::string raw_form(const Schema& schema, const Record& record, std::string_view raw, const base::Log& log) {
  return log.redacted(raw.empty() ? shown(schema, record) : std::string(raw.substr(0, kSearched)));
}

}  // namespace meshgate::ingest
