#include "connectors/kafka/format/avro.hpp"

#include "connectors/kafka/format/avro_reader.hpp"
#include "connectors/kafka/format/schema_cache.hpp"
#include "connectors/kafka/format/wire.hpp"

namespace meshgate::kafka::format {

namespace {

class AvroDecoder : public Decoder {
 public:
  AvroDecoder(std::string lone, bool key, Registry& registry)
      : lone_(std::move(lone)), key_(key), schemas_(registry, Written::Language::avro, compile_avro) {}

  sdk::Status decode(std::string_view bytes, Decoded& out) override {
    out.begin();
    Framed frame;
    AvroSchema* schema = nullptr;
    if (const char* why = split_frame(bytes, frame)) return sdk::failure(MG_BAD_RECORD, why);
    if (sdk::Status known = schemas_.get(frame.schema, schema); !known.ok()) return known;
    AvroReader reader(*schema, frame.payload);
    uint32_t root = schema->root;
    if (schema->chooses_record(root)) {
      if (const char* why = reader.choose(root)) return sdk::failure(MG_BAD_RECORD, why);
    }
    const std::string fault = reader.fields(root, lone_, out);
    if (!fault.empty()) return sdk::failure(MG_BAD_RECORD, "field " + fault);
    return reader.done() ? sdk::Status{} : sdk::failure(MG_BAD_RECORD, "bytes stand behind the Avro value");
  }

  sdk::Status expect(std::string_view topic, Decoded& out) override {
    out.begin();
    if (sdk::Status asked = schemas_.latest(subject_of(topic, key_), expected_); !asked.ok() || !expected_) return asked;
    const AvroType& root = expected_->at(expected_->root);
    for (const AvroType::Member& each : root.members) {
      out.fields.push_back({.name = each.name,
                            .native = expected_->native(each.type),
                            .kind = expected_->kind(each.type),
                            .nullable = expected_->nullable(each.type)});
    }
    if (root.form != AvroType::Form::record) out.fields.push_back({.name = lone_, .kind = expected_->kind(expected_->root)});
    return {};
  }

 private:
  std::string lone_;
  bool key_;
  SchemaCache<AvroSchema> schemas_;
  std::unique_ptr<AvroSchema> expected_;
};

}  // namespace

std::unique_ptr<Decoder> make_avro_decoder(std::string lone, bool key, Registry& registry) {
  return std::make_unique<AvroDecoder>(std::move(lone), key, registry);
}

std::string subject_of(std::string_view topic, bool key) { return std::string(topic) + (key ? "-key" : "-value"); }

}  // namespace meshgate::kafka::format
