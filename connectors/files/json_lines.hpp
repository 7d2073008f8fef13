#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "connectors/files/cell.hpp"

namespace meshgate::files {

/// One line of JSON lines: one JSON object, its members as cells in file order.
class JsonDecoder {
 public:
  JsonDecoder();
  ~JsonDecoder();

  /// What is wrong with the line, or nullptr. Behind the line kPadding bytes may be read. The cells borrow from the line and from the
  /// decoder until the next call.
  const char* decode(std::string_view line, std::vector<Cell>& cells);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace meshgate::files
