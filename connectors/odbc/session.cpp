#include "connectors/odbc/session.hpp"

#include <sqlucode.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

std::vector<SQLWCHAR> wide_text(std::string_view text) {
  const std::u16string wide = to_wide(text);
  std::vector<SQLWCHAR> out(wide.begin(), wide.end());
  out.push_back(0);
  return out;
}

SQLCHAR* narrow_text(const std::string& text) { return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.c_str())); }

/// A bound parameter's memory; must live until the statement has been executed.
struct Bound {
  std::vector<SQLWCHAR> wide;
  SQLLEN size = 0;
};

SQLRETURN bind(SQLHSTMT statement, SQLUSMALLINT number, const Parameter& from, Bound& to) {
  if (from.binary) {
    to.size = static_cast<SQLLEN>(from.text.size());
    return SQLBindParameter(statement, number, SQL_PARAM_INPUT, SQL_C_BINARY, SQL_VARBINARY, std::max<SQLULEN>(from.text.size(), 1), 0,
                            const_cast<char*>(from.text.data()), to.size, &to.size);
  }
  to.wide = wide_text(from.text);
  const SQLULEN units = to.wide.size() - 1;
  to.size = static_cast<SQLLEN>(units * sizeof(SQLWCHAR));
  return SQLBindParameter(statement, number, SQL_PARAM_INPUT, SQL_C_WCHAR, SQL_WVARCHAR, std::max<SQLULEN>(units, 1), 0, to.wide.data(), to.size, &to.size);
}

std::string text_attribute(SQLHSTMT statement, SQLUSMALLINT column, SQLUSMALLINT which, bool narrow) {
  SQLSMALLINT size = 0;
  if (narrow) {
    std::array<char, 2048> text{};
    SQLColAttribute(statement, column, which, text.data(), text.size(), &size, nullptr);
    return text.data();
  }
  std::array<SQLWCHAR, 1024> wide{};
  SQLColAttributeW(statement, column, which, wide.data(), static_cast<SQLSMALLINT>(sizeof wide), &size, nullptr);
  std::string out;
  append_utf8(out, std::u16string(wide.begin(), std::ranges::find(wide, SQLWCHAR{0})));
  return out;
}

SQLLEN number_attribute(SQLHSTMT statement, SQLUSMALLINT column, SQLUSMALLINT which) {
  SQLLEN out = 0;
  SQLColAttribute(statement, column, which, nullptr, 0, nullptr, &out);
  return out;
}

}  // namespace

sdk::Status Target::status(const Diagnosis& diagnosis, const std::string& table) const {
  if (diagnosis.ok()) return {};
  const Cause cause = verdict(dialect->engine(), diagnosis);
  Place named = place;
  named.table = table;
  return sdk::failure(action(cause), mask.apply(sentence(cause, named, diagnosis)));
}

std::shared_ptr<const Target> writing(const std::shared_ptr<const Target>& target, Writes how) {
  auto out = std::make_shared<Target>(*target);
  out->writes = how;
  if (how == Writes::if_free) out->connection_string = out->dialect->impatient_fields() + out->connection_string;
  return out;
}

std::optional<FileIdentity> FileIdentity::of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileIdentity{found.st_dev, found.st_ino};
}

Session::~Session() {
  if (!connected_) return;
  if (manual_) SQLEndTran(SQL_HANDLE_DBC, database_.get(), SQL_ROLLBACK);
  SQLDisconnect(database_.get());
}

Diagnosis Session::connect() {
  if (connected_) return {};
  if (dialect().in_a_file()) file_ = FileIdentity::of(target_->place.database);
  if (Diagnosis failed = login(); !failed.ok()) return failed;
  if (Diagnosis failed = prepare(); !failed.ok()) return failed;
  return still_there();
}

