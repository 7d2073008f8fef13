#include "connectors/kafka/format/protobuf.hpp"

#include <limits>

#include "connectors/kafka/format/avro.hpp"
#include "connectors/kafka/format/protobuf_reader.hpp"
#include "connectors/kafka/format/protobuf_schema.hpp"
#include "connectors/kafka/format/schema_cache.hpp"
#include "connectors/kafka/format/wire.hpp"

namespace meshgate::kafka::format {

namespace {

class ProtobufDecoder : public Decoder {
 public:
  ProtobufDecoder(bool key, Registry& registry) : key_(key), schemas_(registry, Written::Language::protobuf, compile_protobuf) {}

  sdk::Status decode(std::string_view bytes, Decoded& out) override {
    out.begin();
    Framed frame;
    ProtobufSchema* schema = nullptr;
    if (const char* why = split_frame(bytes, frame)) return sdk::failure(MG_BAD_RECORD, why);
    if (sdk::Status known = schemas_.get(frame.schema, schema); !known.ok()) return known;
    if (const char* why = take_message_path(frame.payload, path_)) return sdk::failure(MG_BAD_RECORD, why);
    const google::protobuf::Descriptor* type = schema->type(path_);
    if (type == nullptr) return sdk::failure(MG_BAD_RECORD, "schema " + std::to_string(frame.schema) + " has no message at these indexes");
    const std::string fault = read(schema->message(*type), frame.payload, out);
    return fault.empty() ? sdk::Status{} : sdk::failure(MG_BAD_RECORD, fault);
  }

  sdk::Status expect(std::string_view topic, Decoded& out) override {
    out.begin();
    if (sdk::Status asked = schemas_.latest(subject_of(topic, key_), expected_); !asked.ok() || !expected_) return asked;
    add_columns(*expected_->type({0}), out);
    return {};
  }

 private:
  static std::string read(google::protobuf::Message& message, std::string_view payload, Decoded& out) {
    const google::protobuf::LogSilencer silent;
    const bool fits = payload.size() <= static_cast<size_t>(std::numeric_limits<int>::max());
    if (!fits || !message.ParsePartialFromArray(payload.data(), static_cast<int>(payload.size()))) {
      return "not a Protobuf message of the type " + message.GetDescriptor()->full_name();
    }
    if (!message.IsInitialized()) return "required fields are missing: " + message.InitializationErrorString();
    const std::string fault = add_fields(message, out);
    return fault.empty() ? fault : "field " + fault;
  }

  bool key_;
  SchemaCache<ProtobufSchema> schemas_;
  std::vector<int32_t> path_;
  std::unique_ptr<ProtobufSchema> expected_;
};

}  // namespace

std::unique_ptr<Decoder> make_protobuf_decoder(bool key, Registry& registry) { return std::make_unique<ProtobufDecoder>(key, registry); }

}  // namespace meshgate::kafka::format
