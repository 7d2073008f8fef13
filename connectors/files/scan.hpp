#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/files/position.hpp"
#include "connectors/files/source.hpp"
#include "connectors/files/table.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::files {

/// One stream: the files of a pattern read one behind the other, again and again, as full scans.
class Scan : public sdk::Stream {
 public:
  /// Finds the columns from declared types and a sample of the records. `connection` outlives the stream.
  static sdk::Status open(const sdk::Connection& connection, const sdk::Host& host, const Folder& folder, const sdk::Settings& settings,
                          std::unique_ptr<sdk::Stream>& out);

  sdk::Status read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) override;
  sdk::Status lookup(const sdk::Keys& keys, sdk::Sink& sink) override;

  [[nodiscard]] std::span<const mg_column> columns() const { return table_.columns(); }

 private:
  enum class Step { more, pause, stop, file_end, restart };

  Scan(const sdk::Connection& connection, const sdk::Host& host, const Folder& folder, SourceOptions options, Declared declared,
       int64_t settle_us)
      : connection_(connection), host_(host), folder_(folder), options_(std::move(options)), table_(std::move(declared)), settle_us_(settle_us) {}

  sdk::Status find_columns(int64_t sample);
  sdk::Status begin(const std::vector<FileState>& files, sdk::Progress& out);
  sdk::Status resume(const ScanPoint& point, const std::vector<FileState>& files, sdk::Progress& out);
  sdk::Status read_files(const std::vector<FileState>& files, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out);
  sdk::Status step(sdk::Sink& sink, sdk::Budget& budget, Step& out);
  Step emit(const OpenFile::Next& next, sdk::Sink& sink, sdk::Budget& budget);
  sdk::Status open_file(const std::string& name, uint64_t offset = 0, uint64_t line = 1);
  void finish_read(const std::vector<FileState>& files, sdk::Progress& out);
  sdk::Status read_failed() const;

  const sdk::Connection& connection_;
  sdk::Host host_;
  Folder folder_;
  SourceOptions options_;
  Table table_;
  int64_t settle_us_;
  ScanPoint point_;
  std::unique_ptr<OpenFile> file_;
  std::vector<Cell> cells_;
};

}  // namespace meshgate::files
