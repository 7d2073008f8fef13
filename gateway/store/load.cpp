#include "gateway/store/load.hpp"

#include <rocksdb/env.h>

#include <atomic>

namespace meshgate::store {

Load::~Load() {
  const auto remove = [this](File& file) {
    file.writer.reset();
    // What was taken in is there no more.
    if (!file.path.empty()) static_cast<void>(engine_.db().GetEnv()->DeleteFile(file.path));
  };
  for (auto& [range, file] : lines_) remove(file);
  remove(index_);
}

void Load::open(Family family, File& file) {
  static std::atomic<std::uint64_t> next{0};
  rocksdb::Env& env = *engine_.db().GetEnv();
  const auto folder = loading_folder(engine_.folder()).string();
  note(env.CreateDirIfMissing(folder));
  file.path = folder + "/" + std::to_string(++next) + ".sst";
  rocksdb::Options options = engine_.db().GetOptions(engine_.family(family));
  options.table_properties_collector_factories.clear();  // they look for deletions, and there are none
  file.writer = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(options), options, engine_.family(family), false);
  note(file.writer->Open(file.path));
}

void Load::note(const rocksdb::Status& status) {
  if (status_.ok()) status_ = status;
}

void Load::put(File& file, std::string_view key, std::string_view value) {
  if (!status_.ok()) return;
  note(file.writer->Put(slice(key), slice(value)));
  bytes_ += key.size() + value.size();
}

void Load::put_line(const LogRange& range, std::string_view key, std::string_view line) {
  const std::pair where{range.partition, range.generation};
  if (last_lines_ == nullptr || where != last_range_) {
    last_lines_ = &lines_[where];
    last_range_ = where;
    if (!last_lines_->writer) open(Family::log, *last_lines_);
  }
  put(*last_lines_, key, line);
}

void Load::put_index(std::string_view key, std::string_view value) {
  if (!index_.writer) open(Family::index, index_);
  put(index_, key, value);
}

Status Load::status() const { return status_.ok() ? Status() : engine_.failed(status_); }

Status Load::take_in() {
  rocksdb::IngestExternalFileArg lines{.column_family = engine_.family(Family::log)};
  for (auto& [range, file] : lines_) {
    note(file.writer->Finish());
    lines.external_files.push_back(file.path);
  }
  rocksdb::IngestExternalFileArg index{.column_family = engine_.family(Family::index), .external_files = {index_.path}};
  note(index_.writer->Finish());
  if (auto written = status(); !written) return written;
  return engine_.take_in({std::move(lines), std::move(index)});
}

}  // namespace meshgate::store