Diagnosis Session::login() {
  environment_ = Environment(SQL_NULL_HANDLE);
  if (!environment_) return {"HY001", 0, "no memory for an ODBC environment"};
  SQLSetEnvAttr(environment_.get(), SQL_ATTR_ODBC_VERSION, as_pointer(SQL_OV_ODBC3), 0);
  database_ = Database(environment_.get());
  const auto seconds = std::max<long long>(1, target_->timeout.count() / 1000);
  SQLSetConnectAttr(database_.get(), SQL_ATTR_LOGIN_TIMEOUT, as_pointer(static_cast<SQLULEN>(seconds)), 0);
  const std::string& how = target_->connection_string;
  std::vector<SQLWCHAR> text = wide_text(how);
  const SQLRETURN rc = dialect().narrow()
                           ? SQLDriverConnect(database_.get(), nullptr, narrow_text(how), SQL_NTS, nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT)
                           : SQLDriverConnectW(database_.get(), nullptr, text.data(), static_cast<SQLSMALLINT>(text.size() - 1), nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
  if (!SQL_SUCCEEDED(rc)) return diagnose(SQL_HANDLE_DBC, database_.get());
  connected_ = logged_in_ = true;
  return {};
}

Diagnosis Session::still_there() const {
  if (!file_ || FileIdentity::of(target_->place.database) == file_) return {};
  return {"08S01", 0, "the file was removed or replaced"};
}

Diagnosis Session::prepare() {
  std::vector<std::string> statements = dialect().session();
  const auto add = [&](const std::vector<std::string>& more) { statements.insert(statements.end(), more.begin(), more.end()); };
  if (target_->writes != Writes::no) add(dialect().writing());
  if (target_->writes == Writes::if_free) add(dialect().without_patience());
  for (const std::string& sql : statements) {
    if (Diagnosis failed = run(sql); !failed.ok()) return failed;
  }
  if (const std::string number = dialect().number_query(); !number.empty()) {
    std::int64_t ours = 0;
    if (Diagnosis failed = one_number(number, ours); !failed.ok()) return failed;
    number_ = ours;
  }
  Statement statement;
  bool end = false;
  if (Diagnosis failed = execute(dialect().probe(), {}, statement); !failed.ok()) return failed;
  if (Diagnosis failed = fetch(statement, end); !failed.ok()) return failed;
  std::array<char, 64> narrow{};
  SQLLEN size = 0;
  const SQLRETURN rc = SQLGetData(statement.get(), 1, SQL_C_CHAR, narrow.data(), narrow.size(), &size);
  wide_ = !SQL_SUCCEEDED(rc) || std::string_view(narrow.data()) != kProbe;
  if (!wide_ || size == SQL_NULL_DATA) return {};
  statement = {};
  std::optional<std::string> text;
  if (Diagnosis failed = execute(dialect().probe(), {}, statement); !failed.ok()) return failed;
  if (Diagnosis failed = fetch(statement, end); !failed.ok()) return failed;
  if (Diagnosis failed = get(statement, 1, SQL_C_CHAR, text); !failed.ok()) return failed;
  if (text == kProbe) return {};
  return {"HY000", 0, "the driver does not deliver Unicode text unchanged: use its Unicode version"};
}

void Session::interrupt() {
  if (number_ == 0) return;  // no server to be told, or still at the login
  Session second(target_);
  std::vector<std::vector<std::string>> nothing;
  if (second.login().ok()) second.texts(dialect().stop_query(number_), nothing);
}

Diagnosis Session::execute(const std::string& sql, const std::vector<Parameter>& parameters, Statement& out) {
  out = Statement(database_.get());
  if (!out) return diagnose(SQL_HANDLE_DBC, database_.get());
  std::vector<Bound> bound(parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!SQL_SUCCEEDED(bind(out.get(), static_cast<SQLUSMALLINT>(i + 1), parameters[i], bound[i]))) return diagnose(SQL_HANDLE_STMT, out.get());
  }
  std::vector<SQLWCHAR> text = wide_text(sql);
  const SQLRETURN rc = dialect().narrow() ? SQLExecDirect(out.get(), narrow_text(sql), SQL_NTS)
                                          : SQLExecDirectW(out.get(), text.data(), static_cast<SQLINTEGER>(text.size() - 1));
  if (!SQL_SUCCEEDED(rc) && rc != SQL_NO_DATA) return diagnose(SQL_HANDLE_STMT, out.get());
  SQLFreeStmt(out.get(), SQL_RESET_PARAMS);
  return {};
}

Diagnosis Session::fetch(const Statement& statement, bool& end) {
  const SQLRETURN rc = SQLFetch(statement.get());
  end = rc == SQL_NO_DATA;
  if (end || SQL_SUCCEEDED(rc)) return {};
  return diagnose(SQL_HANDLE_STMT, statement.get());
}

Diagnosis Session::get(const Statement& statement, SQLUSMALLINT column, SQLSMALLINT type, std::optional<std::string>& out) const {
  const bool wide = type == SQL_C_CHAR && wide_;
  const bool number = type != SQL_C_CHAR && type != SQL_C_BINARY;
  const size_t terminator = number || type == SQL_C_BINARY ? 0 : wide ? sizeof(SQLWCHAR) : 1;
  out.reset();
  std::string all;
  std::vector<char> chunk(number ? 8 : 64);
  while (true) {
    SQLLEN size = 0;
    const SQLRETURN rc = SQLGetData(statement.get(), column, wide ? SQL_C_WCHAR : type, chunk.data(), static_cast<SQLLEN>(chunk.size()), &size);
    if (rc == SQL_NO_DATA) break;
    if (!SQL_SUCCEEDED(rc)) return diagnose(SQL_HANDLE_STMT, statement.get());
    if (size == SQL_NULL_DATA) return {};
    const size_t room = chunk.size() - terminator;
    const bool whole = size != SQL_NO_TOTAL && static_cast<size_t>(size) <= room;
    all.append(chunk.data(), number ? chunk.size() : whole ? static_cast<size_t>(size) : room);
    if (whole || number) break;
    // The rest in few steps: some drivers walk the value from its start each time.
    chunk.resize(size == SQL_NO_TOTAL ? chunk.size() * 2 : std::min<size_t>(static_cast<size_t>(size) + 64, 32U << 20));
  }
  if (!wide) return out = std::move(all), Diagnosis{};
  std::u16string units(all.size() / sizeof(char16_t), u'\0');
  std::memcpy(units.data(), all.data(), units.size() * sizeof(char16_t));
  append_utf8(out.emplace(), units);
  return {};
}

