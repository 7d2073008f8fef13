#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/node.hpp"
#include "mapping/presentation.hpp"
#include "mesh/record.hpp"
#include "mesh/result.hpp"
#include "mesh/schema.hpp"

namespace meshgate::mapping {

struct Rules;

/// What a feed's `fields`, `id` and `partition` say, read from YAML but not yet bound to a source's columns.
class Definition {
 public:
  /// The identity: every column becomes a field of the same name, the key becomes the id, one partition "".
  Definition();
  ~Definition();
  Definition(const Definition&);
  Definition(Definition&&) noexcept;
  Definition& operator=(const Definition&);
  Definition& operator=(Definition&&) noexcept;

  /// Reads the three nodes (absent ones mean the identity). What is wrong with them as such goes to `out` with its place; so does
  /// what a later version will do (`{expr: …}`), as a sentence.
  static Definition read(const config::Node& fields, const config::Node& id, const config::Node& partition, config::Diagnostics& out);

  /// Equal texts mean the same rules: a stable, human readable form of the definition, kept with the feed.
  [[nodiscard]] std::string fingerprint() const;
  /// Whether items are divided into partitions.
  [[nodiscard]] bool divided() const;

  /// How its items are shown; no part of the rules.
  [[nodiscard]] const Presentation& presentation() const { return presentation_; }
  void show_as(Presentation presentation) { presentation_ = std::move(presentation); }

 private:
  friend class Mapping;
  std::shared_ptr<const Rules> rules_;
  Presentation presentation_;
};

/// An item made of a record. Reused from record to record so that its buffers stay.
struct MappedItem {
  std::string key;  ///< the record's key text (see append_key)
  std::string id;
  std::string content;                  ///< canonical JSON
  std::vector<std::string> partitions;  ///< sorted, unique, at least one
  std::string scratch;                  ///< working space of the mapping
};

/// A definition compiled against one source schema: Record → Item, straight from column values to canonical JSON bytes. Pure;
/// immutable after compile, so one Mapping may be used by several threads.
class Mapping {
 public:
  /// Errors name file:line:column: an unknown column ("did you mean"), a cast that cannot work, a column of a type that cannot be carried
  /// (in `uncarried`, not in `source`, by name and native type), a source without a key and without `id:`, a presentation of fields that
  /// the items do not have.
  static std::unique_ptr<const Mapping> compile(const Definition& definition, const Schema& source,
                                                const std::vector<Field>& uncarried, const config::Place& feed,
                                                config::Diagnostics& out);

  virtual ~Mapping() = default;

  /// The items' schema, fields sorted by name, version 0.
  [[nodiscard]] virtual const Schema& schema() const = 0;
  /// Whether id == key for every record, so that a reported delete of a key names its item.
  [[nodiscard]] virtual bool id_is_key() const = 0;

  /// Maps an upsert. Error::bad_record names the field and the reason; `out.key` is then set if the key could be read, else empty.
  [[nodiscard]] virtual Status apply(const Record& record, MappedItem& out) const = 0;
  /// Only the key of a record.
  [[nodiscard]] virtual Status key_of(const Record& record, std::string& out) const = 0;
  /// The values of a key text, for asking the source again; they borrow from `storage`. Empty if the text is not such a key.
  [[nodiscard]] virtual std::vector<Value> key_values(std::string_view key, std::vector<std::string>& storage) const = 0;
};

}  // namespace meshgate::mapping
