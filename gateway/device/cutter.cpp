#include "gateway/device/cutter.hpp"

namespace meshgate::device {

namespace {

constexpr std::size_t kMostPending = 64U << 20U;
constexpr std::string_view kDenied = "{\"denied\":{";  ///< the last line of who may not read any more

}  // namespace

Cutter::Cutter(std::string place, std::shared_ptr<const Columns> columns, CutterSink sink, Seq beyond)
    : place_(std::move(place)), sink_(std::move(sink)), beyond_(beyond), columns_(std::move(columns)) {
  begin_piece();
}

void Cutter::begin_piece() {
  const std::size_t like_before = piece_ ? piece_->changes.size() : 0;
  piece_ = std::make_unique<Piece>();
  piece_->columns = columns_;
  piece_->changes.reserve(like_before);
}

bool Cutter::fail(Error error) {
  error_ = std::move(error);
  return false;
}

bool Cutter::take(std::string_view bytes) {
  for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (!unfinished_.empty()) line = unfinished_.append(line);
    if (!line.empty() && !take_line(line)) return false;
    unfinished_.clear();
  }
  unfinished_.append(bytes);
  if (piece_->wire_bytes + unfinished_.size() <= kMostPending) return true;
  return fail({Code::corrupt, place_ + ": 64 MiB came without a mark; this is not how a node answers, it is read again"});
}

bool Cutter::take_line(std::string_view text) {
  if (text.starts_with(kDenied)) {
    denied_ = true;
    return false;
  }
  auto line = parser_.parse(text);
  if (!line) return fail(std::move(line).error().within(place_));
  piece_->wire_bytes += text.size();
  piece_->memory += text.size() + sizeof(Change);
  if (const auto* put = std::get_if<PutLine>(&*line)) return take_put(*put);
  if (const auto* gone = std::get_if<GoneLine>(&*line)) return take_gone(*gone);
  if (const auto* mark = std::get_if<Mark>(&*line)) return take_mark(*mark);
  if (const auto* schema = std::get_if<Schema>(&*line)) return take_schema(*schema);
  if (const auto* range = std::get_if<RangeLine>(&*line)) return take_range(*range);
  const auto& trim = std::get<TrimLine>(*line);
  if (trim.seq > beyond_) piece_->changes.emplace_back(trim);
  return true;
}

bool Cutter::take_put(const PutLine& put) {
  if (put.seq <= beyond_) return true;
  const ContentHash hash = content_hash(put.id, put.content);
  if (hash != put.rev.hash) {
    return fail({Code::corrupt, place_ + ": the item '" + std::string(put.id) + "' at seq " + std::to_string(number(put.seq)) +
                                    " is not what its revision says; it is refused and read again"});
  }
  rev_.clear();
  put.rev.append_text(rev_);
  Arena& arena = piece_->arena;
  const Columns& columns = *piece_->columns;
  Put out{hash, {arena.keep(put.id), arena.keep(rev_), put.seq, arena.keep(put.content)}};
  const auto cells = arena.cells(columns.all().size());
  out.row.plain = columns.split(out.row.content, cells, arena);
  out.row.cells = cells;
  out.row.split_by = &columns;
  piece_->memory += cells.size_bytes();
  piece_->changes.emplace_back(out);
  return true;
}

bool Cutter::take_gone(const GoneLine& gone) {
  if (gone.seq > beyond_) piece_->changes.emplace_back(GoneLine{gone.seq, piece_->arena.keep(gone.id)});
  return true;
}

bool Cutter::take_schema(const Schema& schema) {
  auto columns = sink_.schema(schema);
  if (!columns) return fail(std::move(columns).error());
  columns_ = std::move(*columns);
  if (piece_->changes.empty()) piece_->columns = columns_;  // else from the next piece on: the table splits again what is behind
  return true;
}

/// Its end is a mark like those within it: how far, at which head, above which floor.
bool Cutter::take_range(const RangeLine& range) {
  Mark end;
  end.cursor.seq = range.to;
  end.cursor.high = range.head;
  end.floor = range.floor;
  return take_mark(end);
}

bool Cutter::take_mark(const Mark& mark) {
  if (mark.cursor.seq <= beyond_ && beyond_ != Seq{0}) {
    begin_piece();
    return true;
  }
  piece_->mark = mark;
  std::unique_ptr<Piece> whole = std::move(piece_);
  begin_piece();
  return sink_.piece(std::move(whole));
}

}  // namespace meshgate::device
