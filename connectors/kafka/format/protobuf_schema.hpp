#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/format/field.hpp"
#include "connectors/kafka/format/registry.hpp"

namespace meshgate::kafka::format {

/// A compiled .proto file with what it imports, and a message of each type that was met, used again and again.
class ProtobufSchema {
 public:
  ProtobufSchema();

  /// The type at a path of indexes: the second number is the place of a type within the first. nullptr where there is none.
  const google::protobuf::Descriptor* type(const std::vector<int32_t>& path) const;
  /// An empty message of this type, which is of this schema. Good until the next call for the same type.
  google::protobuf::Message& message(const google::protobuf::Descriptor& type);

 private:
  friend std::string compile_protobuf(const Written& written, ProtobufSchema& out);

  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
  const google::protobuf::FileDescriptor* file_ = nullptr;
  std::map<const google::protobuf::Descriptor*, std::unique_ptr<google::protobuf::Message>> messages_;
};

/// Fills `out` (which must be empty), or says what is wrong. Protobuf's own well-known files and Confluent's can be imported without a reference; options that
/// are extensions are left out, since they do not change what the bytes mean.
std::string compile_protobuf(const Written& written, ProtobufSchema& out);

}  // namespace meshgate::kafka::format
