#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/schema.hpp"

namespace meshgate::serve {

/// Takes items' contents apart into the canonical texts of their fields. Not thread safe.
class ContentReader {
 public:
  explicit ContentReader(Schema schema);
  ~ContentReader();
  ContentReader(const ContentReader&) = delete;
  ContentReader& operator=(const ContentReader&) = delete;

  [[nodiscard]] const Schema& schema() const { return schema_; }
  /// What text() tells from now on. False when it is not an object of such fields; it then has none.
  bool read(std::string_view content);
  /// Of the schema's field at this place; nothing: NULL. Valid until the next read().
  [[nodiscard]] std::optional<std::string_view> text(std::size_t field) const;
  [[nodiscard]] std::optional<std::string_view> text(std::string_view field) const;

 private:
  struct State;
  void take(std::size_t field, std::string_view text);
  bool read_fields(std::string_view content);

  const Schema schema_;
  std::vector<std::string> texts_;  ///< reused from item to item
  std::vector<bool> given_;
  std::unique_ptr<State> state_;
};

}  // namespace meshgate::serve
