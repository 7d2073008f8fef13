#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/plugins/fence.hpp"
#include "gateway/plugins/plugin.hpp"
#include "gateway/plugins/settings.hpp"
#include "mesh/record.hpp"
#include "mesh/result.hpp"
#include "mesh/schema.hpp"
#include "mesh/time.hpp"

namespace meshgate::ingest {

using plugins::Plugin;
using plugins::Setting;
using plugins::Settings;

/// What is done in a source so that a stream can be read as its settings say.
struct Setup {
  enum class Action : std::uint8_t { install, remove, state };
  Action action = Action::state;
  bool tell = false;  ///< nothing is changed: the text is what would be done
  Settings login;     ///< settings of the connection that are other ones for this
  std::string reader;  ///< with `remove`: only what is kept for this one goes; empty: all
};

/// What somebody who signs in shows. Borrows.
struct Credentials {
  std::string_view key;  ///< of their record
  std::string_view name;
  std::string_view password;
};

struct Limits {
  std::chrono::milliseconds max_wait{1000};
  std::uint64_t max_records = 10000;
  std::uint64_t max_bytes = std::uint64_t{4} << 20U;
  bool light = false;   ///< neither begin nor go on with a scan
  bool let_go = false;  ///< leave nothing open at the source
};

/// What a read covered; the flags are those of mg_progress.
struct Progress {
  Position position;  ///< to be stored with the records of this read
  bool scan_began = false;
  bool scan_ended = false;
  bool scanning = false;
  bool idle = false;
  bool scans_again = false;
  bool scan_waits = false;  ///< for a read that is not light
  bool listens = false;     ///< with idle: come back at once, the stream waits by itself for what comes
  bool open = false;        ///< something is left open at the source; what comes next may be as old as this
  std::optional<Micros> as_of;
  std::uint64_t total = 0;  ///< records expected of a scan; 0: not known
  std::string note;         ///< for people: how the stream is read
  std::uint64_t kept = 0;   ///< entries that the source keeps for its readers, as counted last
};

/// The columns of a stream, those that can be carried apart from those that cannot. A key with a column that cannot be carried is no
/// key: then no field has one.
struct SourceColumns {
  Schema schema;
  std::vector<Field> uncarried;  ///< by name and native type, in the source's order; their Field::type says nothing
};

/// A stream that a source has.
struct StreamName {
  std::string name;   ///< as the connector's option for it takes it
  std::string group;  ///< what it stands in (a schema); empty: nothing
  std::string title;  ///< its own name there
  bool own = true;    ///< its group is the one that is meant where none is named

  bool operator==(const StreamName&) const = default;
};

/// Receives the records of a read or lookup, on the calling thread.
class RecordSink {
 public:
  enum class Flow { more, stop };

  virtual ~RecordSink() = default;
  /// The columns of the records that follow; at least once before the first. An Error ends the read with it.
  virtual Status columns(const SourceColumns& columns) = 0;
  /// Borrows everything; taken, also when the answer is `stop`. `raw` is the source's own form of a record with a fault.
  virtual Flow record(const Record& record, std::string_view raw) = 0;
};

/// One stream read for one feed. Used by one thread at a time; destroyed before its Connection.
class Stream {
 public:
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) = delete;
  ~Stream();

  /// Emits the records after `position` (empty: from the beginning). On an Error nothing of this call counts. Blocks up to max_wait.
  Result<Progress> read(const Position& position, const Limits& limits, RecordSink& sink);
  /// Emits the present records of keys, `width` values each one behind the other. Error::cancelled when the sink stopped it. Blocks.
  Status lookup(std::span<const Value> keys, std::size_t width, RecordSink& sink);
  /// What was read up to here is durable, and nothing before will be asked for: the source may forget what it keeps. Between reads. Blocks.
  Status settled(const Position& position);

 private:
  friend class Connection;
  class Border;
  Stream(const Plugin& plugin, mg_stream* stream, const std::atomic<bool>* cancelled);

  std::unique_ptr<Border> border_;
};

/// A conversation with one source. Used by one thread at a time, except cancel().
class Connection {
 public:
  /// Takes the settings; does not reach out. `log` outlives the connection.
  static Result<std::unique_ptr<Connection>> open(const Plugin& plugin, const Settings& settings, base::Log& log);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Reaches the source. Blocks.
  Status check();
  /// Tells each stream there is with its columns. Blocks.
  Status discover(const std::function<void(const StreamName& stream, const SourceColumns& columns)>& found);
  /// The streams there are, without their columns. Blocks.
  Result<std::vector<StreamName>> list();
  /// Makes, removes or shows what the source needs for a stream of these settings; `say` gets text for people. Error::unsupported: nothing is
  /// ever needed. Blocks.
  Status setup(const Settings& stream, const Setup& wish, const std::function<void(std::string_view)>& say);
  /// Whether the person with this key in a stream of these settings has this password. Error::auth: the source refuses them; any other says nothing of
  /// them. Blocks.
  Status verify(const Settings& stream, const Credentials& who);
  /// Reaches the source. `reader` names who reads, over restarts; empty: somebody who only looks. Error::config where a table, key or column is
  /// missing. Blocks.
  Result<Stream> open_stream(const Settings& settings, const std::string& reader = {});
  /// From any thread: the running call ends within 2 s and later ones at once, with Error::cancelled. Cannot be taken back.
  void cancel();

 private:
  Connection(const Plugin& plugin, base::Log& log);
  Status search(bool names_only, const std::function<void(const StreamName&, const SourceColumns&)>& found);

  const Plugin plugin_;
  const plugins::Host host_;
  mg_connection* connection_ = nullptr;
  std::atomic<bool> cancelled_{false};
};

}  // namespace meshgate::ingest
