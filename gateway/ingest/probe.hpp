#pragma once

#include <string>
#include <vector>

#include "gateway/ingest/options.hpp"
#include "mesh/result.hpp"

namespace meshgate::base {
class Log;
}

namespace meshgate::ingest {

/// Reaches a source as `run` would, writing nothing: connects. Blocks up to the connector's timeout.
Status probe_source(const SourceOptions& source, base::Log& log);

/// Which streams a source has. Blocks up to the connector's timeout.
Result<std::vector<StreamName>> probe_streams(const SourceOptions& source, base::Log& log);

/// Opens the feed's stream, compiles its mapping and reads one record. The text says what was found: "7 columns, key order_no, line_no".
Result<std::string> probe_feed(const SourceOptions& source, const FeedOptions& feed, base::Log& log);

}  // namespace meshgate::ingest
