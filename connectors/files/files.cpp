#include "connectors/files/scan.hpp"
#include "connectors/sdk/module.hpp"

namespace meshgate::files {

namespace {

constexpr mg_option kConnectionOptions[] = {
    sdk::option({.name = "path", .type = MG_OPTION_PATH, .help = "The folder that holds the files; those below it are not looked into.", .required = true}),
};

constexpr mg_option kStreamOptions[] = {
    sdk::option({.name = "files", .help = "A file of the folder, or a pattern with * and ?, read in the order of their names.", .required = true, .stream_name = true}),
    sdk::option({.name = "format", .help = "csv or jsonl; without it the ending .csv, .jsonl or .ndjson decides."}),
    sdk::option({.name = "key", .type = MG_OPTION_LIST, .help = "The columns that identify a record."}),
    sdk::option({.name = "types", .type = MG_OPTION_LIST, .help = "Types of columns, like \"total:decimal\"; the others are text in CSV and found from a sample in JSON lines."}),
    sdk::option({.name = "delimiter", .help = "The character between two fields of CSV, or tab.", .fallback = ","}),
    sdk::option({.name = "sample", .type = MG_OPTION_INTEGER, .help = "How many JSON lines are looked at to find columns and types.", .fallback = "1000"}),
    sdk::option({.name = "settle", .type = MG_OPTION_DURATION, .help = "How long a last line without line end must rest before it is taken.", .fallback = "2s", .pace = true}),
    sdk::option({.name = "max_record", .type = MG_OPTION_SIZE, .help = "The longest record that is taken.", .fallback = "64MiB"}),
};

class FilesConnection : public sdk::Connection {
 public:
  FilesConnection(const sdk::Host& host, std::string path) : host_(host), folder_(std::move(path)) {}

  static sdk::Status open(const sdk::Host& host, const sdk::Settings& settings, std::unique_ptr<sdk::Connection>& out) {
    const std::string path = settings.text("path");
    if (path.empty()) return sdk::failure(MG_CONFIG, "path: is missing; name the folder that holds the files");
    out = std::make_unique<FilesConnection>(host, path);
    return {};
  }

  sdk::Status check() override {
    std::vector<FileState> files;
    sdk::Status listed = folder_.list("*", files);
    if (listed.code == MG_RETRY) return {};  // a folder without files is sound
    return listed;
  }

  /// Files whose columns cannot be found are left out, with a warning.
  sdk::Status discover(sdk::Catalog& catalog) override {
    std::vector<FileState> files;
    if (sdk::Status listed = folder_.list("*", files); !listed.ok()) return listed.code == MG_RETRY ? sdk::Status{} : listed;
    for (const FileState& file : files) {
      if (!format_of(file.name)) continue;
      if (catalog.names_only()) {
        if (!catalog.stream(file.name, {})) break;
        continue;
      }
      const mg_setting settings[] = {{sdk::borrow("files"), sdk::borrow(file.name)}};
      std::unique_ptr<sdk::Stream> stream;
      const sdk::Status opened = open_stream(sdk::Settings(settings, 1), {}, stream);
      if (opened.code == MG_CANCELLED) return opened;
      if (!opened.ok()) host_.warning(opened.message);
      if (opened.ok() && !catalog.stream(file.name, static_cast<Scan&>(*stream).columns())) break;
    }
    return {};
  }

  sdk::Status open_stream(const sdk::Settings& settings, std::string_view, std::unique_ptr<sdk::Stream>& out) override {
    return Scan::open(*this, host_, folder_, settings, out);
  }

 private:
  sdk::Host host_;
  Folder folder_;
};

constexpr sdk::Description kDescription{.name = "files",
                                        .version = "0.1.0",
                                        .summary = "Reads CSV and JSON lines files of a folder by full scans.",
                                        .connection_options = kConnectionOptions,
                                        .stream_options = kStreamOptions};

}  // namespace

}  // namespace meshgate::files

MESHGATE_CONNECTOR(meshgate::files::FilesConnection, meshgate::files::kDescription)
