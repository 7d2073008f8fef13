#include "gateway/device/page_taker.hpp"

#include "gateway/device/cutter.hpp"

namespace meshgate::device {

Result<Place*> PageTaker::place_of(const MirrorPage& page) {
  Place*& known = places_[{page.feed, page.partition}];
  if (known != nullptr) return known;
  auto feed = file_.adopt(page.feed, page.uid, page.divided, page.schema, replace_);
  if (!feed) return std::move(feed).error();
  auto place = file_.place(**feed, page.partition);
  if (place) known = *place;
  return place;
}

Status PageTaker::take(const MirrorPage& page) {
  const auto place = place_of(page);
  if (!place) return place.error();
  const ReaderState state = file_.standing(**place);
  if (state.cursor != page.after) return {};
  const auto columns = file_.take_schema(*(*place)->feed, page.schema);
  if (!columns) return columns.error();
  Status done;
  CutterSink sink;
  sink.piece = [&](std::unique_ptr<Piece> piece) {
    const auto applied = file_.apply(**place, state.generation, *piece);
    if (!applied) done = applied.error();
    return applied.has_value();
  };
  sink.schema = [&](const Schema& schema) { return file_.take_schema(*(*place)->feed, schema); };
  Cutter cutter("feed " + page.feed, *columns, std::move(sink));
  std::string end;
  append_mark(end, page.mark);
  if (cutter.take(page.lines)) (void)cutter.take(end);
  return cutter.error() ? Status(*cutter.error()) : done;
}

}  // namespace meshgate::device
