#pragma once

#include "gateway/device/ledger.hpp"
#include "mesh/schema.hpp"

namespace meshgate::device {

/// Makes a feed's table follow a schema: new fields become columns, fields gone keep theirs, a field of another type gets a new
/// column. Rows whose content was kept whole are split again. Within the caller's transaction.
Status widen_table(Database& database, Ledger& ledger, MirroredFeed& feed, const Schema& schema);

}  // namespace meshgate::device
