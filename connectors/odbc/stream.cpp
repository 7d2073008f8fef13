#include "connectors/odbc/stream.hpp"

#include <algorithm>
#include <limits>

namespace meshgate::odbc {

namespace {

/// An open snapshot holds back the database's cleaning: a host that asks for nothing this long loses it, and the scan goes on by key.
constexpr std::chrono::seconds kSilence{60};
/// How often a table's columns are looked up again.
constexpr std::chrono::seconds kDescribed{10};
constexpr std::size_t kKeysPerQuery = 100;

}  // namespace

TableStream::TableStream(std::shared_ptr<const Target> target, const std::shared_ptr<Signal>& signal, TableWish wish)
    : target_(target), wish_(std::move(wish)), link_(target, signal), side_(target, signal) {}

TableStream::~TableStream() { stop_scan(); }

sdk::Status TableStream::open() {
  if (sdk::Status failed = refresh(); !failed.ok()) return failed;
  const std::string probe = rows_query(*table_, "1 = 0");
  return target_->status(link_.call([probe](Session& session) { return session.run(probe); }), wish_.table);
}

sdk::Status TableStream::refresh() {
  const auto name = parse_table_name(wish_.table);
  auto rows = std::make_shared<std::vector<std::vector<std::string>>>();
  if (name) {
    const Diagnosis said = link_.call([rows, name](Session& session) { return session.texts(session.dialect().columns_query(name), *rows); });
    if (!said.ok()) return target_->status(said, wish_.table);
    if (rows->empty()) return why_hidden(*name);
  }
  auto table = std::make_shared<Table>();
  if (sdk::Status failed = describe(*target_->dialect, wish_, *rows, *table); !failed.ok()) return failed;
  columns_ = announce(*table);
  table_ = std::move(table);
  described_ = Clock::now();
  if (lengths_.size() != table_->columns.size()) lengths_.assign(table_->columns.size(), std::nullopt);
  cells_.resize(table_->columns.size());
  values_.resize(table_->columns.size());
  cell_texts_.resize(table_->columns.size());
  value_texts_.resize(table_->columns.size());
  return {};
}

/// A catalogue that shows nothing of a table may hide it from this user: the table itself says which it is.
sdk::Status TableStream::why_hidden(const TableName& name) {
  const std::string probe = "SELECT 1 FROM " + quoted(*target_->dialect, name) + " WHERE 1 = 0";
  const Diagnosis said = link_.call([probe](Session& session) { return session.run(probe); });
  return target_->status(said.ok() ? Diagnosis{"42S02", 0, ""} : said, wish_.table);
}

std::uint64_t TableStream::print() const {
  std::vector<std::string> key;
  for (const std::size_t at : table_->key) key.push_back(table_->columns[at].name);
  return fingerprint(table_->name, key);
}

void TableStream::start_scan() {
  scan_ = std::make_shared<Scan>(table_, position_.key, lengths_);
  rows_ = nullptr;
  fetched_.reset();
  link_.start([scan = scan_](Session& session) { return scan->advance(session); });
}

void TableStream::stop_scan() {
  if (scan_ == nullptr) return;
  rows_ = nullptr;
  fetched_.reset();
  given_.clear();
  if (link_.busy()) link_.drop();
  link_.release(std::exchange(scan_, nullptr));
}

sdk::Status TableStream::resume(std::string_view bytes, std::uint32_t& flags) {
  if (scan_ != nullptr && bytes == given_) return {};
  stop_scan();
  position_ = {};
  if (!bytes.empty()) {
    const auto decoded = decode_position(bytes);
    if (!decoded || decoded->fingerprint != print() || (decoded->key && decoded->key->size() != table_->key.size())) {
      return sdk::failure(MG_GONE, "the stored position does not belong to table '" + wish_.table + "' with this key: it is read from the beginning");
    }
    position_ = *decoded;
  }
  if (!position_.scanning) {
    if (sdk::Status failed = begin(flags); !failed.ok()) return failed;
  }
  start_scan();
  return {};
}

sdk::Status TableStream::begin(std::uint32_t& flags) {
  flags |= MG_SCAN_BEGAN;
  if (Clock::now() - described_ > kDescribed) {
    if (sdk::Status failed = refresh(); !failed.ok()) return failed;
  }
  position_ = {.scanning = true, .key = {}, .fingerprint = print(), .as_of_us = 0};
  total_ = 0;
  return {};
}

sdk::Status TableStream::read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) {
  sdk::Budget budget(limits);
  bool ended = false;
  out.flags = MG_SCANNING;
  sdk::Status status = resume(position, out.flags);
  if (status.ok()) status = sink.columns(columns_.all()) ? pump(budget, sink, ended) : sdk::Status{};
  if (!status.ok()) {
    stop_scan();
    described_ = {};  // perhaps the table has changed
    return status;
  }
  out.total = total_;
  if (ended) {
    out.flags |= MG_SCAN_ENDED | MG_IDLE;
    out.as_of_us = position_.as_of_us;
    lengths_ = scan_->lengths();
    scan_.reset();
    position_ = {.scanning = false, .key = {}, .fingerprint = position_.fingerprint, .as_of_us = position_.as_of_us};
  } else if (scan_ != nullptr) {
    link_.when_idle(kSilence, [scan = scan_] { scan->break_off(); });
  }
  given_ = encode(position_);
  out.position = given_;
  return {};
}

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
  while (true) {
    if (!fetched_) {
      if (link_.wait(budget.end()) == Link::Wait::not_yet) return {};
      fetched_ = link_.take();
    }
    const Diagnosis said = *std::exchange(fetched_, std::nullopt);
    if (!said.ok()) return target_->status(said, wish_.table);
    if (!scan_->broken_off()) break;
    start_scan();
  }
  ready = true;
  rows_ = &scan_->turn();
  row_ = 0;
  if (position_.as_of_us == 0) position_.as_of_us = scan_->clock();
  if (scan_->total() > 0) total_ = static_cast<std::uint64_t>(scan_->total());
  ended = rows_->rows() == 0;
  if (!ended) link_.start([scan = scan_](Session& session) { return scan->advance(session); });
  return {};
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

