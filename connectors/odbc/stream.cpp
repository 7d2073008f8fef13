#include "connectors/odbc/stream.hpp"

#include <algorithm>
#include <limits>

namespace meshgate::odbc {

namespace {

constexpr std::size_t kKeysPerQuery = 100;

}  // namespace

TableStream::TableStream(std::shared_ptr<const Target> target, const std::shared_ptr<Signal>& signal, TableWish wish, TrackWish track, std::string_view reader)
    : target_(target), wish_(std::move(wish)), track_wish_(std::move(track)), link_(target, signal), side_(target, signal), writer_(writing(target, Writes::if_free), signal),
      reader_{.journal = {}, .name = std::string(reader), .keep = track_wish_.keep} {}

TableStream::~TableStream() { stop_scan(); }

sdk::Status TableStream::pump(sdk::Budget& budget, sdk::Sink& sink, bool& ended) {
  while (true) {
    if (rows_ == nullptr || row_ >= rows_->rows()) {
      bool ready = false;
      if (sdk::Status failed = next_rows(budget, ready, ended); !failed.ok() || !ready || ended) return failed;
    }
    bool stop = false;
    while (row_ < rows_->rows()) {
      if (!budget.left()) return {};
      if (sdk::Status failed = emit_row(budget, sink, stop); !failed.ok() || stop) return failed;
    }
  }
}

sdk::Status TableStream::next_rows(const sdk::Budget& budget, bool& ready, bool& ended) {
  while (!scan_->ready()) {
    if (!fetched_) {
      if (!link_.asked() && !fetch_on_) return {};
      if (!link_.asked()) fetch();
      const Link::Wait waited = link_.wait(budget.end(), [this] { return scan_->ready(); });
      if (waited == Link::Wait::not_yet) return {};
      if (waited == Link::Wait::done && link_.busy()) continue;
      fetched_ = link_.take();
    }
    if (scan_->ready()) break;
    const Diagnosis said = *std::exchange(fetched_, std::nullopt);
    if (!said.ok()) return target_->status(said, wish_.table);
    if (scan_->broken_off()) start_scan();
  }
  ready = true;
  rows_ = &scan_->turn();
  row_ = 0;
  if (!polling()) {
    if (sdk::Status behind = take_moment(scan_->moment(), std::exchange(moment_due_, false)); !behind.ok()) return behind;
  }
  if (scan_->total() > 0) total_ = static_cast<std::uint64_t>(scan_->total());
  ended = rows_->rows() == 0;
  if (ended || !ahead_) take_fetched();  // it is at its end
  else if (!link_.busy()) fetch_more();
  return {};
}

void TableStream::fetch() {
  link_.start([scan = scan_, most = ahead_ ? Scan::kRing : 1](Session& session, const Link::Beat& beat) { return scan->run(session, most, beat); });
}

/// How the fetch ahead ended, once it has; kept until it is its turn.
void TableStream::take_fetched() {
  if (!link_.asked()) return;
  link_.wait(Clock::time_point::max());
  fetched_ = link_.take();
}

/// The fetch ahead found no room; now there is some.
void TableStream::fetch_more() {
  take_fetched();
  if (fetched_ && !fetched_->ok()) return;
  fetched_.reset();
  fetch();
}

bool TableStream::key_of(const std::vector<Cell>& cells, std::size_t odd, std::vector<std::string>& out) const {
  out.resize(table_->key.size());
  for (std::size_t place = 0; place < out.size(); ++place) {
    const std::size_t at = table_->key[place];
    if (at + 1 == odd || !parameter_text(table_->columns[at], cells[at], out[place])) return false;
  }
  return true;
}

std::string TableStream::fault_of(const std::vector<Cell>& cells, std::size_t odd) const {
  if (odd > 0) {
    const Column& column = table_->columns[odd - 1];
    return "column " + column.name + ": " + column.why_odd;
  }
  for (const std::size_t at : table_->key) {
    if (cells[at].null) return "column " + table_->columns[at].name + ": the key is NULL";
  }
  return {};
}

/// The table as the pass under way reads it.
const std::shared_ptr<const Table>& TableStream::scanned() const {
  if (polling()) return changes_;
  if (position_.pass == Pass::sweep) return keys_;
  return position_.pass == Pass::verify && compared_ != nullptr ? compared_ : table_;
}

/// The row that is next into cells_. True: a value is longer than what was fetched of it.
bool TableStream::read_cells(std::string& fault) {
  const std::vector<Column>& columns = scanned()->columns;
  cells_.resize(columns.size());
  bool cut = false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (rows_->cell(row_, i, cell_texts_[i], cells_[i]) == Rowset::Fit::whole) continue;
    cut = true;
    if (columns[i].key != 0) fault = "column " + columns[i].name + ": a key longer than " + std::to_string(kHead) + " bytes";
  }
  return cut;
}

sdk::Status TableStream::emit_row(sdk::Budget& budget, sdk::Sink& sink, bool& stop) {
  if (polling() && journaling()) return emit_entry(budget, sink, stop);
  std::vector<Cell>& cells = cells_;
  std::string fault;
  const bool cut = read_cells(fault);
  std::size_t odd = rows_->odd(row_);
  const bool has_key = fault.empty() && key_of(cells, odd, key_);
  if (cut && has_key) {
    bool there = false;
    if (sdk::Status failed = whole_row(cells, odd, there); !failed.ok()) return failed;
    if (!there) return ++row_, sdk::Status{};  // deleted meanwhile
  }
  if (fault.empty()) fault = fault_of(cells, odd);
  if (fault.empty() && table_->declared_key && !polling() && key_ == position_.key) fault = "the columns of `key` are the same in two rows: they do not tell rows apart";
  stop = !emit_cells(*scanned(), cells, odd, std::move(fault), budget, sink);  // also then the host has taken the record
  ++row_;
  if (has_key) note_row(cells, odd);
  return {};
}

