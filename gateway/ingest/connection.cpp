#include "gateway/ingest/connection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/ingest/border.hpp"

namespace meshgate::ingest {

namespace {

constexpr std::size_t kLongestPosition = std::size_t{1} << 20U;
constexpr std::size_t kLongestNote = 4096;
constexpr std::uint32_t kKnownFlags = MG_SCAN_BEGAN | MG_SCAN_ENDED | MG_SCANNING | MG_IDLE | MG_SCANS_AGAIN | MG_SCAN_WAITS | MG_LISTENS | MG_OPEN;

}  // namespace

/// What one stream needs at the border: buffers that are used again, and the first broken promise of the running call.
class Stream::Border {
 public:
  Border(const Plugin& plugin, mg_stream* stream, const std::atomic<bool>* cancelled)
      : plugin_(plugin), stream_(stream), cancelled_(cancelled) {
    sink_.size = sizeof sink_;
    sink_.ctx = this;
    sink_.columns = [](void* self, const mg_column* columns, std::size_t count) noexcept {
      return static_cast<Border*>(self)->columns(columns, count);
    };
    sink_.emit = [](void* self, const mg_record* record) noexcept { return static_cast<Border*>(self)->emit(record); };
  }
  ~Border() { plugin_.module().close_stream(stream_); }
  Border(const Border&) = delete;
  Border& operator=(const Border&) = delete;

  Result<Progress> read(const Position& position, const Limits& limits, RecordSink& sink) {
    mg_limits out{};
    out.size = sizeof out;
    out.max_wait_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(limits.max_wait.count(), 0, UINT32_MAX));
    out.max_records = limits.max_records;
    out.max_bytes = limits.max_bytes;
    if (limits.light) out.flags |= MG_LIGHT;
    if (limits.let_go) out.flags |= MG_LET_GO;
    mg_progress progress{};
    progress.size = sizeof progress;
    Status done = call("read", sink, [&](mg_error* error) {
      return plugin_.module().read(stream_, {position.bytes.data(), position.bytes.size()}, &out, &sink_, &progress, error);
    });
    if (!done) return std::move(done).error();
    return convert(progress);
  }

  Status lookup(std::span<const Value> keys, std::size_t width, RecordSink& sink) {
    if (width == 0 || keys.size() % width != 0) return Error{Code::internal, "a lookup needs whole keys; this is a fault of the gateway"};
    keys_.clear();
    for (const Value& value : keys) keys_.push_back(to_border(value));
    Status done = call("lookup", sink, [&](mg_error* error) {
      return plugin_.module().lookup(stream_, keys_.data(), keys_.size() / width, width, &sink_, error);
    });
    if (done && stopped_) return Error{Code::cancelled, "the lookup was stopped before its end"};
    return done;
  }

  Status settled(const Position& position) {
    if (cancelled_->load()) return Error{Code::cancelled, "cancelled"};
    return guarded(plugin_, "settled", [&](mg_error* error) {
      return plugin_.module().settled(stream_, {position.bytes.data(), position.bytes.size()}, error);
    });
  }

 private:
  template <class Call>
  Status call(const char* function, RecordSink& sink, Call&& body) {
    target_ = &sink;
    announced_ = false;
    stopped_ = false;
    failed_ = {};
    if (cancelled_->load()) return Error{Code::cancelled, "cancelled"};
    Status done = guarded(plugin_, function, body);
    target_ = nullptr;
    if (!failed_) return std::move(failed_);
    if (cancelled_->load()) return Error{Code::cancelled, "cancelled"};
    return done;
  }

  std::int32_t fail(Error error) {
    if (failed_) failed_ = std::move(error);
    return MG_CANCELLED;
  }
  std::int32_t promise(std::string_view what) { return fail(broken_promise(plugin_, what)); }

  std::int32_t columns(const mg_column* columns, std::size_t count) {
    if (target_ == nullptr || !failed_ || cancelled_->load(std::memory_order_relaxed)) return MG_CANCELLED;
    if (Status sound = convert_columns(plugin_, columns, count, columns_, carried_); !sound) return fail(std::move(sound).error());
    values_.assign(columns_.schema.fields.size(), Value{});
    announced_ = true;
    if (Status taken = target_->columns(columns_); !taken) return fail(std::move(taken).error());
    return MG_OK;
  }

  std::int32_t emit(const mg_record* record) {
    if (target_ == nullptr || !failed_ || stopped_ || cancelled_->load(std::memory_order_relaxed)) return MG_CANCELLED;
    if (const char* fault = frame_fault(record)) return promise(fault);
    if (record->value_count != carried_.size()) {
      return promise("a record has " + std::to_string(record->value_count) + " values for " + std::to_string(carried_.size()) + " columns");
    }
    std::size_t at = 0;
    for (std::size_t i = 0; i < carried_.size(); ++i) {
      if (!carried_[i]) continue;
      if (const char* fault = convert_value(record->values[i], *carried_[i], values_[at])) {
        return promise("a value of column '" + columns_.schema.fields[at].name + "' " + fault + " (kind " +
                       std::to_string(record->values[i].kind) + ")");
      }
      ++at;
    }
    return hand_on(*record);
  }