sdk::Status TableStream::emit_row(sdk::Budget& budget, sdk::Sink& sink, bool& stop) {
  std::vector<Cell>& cells = cells_;
  bool cut = false;
  std::string fault;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (rows_->cell(row_, i, cell_texts_[i], cells[i]) == Rowset::Fit::whole) continue;
    cut = true;
    if (table_->columns[i].key != 0) fault = "column " + table_->columns[i].name + ": a key longer than " + std::to_string(kHead) + " bytes";
  }
  std::size_t odd = rows_->odd(row_);
  const bool has_key = fault.empty() && key_of(cells, odd, key_);
  if (cut && has_key) {
    bool there = false;
    if (sdk::Status failed = whole_row(cells, odd, there); !failed.ok()) return failed;
    if (!there) return ++row_, sdk::Status{};  // deleted meanwhile
  }
  if (fault.empty()) fault = fault_of(cells, odd);
  if (fault.empty() && table_->declared_key && key_ == position_.key) fault = "the columns of `key` are the same in two rows: they do not tell rows apart";
  stop = !emit_cells(cells, odd, std::move(fault), budget, sink);  // also then the host has taken the record
  ++row_;
  if (has_key && !position_.key) position_.key.emplace();
  if (has_key) position_.key->swap(key_);
  return {};
}

/// Puts the row of the cells' key, whole, in place of the cells.
sdk::Status TableStream::whole_row(std::vector<Cell>& cells, std::size_t& odd, bool& there) {
  Link& link = target_->dialect->one_cursor() ? side_ : link_;
  if (&link == &link_ && !fetched_) {
    link_.wait(Clock::time_point::max());
    fetched_ = link_.take();
    if (!fetched_->ok()) return target_->status(*fetched_, wish_.table);
  }
  auto rows = std::make_shared<Rows>(table_, Rows::Keys{key_});
  const Diagnosis said = link.call([rows](Session& session) { return rows->advance(session); });
  there = said.ok() && !rows->portion().empty();
  if (there) whole_ = rows->portion().front(), odd = rows->odd(0);
  if (!rows->done()) link.release(std::move(rows));
  if (!there) return target_->status(said, wish_.table);
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i] = whole_[i] ? Cell{false, *whole_[i]} : Cell{};
  return {};
}

bool TableStream::emit_cells(const std::vector<Cell>& cells, std::size_t odd, std::string fault, sdk::Budget& budget, sdk::Sink& sink) {
  std::vector<mg_value>& values = values_;
  std::string why;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!decode(table_->columns[i], target_->dialect->engine(), cells[i], value_texts_[i], values[i], why) && fault.empty()) fault = std::move(why);
  }
  if (odd > 0) values[odd - 1] = {};
  budget.spend(values);
  return fault.empty() ? sink.upsert(values) : sink.fault(values, fault, raw(cells));
}

std::string TableStream::raw(const std::vector<Cell>& cells) const {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Column& column = table_->columns[i];
    if (column.type == MG_NULL) continue;
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
    stop = !emit_cells(cells, rows.odd(row), fault_of(cells, rows.odd(row)), budget, sink);
  }
}

sdk::Status TableStream::lookup(const sdk::Keys& keys, sdk::Sink& sink) {
  if (keys.width() != table_->key.size()) {
    return sdk::failure(MG_CONFIG, "the key of table '" + wish_.table + "' has " + std::to_string(table_->key.size()) + " columns, not " + std::to_string(keys.width()));
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
