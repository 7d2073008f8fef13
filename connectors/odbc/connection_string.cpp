#include "connectors/odbc/connection_string.hpp"

#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

constexpr std::string_view kSpecial = "[]{}(),;?*=!@";

bool needs_braces(std::string_view value) {
  return value.find_first_of(kSpecial) != value.npos || value.starts_with(' ') || value.ends_with(' ');
}

}  // namespace

const std::string* ConnectionString::find(std::string_view keyword) const {
  for (const auto& [name, value] : fields_) {
    if (same_word(name, keyword)) return &value;
  }
  return nullptr;
}

void ConnectionString::set(std::string_view keyword, std::string_view value) {
  for (auto& [name, old] : fields_) {
    if (same_word(name, keyword)) {
      old = value;
      return;
    }
  }
  fields_.emplace_back(keyword, value);
}

void ConnectionString::set_default(std::string_view keyword, std::string_view value) {
  if (find(keyword) == nullptr) fields_.emplace_back(keyword, value);
}

std::string ConnectionString::fault(Braces braces) const {
  for (const auto& [name, value] : fields_) {
    if (name.empty() || name.find_first_of("=;{}[] \t\r\n") != name.npos || name.find('\0') != name.npos) return "'" + name + "' is not a driver keyword: remove it";
    if (value.find('\0') != value.npos) return "the value of '" + name + "' has a NUL character: remove it";
    if (braces == Braces::none && value.find(';') != value.npos) {
      return "the value of '" + name + "' has a ';', which this driver cannot be given: choose a value without";
    }
  }
  return {};
}

std::string ConnectionString::text(Braces braces) const {
  std::string out;
  for (const auto& [name, value] : fields_) {
    if (!out.empty()) out += ';';
    const bool enclose = same_word(name, "driver") || (braces == Braces::standard && needs_braces(value));
    out += name + "=" + (enclose ? "{" + replaced(value, "}", "}}") + "}" : value);
  }
  return out;
}

bool is_secret(std::string_view keyword) {
  const std::string name = lower(keyword);
  for (const std::string_view part : {"pwd", "password", "secret", "token", "passphrase"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace meshgate::odbc
