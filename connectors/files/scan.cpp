#include "connectors/files/scan.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unordered_set>
#include <utility>

namespace meshgate::files {

namespace {

using Outcome = RecordReader::Outcome;

constexpr size_t kShownRaw = size_t{64} << 10U;
constexpr int64_t kRacyUs = 2000000;  // file systems keep times as coarse as this

sdk::Status cancelled() { return sdk::failure(MG_CANCELLED, "cancelled"); }

std::string place(const OpenFile& file, const OpenFile::Next& next, std::string_view reason) {
  return file.name() + " line " + std::to_string(next.raw.line) + ": " + std::string(reason);
}

}  // namespace

sdk::Status Scan::open(const sdk::Connection& connection, const sdk::Host& host, const Folder& folder, const sdk::Settings& settings,
                       std::unique_ptr<sdk::Stream>& out) {
  SourceOptions options;
  Declared declared;
  if (sdk::Status read = read_source_options(settings, options); !read.ok()) return read;
  if (sdk::Status read = read_declared(settings, declared); !read.ok()) return read;
  std::unique_ptr<Scan> scan(new Scan(connection, host, folder, std::move(options), std::move(declared), settings.integer("settle", 2000) * 1000));
  sdk::Status found = scan->find_columns(settings.integer("sample", 1000));
  // When it is opened a missing file is more likely a slip than a passing fault.
  if (found.code == MG_RETRY) found.code = MG_CONFIG;
  if (found.ok()) out = std::move(scan);
  return found;
}

sdk::Status Scan::find_columns(int64_t sample) {
  std::vector<FileState> files;
  if (sdk::Status listed = folder_.list(options_.files, files); !listed.ok()) return listed;
  for (const FileState& file : files) {
    if (sdk::Status opened = open_file(file.name); !opened.ok()) return opened;
    table_.sample(file_->header());
    if (options_.format == Format::csv) continue;
    for (; sample > 0; --sample) {
      const OpenFile::Next next = file_->next(cells_);
      if (next.outcome == Outcome::cancelled) return cancelled();
      if (next.outcome == Outcome::failed) return read_failed();
      if (next.outcome == Outcome::end) break;
      if (next.fault == nullptr) table_.sample(cells_);
    }
    if (sample <= 0) break;
  }
  file_.reset();
  return table_.settle(options_.files);
}

sdk::Status Scan::read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) {
  const int64_t now = now_us();
  std::vector<FileState> files;
  if (sdk::Status listed = folder_.list(options_.files, files); !listed.ok()) return listed;
  const auto point = ScanPoint::parse(position);
  if (!point && !position.empty()) return sdk::failure(MG_GONE, "the Position is not one of the files connector; the stream is read from its beginning");
  if (point && point->resting && point->signature != 0 && point->signature == signature(files)) {
    out.flags = MG_IDLE;
    out.position = position;
    out.as_of_us = now;
    return {};
  }
  if ((limits.flags & MG_LIGHT) != 0) {
    file_.reset();
    out.flags = MG_IDLE | MG_SCAN_WAITS;
    out.position = position;
    return {};
  }
  sdk::Status placed = point && !point->resting ? resume(*point, files, out) : begin(files, out);
  return placed.ok() ? read_files(files, limits, sink, out) : placed;
}

sdk::Status Scan::begin(const std::vector<FileState>& files, sdk::Progress& out) {
  point_ = {};
  point_.begun_us = now_us();
  const bool racy =
      std::any_of(files.begin(), files.end(), [&](const FileState& file) { return file.modified_us > point_.begun_us - kRacyUs; });
  point_.signature = racy ? 0 : signature(files);
  out.flags |= MG_SCAN_BEGAN;
  return open_file(files.front().name);
}

/// Goes on where the Position stands, or begins the scan again when the file there is another one now.
sdk::Status Scan::resume(const ScanPoint& point, const std::vector<FileState>& files, sdk::Progress& out) {
  const bool at_hand = file_ && file_->name() == point.file && file_->inode() == point.inode && file_->offset() == point.offset &&
                       !file_->shortened();
  point_ = point;
  if (at_hand) return {};
  const auto found = std::find_if(files.begin(), files.end(), [&](const FileState& file) { return file.name == point.file; });
  if (found != files.end() && found->inode == point.inode && found->size >= point.offset) {
    if (sdk::Status opened = open_file(point.file, point.offset, point.line); !opened.ok()) return opened;
    if (file_->inode() == point.inode && file_->fingerprint() == point.fingerprint) return {};
  }
  host_.info("file " + folder_.file(point.file) + " was replaced or shortened during a scan; the scan begins again");
  return begin(files, out);
}

