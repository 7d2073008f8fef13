#include "connectors/kafka/format/debezium.hpp"

#include <charconv>

#include "connectors/kafka/format/avro.hpp"
#include "connectors/kafka/format/avro_reader.hpp"
#include "connectors/kafka/format/connect_schema.hpp"
#include "connectors/kafka/format/schema_cache.hpp"
#include "connectors/kafka/format/wire.hpp"

namespace meshgate::kafka::format {

namespace {

constexpr const char* kNoEvent = "not a change event of Debezium: it has no op; a topic of plain records has another format";

/// What stands in place of a large value that has not changed, as it is, in base64 and in hex.
constexpr std::string_view kUnavailable[] = {
    "__debezium_unavailable_value",
    "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==",
    "5f5f646562657a69756d5f756e617661696c61626c655f76616c7565",
};

bool is_unavailable(const mg_value& value) {
  if (value.kind != MG_TEXT && value.kind != MG_BYTES && value.kind != MG_JSON) return false;
  const std::string_view text = sdk::view(value.s);
  for (const std::string_view placeholder : kUnavailable) {
    if (text == placeholder) return true;
    if (value.kind == MG_JSON && text.find(placeholder) != std::string_view::npos) return true;
  }
  return false;
}

/// What an event says beside its record.
struct Event {
  std::string op;
  int64_t source_millis = 0;
  int64_t source_micros = 0;
  bool after = false;  ///< there is one, and its fields were added
};

sdk::Status bad(std::string why) { return sdk::failure(MG_BAD_RECORD, std::move(why)); }

sdk::Status conclude(const Event& event, Decoded& out) {
  int64_t micros = event.source_micros;
  if (micros == 0 && __builtin_mul_overflow(event.source_millis, 1000, &micros)) micros = 0;
  out.source_time_us = micros;
  const bool puts = event.op == "c" || event.op == "u" || event.op == "r";
  if (puts) {
    if (!event.after) return bad("an event of op " + event.op + " without after");
    for (const Field& field : out.fields) {
      if (!is_unavailable(field.value)) continue;
      return bad("field " + std::string(field.name) + ": Debezium did not send its value, since it had not changed; let the table send whole rows " +
                 "(PostgreSQL: ALTER TABLE … REPLICA IDENTITY FULL)");
    }
    return {};
  }
  out.fields.clear();
  if (event.op == "d") {
    out.change = Change::remove;
  } else if (event.op == "t") {
    out.change = Change::clear;
  } else if (event.op == "m") {
    out.change = Change::nothing;
  } else {
    return bad(event.op.empty() ? kNoEvent : "an event of op " + event.op + ", which is none of c, u, r, d, t and m");
  }
  return {};
}

class DebeziumDecoder : public Decoder {
 public:
  explicit DebeziumDecoder(DeclaredTypes types) : fields_("after", std::move(types)) {}

  sdk::Status decode(std::string_view bytes, Decoded& out) override {
    out.begin();
    if (const char* why = tree_.parse(bytes)) return bad(why);
    const auto enveloped = unwrap(tree_.root());
    const Json& json = enveloped ? *enveloped->payload : tree_.root();
    if (json.form == Json::Form::null) {
      out.change = Change::remove;  // a tombstone, as a converter writes it that writes something for nothing
      return {};
    }
    Event event = described(json);
    const Json* after = member(json, "after");
    event.after = after != nullptr && after->form == Json::Form::object;
    if (event.after && event.op != "d") {
      const std::string fault = enveloped && enveloped->schema->form != Json::Form::null ? typed(*enveloped->schema, *after, out) : fields_.add(*after, out);
      if (!fault.empty()) return bad("field " + fault);
    }
    return conclude(event, out);
  }
  sdk::Status expect(std::string_view, Decoded& out) override {
    out.begin();
    for (const auto& [name, kind] : fields_.declared()) out.fields.push_back({.name = name, .kind = kind});
    return {};
  }

 private:
  static int64_t number(const Json& object, std::string_view name) {
    const Json* found = member(object, name);
    int64_t out = 0;
    if (found != nullptr) std::from_chars(found->token.data(), found->token.data() + found->token.size(), out);
    return out;
  }
  static Event described(const Json& json) {
    Event event{.op = std::string(member_text(json, "op"))};
    if (const Json* source = member(json, "source")) {
      event.source_millis = number(*source, "ts_ms");
      event.source_micros = number(*source, "ts_us");
    }
    return event;
  }

