#pragma once

// The second role: an author derives from Writer, and overrides open_writer() and probe_writer() of the Connection.

#include <cstdint>
#include <span>
#include <string_view>

#include "connectors/sdk/connector.h"
#include "connectors/sdk/status.hpp"

namespace meshgate::sdk {

class Connection;
struct Fence;

/// How far what was written has come; see mg_written.
struct Written {
  bool known = false;
  uint64_t through = 0;
};

/// Takes what fold() finds. False: stop, and return.
class HeldSink {
 public:
  explicit HeldSink(const mg_held_sink* sink) : sink_(sink) {}
  [[nodiscard]] bool written(std::string_view id, std::string_view rev, std::span<const mg_str> partitions) {
    return tell({.size = sizeof(mg_held), .id = borrow(id), .rev = borrow(rev), .partitions = partitions.data(), .partition_count = partitions.size()});
  }
  [[nodiscard]] bool gone(std::string_view id) { return tell({.size = sizeof(mg_held), .gone = 1, .id = borrow(id)}); }
  [[nodiscard]] bool foreign(std::string_view id) { return tell({.size = sizeof(mg_held), .foreign = 1, .id = borrow(id)}); }

 private:
  bool tell(const mg_held& held) { return sink_->held(sink_->ctx, &held) == MG_OK; }

  const mg_held_sink* sink_;
};

/// Keeps something outside equal to a feed; see mg_connector_module.
class Writer {
 public:
  Writer() = default;
  virtual ~Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  virtual Status resume(Written& out) = 0;
  virtual Status fold(HeldSink& sink) = 0;
  virtual Status write(std::span<const mg_entry> entries, uint64_t through) = 0;

 private:
  friend struct Fence;
  Connection* connection_ = nullptr;
};

/// Which feed a writer writes.
struct WrittenFeed {
  std::string_view name;
  std::string_view uid;
  std::string_view epoch;
};

}  // namespace meshgate::sdk
