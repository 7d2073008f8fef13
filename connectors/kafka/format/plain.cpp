#include "connectors/kafka/format/plain.hpp"

#include "connectors/kafka/format/connect_schema.hpp"
#include "connectors/kafka/format/json_text.hpp"

namespace meshgate::kafka::format {

namespace {

class TextDecoder : public Decoder {
 public:
  TextDecoder(std::string lone, int32_t kind) : lone_(std::move(lone)), kind_(kind) {}

  sdk::Status decode(std::string_view bytes, Decoded& out) override {
    out.begin();
    if (kind_ == MG_TEXT && !valid_utf8(bytes)) return sdk::failure(MG_BAD_RECORD, "not UTF-8");
    out.fields.push_back({.name = lone_, .kind = kind_, .nullable = false, .value = sdk::string_value(kind_, bytes)});
    return {};
  }
  sdk::Status expect(std::string_view, Decoded& out) override {
    out.begin();
    out.fields.push_back({.name = lone_, .kind = kind_, .nullable = false});
    return {};
  }

 private:
  std::string lone_;
  int32_t kind_;
};

class IntegerDecoder : public Decoder {
 public:
  IntegerDecoder(std::string lone, size_t width) : lone_(std::move(lone)), width_(width) {}

  sdk::Status decode(std::string_view bytes, Decoded& out) override {
    out.begin();
    if (bytes.size() != width_) {
      return sdk::failure(MG_BAD_RECORD, std::to_string(bytes.size()) + " bytes are not an integer of " + std::to_string(width_) + " bytes");
    }
    uint64_t bits = 0;
    for (const char byte : bytes) bits = bits << 8U | static_cast<unsigned char>(byte);
    const int64_t number = width_ == sizeof(int32_t) ? static_cast<int32_t>(static_cast<uint32_t>(bits)) : static_cast<int64_t>(bits);
    out.fields.push_back({.name = lone_, .kind = MG_INT64, .nullable = false, .value = sdk::int64_value(number)});
    return {};
  }
  sdk::Status expect(std::string_view, Decoded& out) override {
    out.begin();
    out.fields.push_back({.name = lone_, .kind = MG_INT64, .nullable = false});
    return {};
  }

 private:
  std::string lone_;
  size_t width_;
};

class JsonDecoder : public Decoder {
 public:
  JsonDecoder(std::string lone, DeclaredTypes types) : fields_(std::move(lone), std::move(types)) {}

  sdk::Status decode(std::string_view bytes, Decoded& out) override {
    out.begin();
    if (const char* why = tree_.parse(bytes)) return sdk::failure(MG_BAD_RECORD, why);
    const std::string fault = fields_.add(tree_.root(), out);
    return fault.empty() ? sdk::Status{} : sdk::failure(MG_BAD_RECORD, "field " + fault);
  }
  sdk::Status expect(std::string_view, Decoded& out) override {
    out.begin();
    for (const auto& [name, kind] : fields_.declared()) out.fields.push_back({.name = name, .kind = kind});
    return {};
  }

 private:
  FieldsAsMet fields_;
  JsonTree tree_;
};

class ConnectDecoder : public Decoder {
 public:
  ConnectDecoder(std::string lone, DeclaredTypes types, bool bare) : lone_(lone), bare_(bare), fields_(std::move(lone), std::move(types)) {}

  sdk::Status decode(std::string_view bytes, Decoded& out) override {
    out.begin();
    if (const char* why = tree_.parse(bytes)) return sdk::failure(MG_BAD_RECORD, why);
    const auto enveloped = unwrap(tree_.root());
    if (!enveloped && !bare_) return sdk::failure(MG_BAD_RECORD, "not an object of schema and payload, as Kafka Connect's JSON converter writes it");
    std::string fault;
    if (!enveloped || enveloped->schema->form == Json::Form::null) {
      fault = fields_.add(enveloped ? *enveloped->payload : tree_.root(), out);
    } else {
      const ConnectType* type = nullptr;
      if (std::string wrong = schemas_.get(*enveloped->schema, type); !wrong.empty()) return sdk::failure(MG_BAD_RECORD, "schema: " + wrong);
      fault = add_typed(*type, *enveloped->payload, lone_, out);
    }
    return fault.empty() ? sdk::Status{} : sdk::failure(MG_BAD_RECORD, "field " + fault);
  }
  sdk::Status expect(std::string_view, Decoded& out) override {
    out.begin();
    return {};
  }

 private:
  std::string lone_;
  bool bare_;
  FieldsAsMet fields_;
  ConnectSchemas schemas_;
  JsonTree tree_;
};

}  // namespace

std::unique_ptr<Decoder> make_text_decoder(std::string lone, int32_t kind) { return std::make_unique<TextDecoder>(std::move(lone), kind); }

std::unique_ptr<Decoder> make_integer_decoder(std::string lone, size_t width) { return std::make_unique<IntegerDecoder>(std::move(lone), width); }

std::unique_ptr<Decoder> make_json_decoder(std::string lone, DeclaredTypes types) {
  return std::make_unique<JsonDecoder>(std::move(lone), std::move(types));
}

std::unique_ptr<Decoder> make_connect_decoder(std::string lone, DeclaredTypes types, bool bare) {
  return std::make_unique<ConnectDecoder>(std::move(lone), std::move(types), bare);
}

}  // namespace meshgate::kafka::format
