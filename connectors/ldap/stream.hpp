#pragma once

#include <functional>
#include <memory>
#include <string>

#include "connectors/ldap/choice.hpp"
#include "connectors/ldap/entry.hpp"
#include "connectors/ldap/link.hpp"
#include "connectors/ldap/server_facts.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::ldap {

/// What the streams of a connection share with it; outlives them.
struct Site {
  Access access;
  Sockets sockets;
  sdk::Host host;
  std::function<bool()> cancelled;
};

/// What every stream has: the choice, the columns, a link for its searches and one for questions by key, which a search under way does not hold up.
class EntryStream : public sdk::Stream {
 public:
  /// Reaches the server and makes the stream that the choice, or what the server offers, asks for. Blocks.
  static sdk::Status open(Site& site, Choice choice, std::unique_ptr<sdk::Stream>& out);

  sdk::Status lookup(const sdk::Keys& keys, sdk::Sink& sink) override;

 protected:
  EntryStream(Site& site, Choice choice, EntryTable table, bool paged, std::unique_ptr<Link> link)
      : site_(site), choice_(std::move(choice)), table_(std::move(table)), paged_(paged), link_(std::move(link)) {}

  /// A link that can be used, opened if there is none. Blocks.
  sdk::Status ensure(std::unique_ptr<Link>& link);
  [[nodiscard]] Query query() const;
  /// Takes an entry into table_, and asks for the rest where the server gave only a part of its values. Blocks.
  sdk::Status take(const Link& link, LDAPMessage* entry);
  /// Emits what table_ holds; false: the host wants no more.
  bool emit(sdk::Sink& sink);
  /// Says so once, when continuation references came: what they stand for is not read.
  void note_references(std::uint64_t count, const Link& link);
  /// How the stream is read, and what of it is not, for people.
  [[nodiscard]] std::string note(std::string_view how) const;

  Site& site_;
  const Choice choice_;
  EntryTable table_;
  const bool paged_;
  std::unique_ptr<Link> link_;
  std::uint64_t references_ = 0;

 private:
  sdk::Status take_rest(const std::string& dn);
  sdk::Status look_up(const std::string& filter, sdk::Sink& sink);

  std::unique_ptr<Link> asking_;
  std::string fault_;
};

/// Microseconds since 1970, by this machine's clock.
std::int64_t now_us();

}  // namespace meshgate::ldap