  const char* frame_fault(const mg_record* record) const {
    if (!announced_) return "a record came before its columns";
    if (record == nullptr) return "a record has no address";
    if (record->size != sizeof(mg_record)) return "a record has another size than connector.h gives it";
    if (record->operation < MG_UPSERT || record->operation > MG_PRESENT) return "a record has an unknown operation";
    if (record->values == nullptr && record->value_count > 0) return "a record's values have no address";
    if (record->fault.data == nullptr && record->fault.size > 0) return "a record's fault has no address";
    if (record->raw.data == nullptr && record->raw.size > 0) return "a record's raw form has no address";
    return nullptr;
  }

  std::int32_t hand_on(const mg_record& from) {
    Record record;
    constexpr std::array kOperations = {Operation::upsert, Operation::remove, Operation::present};
    record.operation = kOperations[static_cast<std::size_t>(from.operation)];
    record.values = values_;
    record.fault = text_of(from.fault);
    record.source_time = Micros{from.source_time_us};
    record.late = from.late != 0;
    stopped_ = target_->record(record, text_of(from.raw)) == RecordSink::Flow::stop;
    return stopped_ ? MG_CANCELLED : MG_OK;
  }

  Result<Progress> convert(const mg_progress& from) {
    if ((from.flags & ~kKnownFlags) != 0) return broken_promise(plugin_, "read() returned unknown flags " + std::to_string(from.flags));
    if ((from.flags & (MG_SCAN_BEGAN | MG_SCAN_ENDED)) != 0 && (from.flags & MG_SCANNING) == 0) {
      return broken_promise(plugin_, "read() began or ended a scan without MG_SCANNING");
    }
    if (from.position.size > kLongestPosition || (from.position.data == nullptr && from.position.size > 0)) {
      return broken_promise(plugin_, "read() returned a Position of " + std::to_string(from.position.size) + " bytes" +
                                         (from.position.data == nullptr ? " at no address" : ", at most 1 MiB is taken"));
    }
    Progress out;
    out.position.bytes = text_of(from.position);
    out.scan_began = (from.flags & MG_SCAN_BEGAN) != 0;
    out.scan_ended = (from.flags & MG_SCAN_ENDED) != 0;
    out.scanning = (from.flags & MG_SCANNING) != 0;
    out.idle = (from.flags & MG_IDLE) != 0;
    out.scans_again = (from.flags & MG_SCANS_AGAIN) != 0;
    out.scan_waits = (from.flags & MG_SCAN_WAITS) != 0;
    out.listens = (from.flags & MG_LISTENS) != 0;
    out.open = (from.flags & MG_OPEN) != 0;
    if (from.as_of_us != 0) out.as_of = Micros{from.as_of_us};
    out.total = from.total;
    out.note = note_of(from.note);
    out.kept = from.kept;
    return out;
  }

  /// Said to people only: what is wrong with it costs the note, not the read.
  static std::string_view note_of(mg_str note) {
    const std::string_view text = text_of(note).substr(0, kLongestNote);
    return valid_utf8(text) ? text : std::string_view{};
  }

  const Plugin plugin_;
  mg_stream* stream_;
  const std::atomic<bool>* cancelled_;
  mg_sink sink_{};
  RecordSink* target_ = nullptr;
  SourceColumns columns_;
  std::vector<std::optional<Type>> carried_;
  std::vector<Value> values_;
  std::vector<mg_value> keys_;
  bool announced_ = false;
  bool stopped_ = false;
  Status failed_;
};

