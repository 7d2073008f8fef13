#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/plugins/plugin.hpp"

namespace meshgate::ingest {

/// A table in memory behind the connector's border: `id int64, name text nullable, zone text`, key id. What no real server can be made to do
/// on demand (fail in the middle of a scan, show nothing for one read, lose a position) is set here by the test.
struct ScriptedTable {
  struct Row {
    std::optional<std::string> name;
    std::string zone = "north";
    std::int64_t time_us = 0;  ///< by the source; 0: it does not say
  };
  std::map<std::int64_t, Row> rows;
  std::size_t page = 3;                              ///< records per read
  std::map<std::int64_t, std::string> faults;        ///< rows that are emitted with a fault
  std::vector<std::int64_t> reported;                ///< deletes that the next scan reports with its first page
  bool unreadable_key = false;                       ///< one more record, whose key cannot be read
  bool hidden = false;                               ///< scans show nothing; lookups still do
  std::set<std::int64_t> passed_over;                ///< rows that scans do not show; lookups do
  std::optional<std::pair<int, std::string>> fail;   ///< code and message of the next read
  bool extra_column = false;                         ///< a column `extra` at the end, always 7
  bool endless = false;                              ///< a scan never ends: its last page comes again and again
  bool polls = false;                                ///< reads are not those of a scan
  bool rests = false;                                ///< after a scan says that nothing is new, as unchanged files do
  bool listens = false;                              ///< and that it waits by itself for what comes
  bool fail_lookup = false;
  bool keys_only = false;                            ///< scans say of each row only that it is present
  bool late = false;                                 ///< records are marked as late
  bool scans_again = false;                          ///< says so at the end of a scan
  bool holds = false;                                ///< a scan keeps something open between its reads, where it is not told to let go
  bool clings = false;                               ///< also then
  std::vector<std::string> streams;                  ///< what discover() tells, as tables of the group that is meant
  std::atomic<bool> fail_discover{false};
  std::string note;
  std::int64_t as_of = 1000000;
  std::atomic<int> reads{0};
  std::vector<std::size_t> given;                    ///< records of each read
  std::size_t open = 0;                              ///< streams that hold something open
  std::size_t most_open = 0;
  std::atomic<std::uint32_t> most_wait{0};           ///< how long the last read might have waited, in ms; of one that rests
  std::vector<std::string> read_of;                  ///< by which name of the table, read after read
  std::chrono::milliseconds slow{0};                 ///< how long a read takes by a name that begins with "slow"
  int connected = 0;
  int most_connected = 0;
  int lookups = 0;
  std::string reader;                                ///< who opened the stream last
  std::vector<std::string> settled;                  ///< Positions that were said to be durable
  int fail_settled = 0;                              ///< code of the next settled()
};

/// The plugin that reads `table`; the table must live longer than every connection. One table at a time.
plugins::Plugin scripted_plugin(ScriptedTable& table);

}  // namespace meshgate::ingest
