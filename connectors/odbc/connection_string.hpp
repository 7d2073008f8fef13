#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshgate::odbc {

/// How a driver reads a value with special characters.
enum class Braces { standard, none };

/// A connection string made of fields. The first of two fields of one name (case ignored) counts, as drivers have it.
class ConnectionString {
 public:
  void set(std::string_view keyword, std::string_view value);
  /// Only where the name is not set yet.
  void set_default(std::string_view keyword, std::string_view value);
  [[nodiscard]] const std::string* find(std::string_view keyword) const;

  /// What is wrong with a field, or nothing: a keyword with '=', ';' or braces, a NUL, or a value this driver cannot be given.
  [[nodiscard]] std::string fault(Braces braces) const;
  /// "DRIVER={PostgreSQL Unicode};SERVER={a;b}": where the driver knows braces, a value with special characters stands in them, '}'
  /// doubled. Holds the password.
  [[nodiscard]] std::string text(Braces braces) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Whether a setting of that name must never be shown.
bool is_secret(std::string_view keyword);

}  // namespace meshgate::odbc