Diagnosis Session::run(const std::string& sql) {
  Statement statement;
  return execute(sql, {}, statement);
}

Diagnosis Session::texts(const std::string& sql, std::vector<std::vector<std::string>>& out) {
  out.clear();
  Statement statement;
  if (Diagnosis failed = execute(sql, {}, statement); !failed.ok()) return failed;
  SQLSMALLINT columns = 0;
  SQLNumResultCols(statement.get(), &columns);
  while (true) {
    bool end = false;
    if (Diagnosis failed = fetch(statement, end); !failed.ok()) return failed;
    if (end) return {};
    std::vector<std::string>& row = out.emplace_back();
    for (SQLSMALLINT i = 1; i <= columns; ++i) {
      std::optional<std::string> text;
      if (Diagnosis failed = get(statement, static_cast<SQLUSMALLINT>(i), SQL_C_CHAR, text); !failed.ok()) return failed;
      row.push_back(text.value_or(""));
    }
  }
}

/// A plan that its table has outlived is forgotten, and made anew by the next call.
Diagnosis Session::texts_again(const std::string& sql, std::vector<std::vector<std::string>>& out) {
  const auto known = prepared_.find(sql);
  const std::string name = known == prepared_.end() ? "meshgate_" + std::to_string(++preparations_) : known->second;
  const auto how = dialect().prepared(name, sql);
  if (!how) return texts(sql, out);
  if (known == prepared_.end()) {
    if (Diagnosis failed = run(how->prepare); !failed.ok()) return failed;
    prepared_.emplace(sql, name);
  }
  Diagnosis said = texts(how->execute, out);
  if (!said.ok()) run(how->forget), prepared_.erase(sql);
  return said;
}

Diagnosis Session::describe(const std::string& sql, std::vector<ResultColumn>& out) {
  out.clear();
  Statement statement;
  if (Diagnosis failed = execute(sql, {}, statement); !failed.ok()) return failed;
  SQLSMALLINT columns = 0;
  if (!SQL_SUCCEEDED(SQLNumResultCols(statement.get(), &columns))) return diagnose(SQL_HANDLE_STMT, statement.get());
  for (SQLUSMALLINT i = 1; i <= columns; ++i) {
    const auto number = [&](SQLUSMALLINT which) { return number_attribute(statement.get(), i, which); };
    ResultColumn& column = out.emplace_back();
    column.name = text_attribute(statement.get(), i, SQL_DESC_NAME, dialect().narrow());
    column.type = lower(text_attribute(statement.get(), i, SQL_DESC_TYPE_NAME, dialect().narrow()));
    column.is_unsigned = number(SQL_DESC_UNSIGNED) == SQL_TRUE;
    column.size = static_cast<std::size_t>(std::max<SQLLEN>(number(SQL_DESC_LENGTH), 0));
    column.scale = static_cast<int>(number(SQL_DESC_SCALE));
  }
  return {};
}

Diagnosis Session::one_number(const std::string& sql, std::int64_t& out) {
  std::vector<std::vector<std::string>> rows;
  Diagnosis failed = texts(sql, rows);
  out = 0;
  if (failed.ok() && !rows.empty() && !rows[0].empty()) std::from_chars(rows[0][0].data(), rows[0][0].data() + rows[0][0].size(), out);
  return failed;
}

Diagnosis Session::begin(const std::string& lock) {
  if (!dialect().transaction()) return {};
  if (!SQL_SUCCEEDED(SQLSetConnectAttr(database_.get(), SQL_ATTR_AUTOCOMMIT, as_pointer(SQL_AUTOCOMMIT_OFF), 0))) return diagnose(SQL_HANDLE_DBC, database_.get());
  manual_ = true;
  for (const std::string& sql : dialect().begin_snapshot(lock)) {
    if (Diagnosis failed = run(sql); !failed.ok()) return failed;
  }
  return {};
}

Diagnosis Session::end() {
  if (!manual_) return {};
  const bool rolled_back = SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, database_.get(), SQL_ROLLBACK));
  const bool automatic = SQL_SUCCEEDED(SQLSetConnectAttr(database_.get(), SQL_ATTR_AUTOCOMMIT, as_pointer(SQL_AUTOCOMMIT_ON), 0));
  manual_ = false;
  if (rolled_back && automatic) return {};
  return diagnose(SQL_HANDLE_DBC, database_.get());
}

}  // namespace meshgate::odbc