/// The row is behind us; key_ is its key.
void TableStream::note_row(const std::vector<Cell>& cells, std::size_t odd) {
  if (!polling()) {
    if (!position_.key) position_.key.emplace();
    return position_.key->swap(key_);
  }
  const std::size_t track = *table_->track;
  if (track + 1 == odd || !parameter_text(table_->columns[track], cells[track], track_text_)) return;
  auto& last = position_.tracked->poll->at;
  if (!last) last.emplace();
  last->assign(1, track_text_);
  last->insert(last->end(), key_.begin(), key_.end());
  std::int64_t& greatest = position_.tracked->poll->greatest;
  if (const auto tick = tick_of(place_.kind, track_text_)) greatest = std::max(greatest, *tick);
}

/// Whether reading by the tracked column should have shown this row before.
bool TableStream::late(const std::vector<Cell>& cells) {
  if (!position_.tracked || position_.pass == Pass::scan) return false;
  if (journaling()) return !polling() && cells.size() > table_->columns.size() && number_in(cells.back()) == 0;
  const std::size_t track = *table_->track;
  const auto tick = parameter_text(table_->columns[track], cells[track], track_text_) ? tick_of(place_.kind, track_text_) : std::nullopt;
  return tick ? *tick < (polling() ? position_.tracked->frontier : position_.tracked->low) : !polling();
}

/// Puts the row of the cells' key, whole, in place of the cells.
sdk::Status TableStream::whole_row(std::vector<Cell>& cells, std::size_t& odd, bool& there) {
  Link& link = target_->dialect->one_cursor() ? side_ : link_;
  if (&link == &link_) {
    take_fetched();
    if (fetched_ && !fetched_->ok()) return target_->status(*fetched_, wish_.table);
  }
  auto rows = std::make_shared<Rows>(table_, Rows::Keys{key_});
  const Diagnosis said = link.call([rows](Session& session) { return rows->advance(session); });
  there = said.ok() && !rows->portion().empty();
  if (there) whole_ = rows->portion().front(), odd = rows->odd(0);
  if (!rows->done()) link.release(std::move(rows));
  if (!there) return target_->status(said, wish_.table);
  for (std::size_t i = 0; i < whole_.size(); ++i) cells[i] = whole_[i] ? Cell{false, *whole_[i]} : Cell{};
  return {};
}

bool TableStream::emit_cells(const Table& of, const std::vector<Cell>& cells, std::size_t odd, std::string fault, sdk::Budget& budget, sdk::Sink& sink) {
  const std::span<mg_value> values = std::span(values_).first(columns_.size());
  std::string why;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!decode(table_->columns[i], target_->dialect->engine(), cells[i], value_texts_[i], values[i], why) && fault.empty()) fault = std::move(why);
  }
  if (odd > 0) values[odd - 1] = {};
  budget.spend(values);
  if (!fault.empty()) return sink.fault(values, fault, raw(of, cells));
  if (&of == keys_.get()) return sink.present(values);
  return late(cells) ? sink.late(values) : sink.upsert(values);
}

std::string TableStream::raw(const Table& of, const std::vector<Cell>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Column& column = of.columns[i];
    if (column.type == MG_NULL || column.hidden) continue;
    out += (out.empty() ? "" : ", ") + column.name + " = " + shown(column, cells[i]);
  }
  return out;
}

void TableStream::emit_portion(const Rows& rows, sdk::Budget& budget, sdk::Sink& sink, bool& stop) {
  for (std::size_t row = 0; row < rows.portion().size() && !stop; ++row) {
    std::vector<Cell> cells(table_->columns.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto& value = rows.portion()[row][i];
      if (value) cells[i] = {false, *value};
    }
    stop = !emit_cells(*table_, cells, rows.odd(row), fault_of(cells, rows.odd(row)), budget, sink);
  }
}

sdk::Status TableStream::lookup(const sdk::Keys& keys, sdk::Sink& sink) {
  if (keys.width() != table_->key.size()) {
    return sdk::failure(MG_CONFIG, "the key of " + table_->said + " has " + std::to_string(table_->key.size()) + " columns, not " + std::to_string(keys.width()));
  }
  mg_limits unlimited{.size = sizeof(mg_limits), .max_wait_ms = std::numeric_limits<std::uint32_t>::max(), .max_records = UINT64_MAX, .max_bytes = UINT64_MAX};
  sdk::Budget budget(unlimited);
  Link& link = scan_ == nullptr ? link_ : side_;  // an open scan sees the past
  if (!sink.columns(columns_.all())) return {};
  bool stop = false;
  for (std::size_t at = 0; at < keys.size() && !stop; at += kKeysPerQuery) {
    Rows::Keys some;
    for (std::size_t i = at; i < std::min(keys.size(), at + kKeysPerQuery); ++i) {
      std::vector<std::string>& key = some.emplace_back();
      for (std::size_t place = 0; place < keys.width(); ++place) {
        key.push_back(parameter_text(table_->columns[table_->key[place]], target_->dialect->engine(), keys[i][place]));
      }
    }
    auto rows = std::make_shared<Rows>(table_, std::move(some));
    while (!rows->done() && !stop) {
      const Diagnosis said = link.call([rows](Session& session) { return rows->advance(session); });
      if (!said.ok()) return link.release(std::move(rows)), target_->status(said, wish_.table);
      emit_portion(*rows, budget, sink, stop);
    }
    if (!rows->done()) link.release(std::move(rows));
  }
  return {};
}

}  // namespace meshgate::odbc
