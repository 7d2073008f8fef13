#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "connectors/kafka/format/field.hpp"

namespace meshgate::kafka::format {

/// One value of a JSON text. Borrows from the text or from the tree.
struct Json {
  enum class Form : uint8_t { null, boolean, number, string, list, object };
  Form form = Form::null;
  std::string_view name;   ///< of a member, without escapes
  std::string_view token;  ///< as it stands in the text; numbers keep their digits
  std::string_view text;   ///< of a string: without quotes and escapes
  uint32_t size = 1;       ///< this value and all within it

  [[nodiscard]] bool is_true() const { return form == Form::boolean && token == "true"; }
};

/// A JSON text (RFC 8259) as an array of values, each followed by those within it. No numbers are converted. Keeps its memory.
class JsonTree {
 public:
  /// nullptr, or what is wrong. At most 512 levels deep; strings must be UTF-8 and hold whole surrogate pairs.
  const char* parse(std::string_view text);
  /// After a good parse.
  [[nodiscard]] const Json& root() const { return values_[0]; }

 private:
  const char* value(size_t depth);
  const char* container(size_t depth, char end);
  const char* string(std::string_view& out);
  const char* escaped(std::string& out);
  bool hex(uint32_t& out);
  bool number();
  void space();
  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Json> values_;
  Texts texts_;
};

/// for (const Json& each : Within(list or object)).
class Within {
 public:
  class iterator {
   public:
    explicit iterator(const Json* value) : value_(value) {}
    const Json& operator*() const { return *value_; }
    iterator& operator++() {
      value_ += value_->size;
      return *this;
    }
    bool operator!=(const iterator& other) const { return value_ != other.value_; }

   private:
    const Json* value_;
  };
  explicit Within(const Json& value) : value_(&value) {}
  [[nodiscard]] iterator begin() const { return iterator(value_ + 1); }
  [[nodiscard]] iterator end() const { return iterator(value_ + value_->size); }

 private:
  const Json* value_;
};

/// The member of an object, or nullptr; also where the value is no object.
const Json* member(const Json& object, std::string_view name);
/// The member's text where it is a string, otherwise empty.
std::string_view member_text(const Json& object, std::string_view name);

}  // namespace meshgate::kafka::format