  std::string typed(const Json& schema, const Json& after, Decoded& out) {
    const ConnectType* event = nullptr;
    if (std::string wrong = schemas_.get(schema, event); !wrong.empty()) return "after: " + wrong;
    const ConnectType* type = event->member("after");
    return type != nullptr ? add_typed(*type, after, "after", out) : "after: the schema does not say what it is";
  }

  FieldsAsMet fields_;
  ConnectSchemas schemas_;
  JsonTree tree_;
};

class DebeziumAvroDecoder : public Decoder {
 public:
  explicit DebeziumAvroDecoder(Registry& registry) : schemas_(registry, Written::Language::avro, compile_avro) {}

  sdk::Status decode(std::string_view bytes, Decoded& out) override {
    out.begin();
    Framed frame;
    AvroSchema* schema = nullptr;
    if (const char* why = split_frame(bytes, frame)) return bad(why);
    if (sdk::Status known = schemas_.get(frame.schema, schema); !known.ok()) return known;
    AvroReader reader(*schema, frame.payload);
    uint32_t root = schema->root;
    if (const char* why = reader.choose(root)) return bad(why);
    if (schema->at(root).form != AvroType::Form::record) return bad(kNoEvent);
    Event event;
    for (const AvroType::Member& each : schema->at(root).members) {
      const std::string fault = part(*schema, each, reader, event, out);
      if (!fault.empty()) return bad("field " + fault);
    }
    return reader.done() ? conclude(event, out) : bad("bytes stand behind the Avro value");
  }

  sdk::Status expect(std::string_view topic, Decoded& out) override {
    out.begin();
    if (sdk::Status asked = schemas_.latest(subject_of(topic, false), expected_); !asked.ok() || !expected_) return asked;
    const AvroSchema& schema = *expected_;
    for (const AvroType::Member& each : schema.at(schema.root).members) {
      if (each.name != "after") continue;
      for (const uint32_t branch : schema.at(each.type).inner) {
        for (const AvroType::Member& member : schema.at(branch).members) {
          out.fields.push_back(
              {.name = member.name, .native = schema.native(member.type), .kind = schema.kind(member.type), .nullable = schema.nullable(member.type)});
        }
      }
    }
    return {};
  }

 private:
  std::string part(const AvroSchema& schema, const AvroType::Member& member, AvroReader& reader, Event& event, Decoded& out) {
    const char* why = nullptr;
    if (member.name == "after") {
      uint32_t type = member.type;
      if ((why = reader.choose(type)) == nullptr) {
        event.after = schema.at(type).form == AvroType::Form::record;
        if (event.after) return reader.fields(type, member.name, out);
        why = reader.skip(type);
      }
    } else if (member.name == "op") {
      mg_value op{};
      why = reader.value(member.type, out.texts, op);
      if (op.kind == MG_TEXT) event.op = sdk::view(op.s);
    } else if (member.name == "source" && schema.at(member.type).form == AvroType::Form::record) {
      why = source(schema, member.type, reader, event, out.texts);
    } else {
      why = reader.skip(member.type);
    }
    return why == nullptr ? std::string() : member.name + ": " + why;
  }

  static const char* source(const AvroSchema& schema, uint32_t type, AvroReader& reader, Event& event, Texts& texts) {
    for (const AvroType::Member& each : schema.at(type).members) {
      int64_t* wanted = each.name == "ts_ms" ? &event.source_millis : each.name == "ts_us" ? &event.source_micros : nullptr;
      mg_value number{};
      const char* why = wanted != nullptr ? reader.value(each.type, texts, number) : reader.skip(each.type);
      if (why != nullptr) return why;
      if (number.kind == MG_INT64) *wanted = number.i;
    }
    return nullptr;
  }

  SchemaCache<AvroSchema> schemas_;
  std::unique_ptr<AvroSchema> expected_;
};

}  // namespace

std::unique_ptr<Decoder> make_debezium_decoder(DeclaredTypes types) { return std::make_unique<DebeziumDecoder>(std::move(types)); }

std::unique_ptr<Decoder> make_debezium_avro_decoder(Registry& registry) { return std::make_unique<DebeziumAvroDecoder>(registry); }

}  // namespace meshgate::kafka::format
