#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "gateway/base/log.hpp"
#include "gateway/ingest/connection.hpp"
#include "gateway/ingest/options.hpp"
#include "gateway/store/batch.hpp"
#include "mapping/mapping.hpp"

namespace meshgate::ingest {

/// What a feed's mapping makes of a stream: records become changes of a batch, keys questions to the source. For one thread.
class MappedStream {
 public:
  using Keys = std::unordered_set<std::string>;

  /// Both outlive it.
  MappedStream(const FeedOptions& options, const base::Log& log) : options_(options), log_(log) {}

  /// The source has announced columns, and they are in use.
  [[nodiscard]] bool known() const { return mapping_ != nullptr; }
  [[nodiscard]] bool fits(const SourceColumns& columns) const;
  /// The mapping of other columns, not in use yet; Error::config where it does not fit them, or readers have other types from `published`.
  [[nodiscard]] Result<std::unique_ptr<const mapping::Mapping>> compile(const SourceColumns& columns, const Schema& published) const;
  void use(std::unique_ptr<const mapping::Mapping> mapping, const SourceColumns& columns);
  [[nodiscard]] bool id_is_key() const { return mapping_->id_is_key(); }

  /// One change of the batch for each record, in quarantine where it cannot be mapped: false then.
  bool take(const Record& record, std::string_view raw, store::Batch& batch);
  /// Of the record taken last; empty: it could not be read.
  [[nodiscard]] const std::string& key() const { return item_.key; }

  /// Asks the source for the present records of keys, which the sink takes; those that it has. Blocks.
  Result<Keys> look_up(Stream& stream, std::span<const std::string> keys, RecordSink& sink);

 private:
  const FeedOptions& options_;
  const base::Log& log_;
  SourceColumns source_;
  std::unique_ptr<const mapping::Mapping> mapping_;
  mapping::MappedItem item_;
  Keys* found_ = nullptr;  ///< keys met by look_up
};

}  // namespace meshgate::ingest
