#pragma once

#include <string>
#include <string_view>

#include "gateway/base/log.hpp"
#include "mesh/record.hpp"
#include "mesh/schema.hpp"

namespace meshgate::ingest {

/// A record as a person can read it, for quarantine: the source's own form, or "id=42, total=NULL, …" where it gave none. What the log masks is
/// masked here too.
std::string raw_form(const Schema& schema, const Record& record, std::string_view raw, const base::Log& log);

}  // namespace meshgate::ingest
