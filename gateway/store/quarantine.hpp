#pragma once

#include <string>
#include <string_view>

#include "gateway/store/transaction.hpp"

namespace meshgate::store {

/// How the feed names an entry in memory: stream number and key.
std::string quarantine_name(std::string_view key, StreamNumber stream);

/// Writes or renews the entry of a record. False: there was no room for a new one, and it is only counted.
Result<bool> keep_quarantined(Transaction& out, DiskFeed& feed, StreamNumber stream, const Batch::Change& what, Micros at);

/// Takes away the entries of a stream that a whole scan did not renew, and counts those beyond as the scan did.
Status settle_quarantine(Transaction& out, DiskFeed& feed, StreamNumber stream, const Batch::Scanned& scanned);

/// Takes an entry away.
void clear_quarantined(Transaction& out, DiskFeed& feed, const std::string& name);

}  // namespace meshgate::store
