#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/public_key.hpp"
#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

/// Who may read a feed and how it is shown, as its origin says it.
struct Terms {
  std::vector<std::string> read;  ///< rules as they are written; none: nobody
  std::string shown;              ///< its presentation as a JSON object; empty: it has none

  bool operator==(const Terms&) const = default;
};

/// A node whose tokens others may take: its public keys, and which of its devices it takes none of any more.
struct Issuer {
  std::string name;
  PublicKeys keys;
  std::vector<std::string> revoked;  ///< devices, for as long as a token of theirs may live; sorted

  bool operator==(const Issuer&) const = default;
};

/// What a node says to those that follow it, beside its feeds: on what terms it gives each, and whose tokens it takes. It never holds a secret.
struct Charter {
  std::map<std::string, Terms, std::less<>> feeds;
  std::optional<Issuer> issuer;

  bool operator==(const Charter&) const = default;
};

/// The terms of feeds that are followed, by feed: nothing where none have been heard yet. A feed that is not in it has those of this node alone.
using Said = std::map<std::string, std::optional<Terms>, std::less<>>;

/// A charter as it goes over the wire and into a file (FOLLOWING.md). Members that are not known are left out of account.
std::string charter_text(const Charter& charter);
Result<Charter> parse_charter(std::string_view json);

/// The answer to a node that asks for the charter: until when all that decisions rest on was right, what the charter is called, and itself unless the asker has it.
struct Statement {
  Micros as_of{0};
  std::string version;
  std::optional<Charter> charter;
  Micros rules_as_of{0};  ///< until when the charter itself was right, by its origin's clock; 0: not said
};
std::string statement_text(const Statement& statement);
Result<Statement> parse_statement(std::string_view json);

/// Equal charters have equal versions.
std::string version_of(const Charter& charter);

}  // namespace meshgate::access
