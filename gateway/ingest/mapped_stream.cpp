#include "gateway/ingest/mapped_stream.hpp"

#include <utility>
#include <vector>

#include "gateway/ingest/published.hpp"
#include "gateway/ingest/raw_form.hpp"

namespace meshgate::ingest {

bool MappedStream::fits(const SourceColumns& columns) const {
  return mapping_ && columns.schema.same_shape(source_.schema) && columns.uncarried == source_.uncarried;
}

Result<std::unique_ptr<const mapping::Mapping>> MappedStream::compile(const SourceColumns& columns, const Schema& published) const {
  config::Diagnostics faults;
  std::unique_ptr<const mapping::Mapping> compiled = mapping::Mapping::compile(options_.definition, columns.schema, columns.uncarried, options_.place, faults);
  if (!compiled) return Error{Code::config, faults.text()};
  if (auto kept = keeps_types(published, compiled->schema()); !kept) return std::move(kept).error().within(options_.place.text());
  return compiled;
}

void MappedStream::use(std::unique_ptr<const mapping::Mapping> mapping, const SourceColumns& columns) {
  mapping_ = std::move(mapping);
  source_ = columns;
}

bool MappedStream::take(const Record& record, std::string_view raw, store::Batch& batch) {
  item_.key.clear();
  const bool whole = record.operation == Operation::upsert;
  const Status mapped = whole ? mapping_->apply(record, item_) : mapping_->key_of(record, item_.key);
  if (found_ != nullptr) found_->insert(item_.key);
  if (!mapped) {
    batch.quarantine(item_.key, log_.redacted(mapped.error().message), raw_form(source_.schema, record, raw, log_));
  } else if (record.operation == Operation::present) {
    batch.present(item_.key);
  } else if (!whole) {
    batch.remove(item_.key);
  } else {
    batch.put(item_.key, item_.id, item_.content, item_.partitions);
    if (record.late) batch.mark_late();
    if (options_.events && record.source_time.count > 0) batch.set_time(record.source_time);
  }
  return mapped.has_value();
}

Result<MappedStream::Keys> MappedStream::look_up(Stream& stream, std::span<const std::string> keys, RecordSink& sink) {
  if (!mapping_) return Error{Code::internal, "the connector announced no columns"};
  std::vector<Value> values;
  std::vector<std::vector<std::string>> storage(keys.size());
  const std::size_t width = source_.schema.key().size();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto key = mapping_->key_values(keys[i], storage[i]);
    // Not a key of the present columns: the source cannot have such a record.
    if (key.size() == width) values.insert(values.end(), key.begin(), key.end());
  }
  Keys found;
  if (values.empty()) return found;
  found_ = &found;
  auto asked = stream.lookup(values, width, sink);
  found_ = nullptr;
  if (!asked) return std::move(asked).error();
  return found;
}

}  // namespace meshgate::ingest
