#include "gateway/ingest/probe.hpp"

#include "gateway/base/log.hpp"
#include "gateway/ingest/connection.hpp"
#include "mapping/mapping.hpp"

namespace meshgate::ingest {

namespace {

/// Takes one record and keeps what became of it.
class OneRecord : public RecordSink {
 public:
  explicit OneRecord(const FeedOptions& feed) : feed_(feed) {}

  Status columns(const SourceColumns& columns) override {
    config::Diagnostics faults;
    mapping_ = mapping::Mapping::compile(feed_.definition, columns.schema, columns.uncarried, feed_.place, faults);
    if (!mapping_) return Error{Code::config, faults.text()};
    schema_ = columns.schema;
    return {};
  }

  Flow record(const Record& record, std::string_view) override {
    mapping::MappedItem item;
    const auto mapped = mapping_->apply(record, item);
    if (!mapped && fault_.empty()) fault_ = mapped.error().message;
    return Flow::more;
  }

  [[nodiscard]] std::string found() const {
    std::string out = std::to_string(schema_.fields.size()) + " columns, ";
    const auto key = schema_.key();
    if (key.empty()) {
      out.append("no key");
    } else {
      out.append("key ");
      for (std::size_t i = 0; i < key.size(); ++i) out.append(i > 0 ? ", " : "").append(schema_.fields[key[i]].name);
    }
    if (!fault_.empty()) out.append("; the first record would go to quarantine: ").append(fault_);
    return out;
  }

 private:
  const FeedOptions& feed_;
  std::unique_ptr<const mapping::Mapping> mapping_;
  Schema schema_;
  std::string fault_;
};

}  // namespace

Status probe_source(const SourceOptions& source, base::Log& log) {
  auto connection = Connection::open(*source.plugin, source.connection, log);
  if (!connection) return std::move(connection).error();
  return (*connection)->check();
}

Result<std::vector<StreamName>> probe_streams(const SourceOptions& source, base::Log& log) {
  auto connection = Connection::open(*source.plugin, source.connection, log);
  if (!connection) return std::move(connection).error();
  return (*connection)->list();
}

Result<std::string> probe_feed(const SourceOptions& source, const FeedOptions& feed, base::Log& log) {
  auto connection = Connection::open(*source.plugin, source.connection, log);
  if (!connection) return std::move(connection).error();
  auto stream = (*connection)->open_stream(feed.stream);
  if (!stream) return std::move(stream).error();
  OneRecord sink(feed);
  constexpr Limits kOne{std::chrono::milliseconds(10000), 1, 1 << 20U};
  auto read = stream->read({}, kOne, sink);
  if (!read) return std::move(read).error();
  return sink.found() + (read->note.empty() ? "" : "; " + read->note);
}

}  // namespace meshgate::ingest
