#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/format/meaning.hpp"
#include "connectors/kafka/format/registry.hpp"

namespace meshgate::kafka::format {

/// One type of an Avro schema (Avro 1.12, "Schema Declaration"). Types name each other by their place in AvroSchema::types, so that a record may hold itself.
struct AvroType {
  enum class Form : uint8_t { null, boolean, whole32, whole64, float32, float64, bytes, string, record, enumeration, list, map, choice, fixed };
  struct Member {
    std::string name;
    uint32_t type = 0;
  };

  Form form = Form::null;
  Meaning meaning = Meaning::itself;
  int64_t scale = 0;
  std::string native;               ///< as it is called in messages and columns: "decimal(10,2)", "com.corp.Order"
  std::vector<Member> members;      ///< of a record
  std::vector<std::string> symbols; ///< of an enumeration
  std::vector<uint32_t> inner;      ///< the branches of a choice; the one type of what a list or map holds
  uint64_t size = 0;                ///< of a fixed
};

struct AvroSchema {
  std::vector<AvroType> types;
  uint32_t root = 0;

  [[nodiscard]] const AvroType& at(uint32_t type) const { return types[type]; }
  /// The kind of a value of this type, and whether it can be null. A choice has a kind of its own only where all its branches have that one.
  [[nodiscard]] int32_t kind(uint32_t type) const;
  [[nodiscard]] bool nullable(uint32_t type) const;
  /// Whether it is a choice of records alone, or null: then the record's members can be fields.
  [[nodiscard]] bool chooses_record(uint32_t type) const;
  /// What a choice between null and one other type is called after; otherwise the type's own name.
  [[nodiscard]] std::string_view native(uint32_t type) const;
};

/// Fills `out` (which must be empty), or says what is wrong. Named types of the references can be used.
std::string compile_avro(const Written& written, AvroSchema& out);

}  // namespace meshgate::kafka::format
