#include "connectors/files/framing.hpp"

namespace meshgate::files {

size_t Framing::end(std::string_view bytes) {
  if (format_ == Format::json_lines) {
    const size_t at = bytes.find('\n', looked_);
    looked_ = bytes.size();
    return at == std::string_view::npos ? at : at + 1;
  }
  for (size_t i = looked_; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (state_ == State::quoted) {
      if (c == '"') state_ = State::quote_in_quoted;
    } else if (c == '"' && state_ != State::plain) {
      state_ = State::quoted;  // opens a field, or is the second of a doubled one
    } else if (c == '\n') {
      looked_ = i + 1;
      return i + 1;
    } else {
      state_ = c == delimiter_ ? State::field_start : State::plain;
    }
  }
  looked_ = bytes.size();
  return std::string_view::npos;
}

}  // namespace meshgate::files
