#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace meshgate {

/// What the receiver of an error should do, not what happened; words go in the message.
enum class Code : std::uint8_t {
  retry,        ///< passing fault: the same call may work later
  reconnect,    ///< the connection is gone: open a new one, then retry
  auth,         ///< refused: credentials or rights must be changed by a person
  config,       ///< what was asked for is wrong: a person must change it
  bad_record,   ///< one record cannot be represented: quarantine it, go on
  gone,         ///< a position or cursor is too old: start again from the beginning
  unsupported,  ///< known, but not done by this version
  not_found,    ///< no such thing
  conflict,     ///< another writer or owner has it
  no_space,     ///< the disk is full: wait, then the same call
  corrupt,      ///< bytes on disk or wire are not what was written
  cancelled,    ///< somebody asked to stop
  internal,     ///< a broken promise of our own
};

/// The word used for a code in logs and problem documents, for example "reconnect".
std::string_view word(Code code);

/// Whether trying the same thing again can succeed without a person acting.
constexpr bool retryable(Code code) { return code == Code::retry || code == Code::reconnect || code == Code::no_space; }

/// An expected failure: what to do, and a sentence that names the place, what is wrong and what to do.
struct Error {
  Code code = Code::internal;
  std::string message;

  /// The same error with "where: " put before its message.
  [[nodiscard]] Error within(std::string_view where) && {
    message.insert(0, std::string(where) + ": ");
    return std::move(*this);
  }
};

/// A value or an Error. Member names follow std::expected (absent in C++20), so that it can be swapped later.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  [[nodiscard]] bool has_value() const { return !failed_; }
  explicit operator bool() const { return !failed_; }
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool failed_ = false;
};

using Status = Result<void>;

}  // namespace meshgate
