#pragma once

// What both roles of a connector are written with: texts that cross the border, and failures.

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "connectors/sdk/connector.h"

namespace meshgate::sdk {

constexpr mg_str borrow(std::string_view text) { return {text.data(), text.size()}; }
constexpr std::string_view view(mg_str text) { return text.data == nullptr ? std::string_view{} : std::string_view{text.data, text.size}; }

/// MG_OK, or what to do (an MG_… code) and a sentence that says what is wrong, where, and what to do.
struct [[nodiscard]] Status {
  int32_t code = MG_OK;
  std::string message;

  [[nodiscard]] bool ok() const { return code == MG_OK; }
};
inline Status failure(int32_t code, std::string message) { return {code, std::move(message)}; }

/// The same as something to throw.
class Failure : public std::exception {
 public:
  Failure(int32_t code, std::string message) : status_{code, std::move(message)} {}
  [[nodiscard]] const char* what() const noexcept override { return status_.message.c_str(); }
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  Status status_;
};

}  // namespace meshgate::sdk