sdk::Status Scan::read_files(const std::vector<FileState>& files, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) {
  sdk::Budget budget(limits);
  out.flags |= MG_SCANNING;
  if (!sink.columns(table_.columns())) return cancelled();
  Step last = Step::more;
  while (last == Step::more && budget.left()) {
    if (sdk::Status done = step(sink, budget, last); !done.ok()) return done;
    if (last == Step::restart) {
      return sdk::failure(MG_RETRY, "file " + folder_.file(file_->name()) + " was shortened while it was read; the scan begins again");
    }
    if (last != Step::file_end) continue;
    const auto next = std::find_if(files.begin(), files.end(), [&](const FileState& file) { return file.name > file_->name(); });
    if (next == files.end()) {
      out.flags |= MG_SCAN_ENDED | MG_IDLE;
      break;
    }
    if (sdk::Status opened = open_file(next->name); !opened.ok()) return opened;
    last = Step::more;
  }
  if (last == Step::pause) out.flags |= MG_IDLE;
  finish_read(files, out);
  if ((limits.flags & MG_LET_GO) != 0) file_.reset();
  if (file_) out.flags |= MG_OPEN;
  return {};
}

sdk::Status Scan::step(sdk::Sink& sink, sdk::Budget& budget, Step& out) {
  const OpenFile::Next next = file_->next(cells_);
  switch (next.outcome) {
    case Outcome::cancelled: return cancelled();
    case Outcome::failed: return read_failed();
    case Outcome::end: out = file_->shortened() ? Step::restart : Step::file_end; return {};
    case Outcome::record:
    case Outcome::broken: break;
  }
  const bool unfinished = next.outcome == Outcome::record && !next.raw.terminated;
  if (unfinished && file_->shortened()) {
    out = Step::restart;
  } else if (unfinished && file_->fresh(settle_us_)) {
    file_->unread();
    out = Step::pause;
  } else {
    out = emit(next, sink, budget);
  }
  return {};
}

Scan::Step Scan::emit(const OpenFile::Next& next, sdk::Sink& sink, sdk::Budget& budget) {
  static const std::vector<Cell> kNoCells;
  const std::string& mismatch = table_.fill(next.fault == nullptr ? cells_ : kNoCells);
  const std::string_view reason = next.fault != nullptr ? std::string_view(next.fault) : std::string_view(mismatch);
  if (table_.grown() && !sink.columns(table_.columns())) return Step::stop;
  ++point_.records;
  budget.spend(next.raw.bytes.size());
  const bool more = reason.empty() ? sink.upsert(table_.values())
                                   : sink.fault(table_.values(), place(*file_, next, reason), next.raw.bytes.substr(0, kShownRaw));
  return more ? Step::more : Step::stop;
}

sdk::Status Scan::open_file(const std::string& name, uint64_t offset, uint64_t line) {
  return OpenFile::open(folder_, options_, name, offset, line, [this] { return connection_.cancelled(); }, file_);
}

void Scan::finish_read(const std::vector<FileState>& files, sdk::Progress& out) {
  uint64_t all = 0;
  uint64_t done = file_->offset();
  for (const FileState& file : files) {
    all += file.size;
    if (file.name < file_->name()) done += file.size;
  }
  if ((out.flags & MG_SCAN_ENDED) != 0) {
    out.total = point_.records;
    out.as_of_us = point_.begun_us;
    point_.resting = true;
    out.position = point_.text();
    file_.reset();
    return;
  }
  if (done > 0) out.total = static_cast<uint64_t>(static_cast<double>(all) / static_cast<double>(done) * static_cast<double>(point_.records));
  point_.file = file_->name();
  point_.inode = file_->inode();
  point_.offset = file_->offset();
  point_.line = file_->line();
  point_.fingerprint = file_->fingerprint();
  out.position = point_.text();
}

sdk::Status Scan::read_failed() const {
  return sdk::failure(MG_RETRY, "file " + folder_.file(file_->name()) + " cannot be read: " + std::strerror(errno) + "; it is tried again");
}

sdk::Status Scan::lookup(const sdk::Keys& keys, sdk::Sink& sink) {
  if (keys.width() != table_.key().size()) return sdk::failure(MG_INTERNAL, "a lookup needs as many values as the stream's key has columns");
  std::unordered_set<std::string> wanted;
  std::string text;
  for (size_t i = 0; i < keys.size(); ++i) {
    text.clear();
    for (const mg_value& value : keys[i]) append_key_text(text, value);
    wanted.insert(text);
  }
  std::vector<FileState> files;
  if (sdk::Status listed = folder_.list(options_.files, files); !listed.ok()) return listed;
  if (!sink.columns(table_.columns())) return cancelled();
  for (const FileState& file : files) {
    if (sdk::Status opened = open_file(file.name); !opened.ok()) return opened;
    while (true) {
      const OpenFile::Next next = file_->next(cells_);
      if (next.outcome == Outcome::cancelled) return cancelled();
      if (next.outcome == Outcome::failed) return read_failed();
      if (next.outcome == Outcome::end) break;
      if (next.fault != nullptr) continue;
      const std::string& mismatch = table_.fill(cells_);
      if (table_.grown() && !sink.columns(table_.columns())) return cancelled();
      if (!table_.key_text(text) || !wanted.contains(text)) continue;
      const bool more = mismatch.empty() ? sink.upsert(table_.values())
                                         : sink.fault(table_.values(), place(*file_, next, mismatch), next.raw.bytes.substr(0, kShownRaw));
      if (!more) return cancelled();
    }
  }
  file_.reset();
  return {};
}

}  // namespace meshgate::files
