#include "connectors/kafka/format/protobuf_schema.hpp"

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace meshgate::kafka::format {

namespace {

namespace pb = google::protobuf;

constexpr const char* kRoot = "the schema";

/// What Confluent's serializers let a schema import without saying so. Only the parts that bytes depend on.
constexpr std::pair<std::string_view, std::string_view> kBuiltIn[] = {
    {"confluent/meta.proto", "syntax = \"proto3\"; package confluent;"},
    {"confluent/type/decimal.proto",
     "syntax = \"proto3\"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }"},
};

class Faults : public pb::io::ErrorCollector, public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(int line, pb::io::ColumnNumber column, const std::string& message) override {
    if (first.empty()) first = "line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) + ": " + message;
  }
  void AddError(const std::string& file, const std::string& element, const pb::Message*, ErrorLocation, const std::string& message) override {
    if (first.empty()) first = file + ": " + element + ": " + message;
  }

  std::string first;
};

bool is_extension(const pb::UninterpretedOption& option) {
  return std::any_of(option.name().begin(), option.name().end(), [](const auto& part) { return part.is_extension(); });
}

/// Options that are extensions would need the files that declare them.
void drop_extension_options(pb::Message& message) {
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const pb::FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const pb::FieldDescriptor* field : set) {
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      drop_extension_options(*reflection.MutableMessage(&message, field));
      continue;
    }
    auto all = reflection.GetMutableRepeatedFieldRef<pb::Message>(&message, field);
    if (field->message_type() != pb::UninterpretedOption::descriptor()) {
      for (int i = 0; i < all.size(); ++i) drop_extension_options(*reflection.MutableRepeatedMessage(&message, field, i));
      continue;
    }
    int kept = 0;
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      const auto& option = dynamic_cast<const pb::UninterpretedOption&>(reflection.GetRepeatedMessage(message, field, i));
      if (!is_extension(option)) reflection.SwapElements(&message, field, i, kept++);
    }
    while (reflection.FieldSize(message, field) > kept) reflection.RemoveLast(&message, field);
  }
}

std::string add_file(pb::DescriptorPool& pool, const std::string& name, std::string_view text);

std::string add_built_in(pb::DescriptorPool& pool, const std::string& name) {
  for (const auto& [known, text] : kBuiltIn) {
    if (known == name && pool.FindFileByName(name) == nullptr) return add_file(pool, name, text);
  }
  return {};
}

std::string add_file(pb::DescriptorPool& pool, const std::string& name, std::string_view text) {
  if (text.size() > static_cast<size_t>(std::numeric_limits<int>::max())) return name + " is too long";
  Faults faults;
  pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  pb::io::Tokenizer tokens(&stream, &faults);
  pb::compiler::Parser parser;
  pb::FileDescriptorProto file;
  parser.RecordErrorsTo(&faults);
  if (!parser.Parse(&tokens, &file) || !faults.first.empty()) return name + ": " + faults.first;
  file.set_name(name);
  drop_extension_options(file);
  for (const std::string& import : file.dependency()) {
    if (std::string wrong = add_built_in(pool, import); !wrong.empty()) return wrong;
  }
  return pool.BuildFileCollectingErrors(file, &faults) != nullptr ? std::string() : faults.first;
}

}  // namespace

ProtobufSchema::ProtobufSchema() : pool_(pb::DescriptorPool::generated_pool()), factory_(&pool_) {}

const pb::Descriptor* ProtobufSchema::type(const std::vector<int32_t>& path) const {
  const pb::Descriptor* found = nullptr;
  for (const int32_t index : path) {
    if (index >= (found == nullptr ? file_->message_type_count() : found->nested_type_count())) return nullptr;
    found = found == nullptr ? file_->message_type(index) : found->nested_type(index);
  }
  return found;
}

pb::Message& ProtobufSchema::message(const pb::Descriptor& type) {
  std::unique_ptr<pb::Message>& kept = messages_[&type];
  if (kept == nullptr) kept.reset(factory_.GetPrototype(&type)->New());
  kept->Clear();
  return *kept;
}

std::string compile_protobuf(const Written& written, ProtobufSchema& out) {
  const pb::LogSilencer silent;
  for (const Written::Reference& each : written.references) {
    if (out.pool_.FindFileByName(each.name) != nullptr) continue;
    if (std::string wrong = add_file(out.pool_, each.name, each.text); !wrong.empty()) return wrong;
  }
  if (std::string wrong = add_file(out.pool_, kRoot, written.text); !wrong.empty()) return wrong;
  out.file_ = out.pool_.FindFileByName(kRoot);
  return out.file_->message_type_count() == 0 ? "the schema has no message" : std::string();
}

}  // namespace meshgate::kafka::format
