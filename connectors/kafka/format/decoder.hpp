#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/format/field.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka::format {

class Registry;

/// How the keys or the values of a topic are written.
struct DecoderOptions {
  std::string format;              ///< one of formats()
  std::string lone = "value";      ///< the name of the one field of what has no fields of its own: a text, a number, a list
  std::vector<std::string> types;  ///< "total:decimal": fields whose type is declared, of formats without a schema; others do not look at them
  std::string setting = "value_format";  ///< what messages call the format: "value_format"
  bool key = false;                ///< these are keys: their schemas have subjects of their own, and Debezium's keys are plain records
};

/// Turns the bytes of keys or of values into typed fields. Used by one thread at a time. Owns what it has learned of schemas; borrows the
/// registry, which must outlive it.
///
/// Which fields there are: with a schema (avro, protobuf, json-schema, connect-json) every message gives all fields of its schema, in the schema's
/// order, also those that are null; another schema may give others. Without one (json) a message gives what it holds: an integer that fits is
/// int64, other numbers are decimal, objects and lists are json, and a null has no kind. So columns grow as fields are met; `types` settles
/// them beforehand, and fit() (fit.hpp) makes a field's value one of the kind that its column has already, where that can be done exactly.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Decodes the bytes of one key or value; never a missing one (a tombstone's value, a message without key). Blocks while a schema is fetched, until
  /// the registry's timeout; `out` is good when it says MG_OK, and borrows from `bytes` and from the decoder until the next call.
  ///   MG_OK          see out.change
  ///   MG_BAD_RECORD  these bytes cannot be had exactly, and why: quarantine the message with its raw form, go on with the next
  ///   MG_RETRY       the registry cannot be asked at present: ask again with the same bytes later, and do not go past this message
  ///   MG_AUTH, MG_CONFIG, MG_CANCELLED  as everywhere
  virtual sdk::Status decode(std::string_view bytes, Decoded& out) = 0;

  /// The fields to expect of a topic before a message was read: from the registry's latest schema of it, or from `types`. Their values are NULL. None
  /// where nothing is known. Blocks and fails as decode() does.
  virtual sdk::Status expect(std::string_view topic, Decoded& out) = 0;
};

/// The names of the formats, for help texts: "string, bytes, …".
std::string formats();
/// Whether this format asks a registry; false for what is not a format.
bool needs_registry(std::string_view format);

/// MG_CONFIG where the format is unknown, a type is not one, or a registry is needed and is not given (nullptr).
sdk::Status make_decoder(const DecoderOptions& options, Registry* registry, std::unique_ptr<Decoder>& out);

}  // namespace meshgate::kafka::format
