#pragma once

#include <string>

#include "tests/unit/config/cases.hpp"

namespace meshgate::cases {

/// Runs one mapping case:
///
///   columns: [id int64 key, name text null, total decimal null]     name, type, "null" when nullable, "key" in key order, "uncarried"
///   fields: …  id: …  partition: …                                  as in a feed
///   rows: [[1, Ann, ~]]                                             texts of the types; ~ is NULL; "!why" as the last: the record's fault
///   show: [schema, fingerprint]                                     further lines of output
///
/// The output has the diagnostics, or what was asked to be shown and one line per row: "id [partition …] content", with "key: " before
/// it where the key differs from the id, or "bad_record: …".
std::string run_mapping_case(const Case& one);

}  // namespace meshgate::cases