Stream::Stream(const Plugin& plugin, mg_stream* stream, const std::atomic<bool>* cancelled)
    : border_(std::make_unique<Border>(plugin, stream, cancelled)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream::~Stream() = default;

Result<Progress> Stream::read(const Position& position, const Limits& limits, RecordSink& sink) {
  return border_->read(position, limits, sink);
}
Status Stream::lookup(std::span<const Value> keys, std::size_t width, RecordSink& sink) { return border_->lookup(keys, width, sink); }
Status Stream::settled(const Position& position) { return border_->settled(position); }

Connection::Connection(const Plugin& plugin, base::Log& log) : plugin_(plugin), host_(plugin, log) {}

Connection::~Connection() {
  if (connection_ != nullptr) plugin_.module().close(connection_);
}

Result<std::unique_ptr<Connection>> Connection::open(const Plugin& plugin, const Settings& settings, base::Log& log) {
  std::unique_ptr<Connection> out(new Connection(plugin, log));
  const auto given = plugins::borrowed(settings);
  Status opened = guarded(plugin, "open", [&](mg_error* error) {
    return plugin.module().open(out->host_.get(), given.data(), given.size(), &out->connection_, error);
  });
  if (!opened) {
    out->connection_ = nullptr;
    return std::move(opened).error();
  }
  if (out->connection_ == nullptr) return broken_promise(plugin, "open() succeeded without a connection");
  return out;
}

Status Connection::check() {
  if (cancelled_.load()) return Error{Code::cancelled, "cancelled"};
  return guarded(plugin_, "check", [&](mg_error* error) { return plugin_.module().check(connection_, error); });
}

Status Connection::search(bool names_only, const std::function<void(const StreamName&, const SourceColumns&)>& found) {
  if (cancelled_.load()) return Error{Code::cancelled, "cancelled"};
  struct Target {
    const Plugin* plugin;
    const std::function<void(const StreamName&, const SourceColumns&)>* found;
    Status failed;
    SourceColumns columns;
    std::vector<std::optional<Type>> carried;
  } target{&plugin_, &found, {}, {}, {}};
  mg_catalog catalog{};
  catalog.size = sizeof catalog;
  catalog.names_only = names_only ? 1 : 0;
  catalog.ctx = &target;
  catalog.stream = [](void* ctx, const mg_found* from) noexcept -> std::int32_t {
    auto& to = *static_cast<Target*>(ctx);
    if (!to.failed) return MG_CANCELLED;
    const StreamName stream{std::string(text_of(from->name)), std::string(text_of(from->group)), std::string(text_of(from->title)), from->own != 0};
    to.failed = convert_columns(*to.plugin, from->columns, from->column_count, to.columns, to.carried);
    if (to.failed && (stream.name.empty() || stream.title.empty())) to.failed = broken_promise(*to.plugin, "discover() told a stream without a name");
    if (to.failed && !(valid_utf8(stream.name) && valid_utf8(stream.group) && valid_utf8(stream.title))) to.failed = broken_promise(*to.plugin, "discover() told a name that is not UTF-8");
    if (!to.failed) return MG_CANCELLED;
    (*to.found)(stream, to.columns);
    return MG_OK;
  };
  Status done = guarded(plugin_, "discover", [&](mg_error* error) { return plugin_.module().discover(connection_, &catalog, error); });
  return target.failed ? std::move(done) : std::move(target.failed);
}

Status Connection::discover(const std::function<void(const StreamName&, const SourceColumns&)>& found) { return search(false, found); }

Result<std::vector<StreamName>> Connection::list() {
  std::vector<StreamName> out;
  if (auto done = search(true, [&](const StreamName& stream, const SourceColumns&) { out.push_back(stream); }); !done) return std::move(done).error();
  return out;
}

Status Connection::setup(const Settings& stream, const Setup& wish, const std::function<void(std::string_view)>& say) {
  if (cancelled_.load()) return Error{Code::cancelled, "cancelled"};
  const auto given = plugins::borrowed(stream);
  const auto login = plugins::borrowed(wish.login);
  constexpr std::array kActions = {MG_SETUP_INSTALL, MG_SETUP_REMOVE, MG_SETUP_STATE};
  mg_setup setup{};
  setup.size = sizeof setup;
  setup.action = kActions[static_cast<std::size_t>(wish.action)];
  setup.tell = wish.tell ? 1 : 0;
  setup.login = login.data();
  setup.login_count = login.size();
  setup.reader = {wish.reader.data(), wish.reader.size()};
  mg_text text{};
  text.size = sizeof text;
  text.ctx = const_cast<void*>(static_cast<const void*>(&say));
  text.say = [](void* ctx, mg_str from) noexcept {
    if (valid_utf8(text_of(from))) (*static_cast<const std::function<void(std::string_view)>*>(ctx))(text_of(from));
  };
  return guarded(plugin_, "setup", [&](mg_error* error) { return plugin_.module().setup(connection_, given.data(), given.size(), &setup, &text, error); });
}

Status Connection::verify(const Settings& stream, const Credentials& who) {
  if (cancelled_.load()) return Error{Code::cancelled, "cancelled"};
  if (plugin_.module().verify == nullptr) return Error{Code::unsupported, "connector '" + std::string(plugin_.name()) + "' checks no passwords"};
  const auto given = plugins::borrowed(stream);
  mg_person person{};
  person.size = sizeof person;
  person.key = {who.key.data(), who.key.size()};
  person.name = {who.name.data(), who.name.size()};
  person.password = {who.password.data(), who.password.size()};
  return guarded(plugin_, "verify", [&](mg_error* error) { return plugin_.module().verify(connection_, given.data(), given.size(), &person, error); });
}

Result<Stream> Connection::open_stream(const Settings& settings, const std::string& reader) {
  if (cancelled_.load()) return Error{Code::cancelled, "cancelled"};
  const auto given = plugins::borrowed(settings);
  mg_stream* stream = nullptr;
  Status opened = guarded(plugin_, "open_stream", [&](mg_error* error) {
    return plugin_.module().open_stream(connection_, given.data(), given.size(), {reader.data(), reader.size()}, &stream, error);
  });
  if (!opened) return std::move(opened).error();
  if (stream == nullptr) return broken_promise(plugin_, "open_stream() succeeded without a stream");
  return Stream(plugin_, stream, &cancelled_);
}

void Connection::cancel() {
  if (!cancelled_.exchange(true)) plugin_.module().cancel(connection_);
}

}  // namespace meshgate::ingest
