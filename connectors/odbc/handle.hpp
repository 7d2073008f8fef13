#pragma once

#include <sql.h>
#include <sqlext.h>

#include <utility>

namespace meshgate::odbc {

/// An ODBC handle of one type, freed with its owner.
template <SQLSMALLINT Type>
class Handle {
 public:
  Handle() = default;
  explicit Handle(SQLHANDLE parent) {
    if (!SQL_SUCCEEDED(SQLAllocHandle(Type, parent, &handle_))) handle_ = SQL_NULL_HANDLE;
  }
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, SQL_NULL_HANDLE)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Handle() {
    if (handle_ != SQL_NULL_HANDLE) SQLFreeHandle(Type, handle_);
  }

  [[nodiscard]] SQLHANDLE get() const { return handle_; }
  explicit operator bool() const { return handle_ != SQL_NULL_HANDLE; }

 private:
  SQLHANDLE handle_ = SQL_NULL_HANDLE;
};

using Environment = Handle<SQL_HANDLE_ENV>;
using Database = Handle<SQL_HANDLE_DBC>;
using Statement = Handle<SQL_HANDLE_STMT>;

/// ODBC's way of passing a number where a pointer is declared.
inline SQLPOINTER as_pointer(SQLULEN number) { return reinterpret_cast<SQLPOINTER>(number); }

}  // namespace meshgate::odbc
