#include "gateway/device/sqlite.hpp"

#include <sqlite3.h>

#include <mutex>

namespace meshgate::device {

namespace {

constexpr int kBusyMillis = 10000;

Code code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL: return Code::no_space;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Code::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_NOMEM: return Code::retry;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return Code::config;
    case SQLITE_TOOBIG: return Code::bad_record;
    default: return Code::internal;
  }
}

std::string_view advice(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL: return "the disk is full; make room, the mirror goes on by itself";
    case SQLITE_NOTADB: return "this is not an SQLite database; give another file name with --into";
    case SQLITE_CORRUPT: return "the file is damaged; move it away and mirror again into a new one";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program holds a write lock on it for long; let it finish";
    case SQLITE_CANTOPEN: return "check that its folder exists and may be written";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return "make the file and its folder writable";
    case SQLITE_IOERR: return "the disk does not read or write as it should";
    case SQLITE_TOOBIG: return "a value or row is larger than SQLite takes";
    default: return {};
  }
}

/// Before the process's first use of SQLite, else without effect: counting bytes that nobody asks for takes a lock per allocation.
void leave_memory_uncounted() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bind(int at, const Cell& cell) {
  sqlite3_stmt* handle = handle_.get();
  const char* data = cell.text.data() == nullptr ? "" : cell.text.data();
  switch (cell.kind) {
    case Cell::Kind::null: sqlite3_bind_null(handle, at); break;
    case Cell::Kind::integer: sqlite3_bind_int64(handle, at, cell.integer); break;
    case Cell::Kind::real: sqlite3_bind_double(handle, at, cell.real); break;
    case Cell::Kind::text: sqlite3_bind_text64(handle, at, data, cell.text.size(), SQLITE_STATIC, SQLITE_UTF8); break;
    case Cell::Kind::blob: sqlite3_bind_blob64(handle, at, data, cell.text.size(), SQLITE_STATIC); break;
  }
}

Result<bool> Statement::step() {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) {
    sqlite3_reset(handle_.get());
    return false;
  }
  Error error = database_->failure(result);
  sqlite3_reset(handle_.get());
  return error;
}

Status Statement::run() {
  auto row = step();
  if (!row) return std::move(row).error();
  if (*row) reset();
  return {};
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

Cell Statement::cell(int column) const {
  sqlite3_stmt* handle = handle_.get();
  const auto view = [&](const void* data) {
    return std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(handle, column)));
  };
  switch (sqlite3_column_type(handle, column)) {
    case SQLITE_INTEGER: return Cell::of(sqlite3_column_int64(handle, column));
    case SQLITE_FLOAT: return Cell::of_real(sqlite3_column_double(handle, column));
    case SQLITE_TEXT: return Cell::of_text(view(sqlite3_column_text(handle, column)));
    case SQLITE_BLOB: return Cell::of_blob(view(sqlite3_column_blob(handle, column)));
    default: return {};
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

std::string Statement::text(int column) const { return std::string(cell(column).text); }

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close(handle); }

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  leave_memory_uncounted();
  std::unique_ptr<Database> out(new Database(path));
  sqlite3* raw = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int result = sqlite3_open_v2(path.c_str(), &raw, kFlags, nullptr);
  out->handle_.reset(raw);
  if (result != SQLITE_OK) return out->failure(result);
  sqlite3_busy_timeout(raw, kBusyMillis);
  // The first statement that reads the header tells whether this is a database.
  if (auto read = out->integer("SELECT count(*) FROM sqlite_schema"); !read) return std::move(read).error();
  if (auto wal = out->run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536"); !wal)
    return std::move(wal).error();
  return out;
}

Error Database::failure(int result) const {
  std::string message = path_ + ": " + (handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(result));
  const std::string_view todo = advice(result);
  if (!todo.empty()) message.append(": ").append(todo);
  return {code_of(result), std::move(message)};
}

Status Database::run(const std::string& sql) {
  const int result = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return failure(result);
  return {};
}

Result<Statement> Database::prepare(const std::string& sql) {
  Statement out;
  sqlite3_stmt* raw = nullptr;
  const int result =
      sqlite3_prepare_v3(handle_.get(), sql.c_str(), static_cast<int>(sql.size()) + 1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (result != SQLITE_OK) return failure(result);
  out.database_ = this;
  out.handle_.reset(raw);
  return out;
}

Result<std::int64_t> Database::integer(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return std::move(statement).error();
  auto row = statement->step();
  if (!row) return std::move(row).error();
  return *row ? statement->integer(0) : 0;
}

Result<std::string> Database::text(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return std::move(statement).error();
  auto row = statement->step();
  if (!row) return std::move(row).error();
  return *row ? statement->text(0) : std::string();
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

void Database::let_go_of_pages() { sqlite3_db_release_memory(handle_.get()); }

std::string quoted(std::string_view identifier) {
  std::string out = "\"";
  for (const char c : identifier) out.append(c == '"' ? 2 : 1, c);
  return out += '"';
}

}  // namespace meshgate::device
