#include <array>
#include <cstdio>
#include <set>
#include <thread>
#include <utility>

#include "tests/contract/harness.hpp"
#include "tests/integration/ldap/server.hpp"

namespace meshgate::contract {

namespace {

/// Entries of a slapd, read by polls and scans under a key that the suite chooses. The server is that of all tests of its kind; each leaves it empty.
class LdapHarness : public Harness {
 public:
  explicit LdapHarness(ldap_test::Server& server) : server_(server) {}
  ~LdapHarness() override {
    server_.resume();
    if (stopped_) server_.start_again();
    for (const std::int64_t id : std::exchange(there_, {})) server_.remove(dn_of(id));
  }
  [[nodiscard]] std::string plugin() const override { return MESHGATE_PLUGIN; }
  [[nodiscard]] ingest::Settings connection() const override {
    return {{"url", server_.url()}, {"tls", "off"}, {"dn", server_.reader()}, {"password", server_.reader_password()}, {"timeout", "60000"}};
  }
  [[nodiscard]] ingest::Settings stream() const override { return with({{"key", "id"}, {"capture", "scan"}, {"page", "7"}}); }
  [[nodiscard]] ingest::Settings followed_stream() const override { return with({{"key", "id"}, {"capture", "poll"}, {"sweep", "300"}}); }
  [[nodiscard]] std::string stream_name() const override { return server_.people(); }
  [[nodiscard]] bool discovers_key() const override { return false; }
  [[nodiscard]] bool holds_empty_text() const override { return false; }

  [[nodiscard]] std::vector<WrongSettings> wrong_settings() const override {
    const auto good = connection();
    const auto changed = [&](std::string_view name, const std::string& value) {
      auto out = good;
      for (auto& setting : out) {
        if (setting.name == name) setting.value = value;
      }
      return out;
    };
    const auto more = [&](std::string name, std::string value) {
      auto out = good;
      out.push_back({std::move(name), std::move(value)});
      return out;
    };
    const auto of = [&](std::string name, std::string value) { return with({{std::move(name), std::move(value)}}); };
    return {{"no such host", changed("url", "ldap://no.such.host.invalid"), stream(), "no.such.host.invalid"},
            {"no address", changed("url", "http://localhost"), stream(), "http://localhost"},
            {"two kinds of TLS", changed("tls", "ldaps"), stream(), "ldaps"},
            {"TLS unknown", changed("tls", "maybe"), stream(), "maybe"},
            {"no name", changed("dn", ""), stream(), "dn:"},
            {"no password", changed("password", ""), stream(), "password:"},
            {"no certificate", more("sasl", "external"), stream(), "certificate:"},
            {"url and domain", more("domain", "corp.example"), stream(), "domain:"},
            {"no such base", good, {{"base", "ou=nowhere," + server_.suffix()}}, "ou=nowhere"},
            {"no base at all", good, {{"base", "people"}}, "people"},
            {"no filter", good, of("filter", "objectClass"), "filter:"},
            {"half a filter", good, of("filter", "(&(objectClass=testRow)(name=*)"), "filter:"},
            {"no such attribute", good, of("attributes", "colour"), "colour"},
            {"a password", good, of("attributes", "userPassword"), "userPassword"},
            {"a password by its number", good, of("attributes", "2.5.4.35"), "2.5.4.35"},
            {"a password under another name", good, of("attributes", "secondPassword"), "secondPassword"},
            {"everything", good, of("attributes", "*"), "*"},
            {"no such key", good, {{"base", server_.people()}, {"key", "colour"}}, "colour"},
            {"sync by another key", good, with({{"capture", "sync"}, {"key", "id"}}), "key:"},
            {"capture unknown", good, of("capture", "guess"), "guess"},
            {"scope unknown", good, of("scope", "up"), "scope:"}};
  }

  void insert(const std::vector<Row>& rows) override {
    for (const Row& row : rows) {
      ldap_test::Attributes attributes = {{"objectClass", {"testRow"}}, {"id", {std::to_string(row.id)}}};
      if (row.name) attributes["name"] = {*row.name};
      if (row.total) attributes["total"] = {*row.total};
      add(row.id, attributes);
      there_.insert(row.id);
    }
  }
  void update(const Row& row) override { server_.replace(dn_of(row.id), {{"name", texts(row.name)}, {"total", texts(row.total)}}); }
  void erase(std::int64_t id) override {
    server_.remove(dn_of(id));
    there_.erase(id);
  }
  /// Every text that the server takes is UTF-8.
  bool insert_bad(std::int64_t) override { return false; }
  void stop_source() override {
    server_.kill();
    stopped_ = true;
  }
  void start_source() override {
    server_.start_again();
    stopped_ = false;
  }
  bool block_reads() override {
    server_.pause();
    return true;
  }
  void wait_until_blocked() override {
    while (!server_.has_unread()) std::this_thread::yield();
  }

 protected:
  virtual void add(std::int64_t id, const ldap_test::Attributes& attributes) { server_.add(dn_of(id), attributes); }
  [[nodiscard]] std::string dn_of(std::int64_t id) const { return "id=" + std::to_string(id) + "," + server_.people(); }
  static std::vector<std::string> texts(const std::optional<std::string>& text) { return text ? std::vector<std::string>{*text} : std::vector<std::string>{}; }
  [[nodiscard]] ingest::Settings with(const ingest::Settings& more) const {
    ingest::Settings out = {{"base", server_.people()}, {"filter", "(&(objectClass=testRow)(|(id=*)(!(name=nobody))))"}, {"single", "name"}};
    for (const char* attribute : {"id", "name", "total"}) out.push_back({"attributes", attribute});
    for (const auto& one : more) {
      std::erase_if(out, [&](const auto& before) { return before.name == one.name; });
      out.push_back(one);
    }
    return out;
  }

  ldap_test::Server& server_;

 private:
  std::set<std::int64_t> there_;
  bool stopped_ = false;
};

/// The same, told by the server itself (RFC 4533), which knows entries by entryUUID alone: each row's is its id.
class TrackedHarness : public LdapHarness {
 public:
  using LdapHarness::LdapHarness;
  [[nodiscard]] ingest::Settings stream() const override { return with({{"capture", "sync"}, {"sweep", "0"}}); }
  [[nodiscard]] ingest::Settings followed_stream() const override { return with({{"capture", "sync"}, {"sweep", "300"}}); }
  [[nodiscard]] bool is_tracked() const override { return true; }
  /// Some entries may have been sent before the server was stopped, or all; then the read waits for the next change.
  void wait_until_blocked() override {}
  [[nodiscard]] bool discovers_key() const override { return false; }
  [[nodiscard]] std::string key_column() const override { return "entryUUID"; }
  [[nodiscard]] Value key_of(std::int64_t id, std::string& borrowed) const override {
    borrowed = uuid_of(id);
    return Value::of_text(Type::text, borrowed);
  }

 protected:
  void add(std::int64_t id, const ldap_test::Attributes& attributes) override { server_.add_as(uuid_of(id), dn_of(id), attributes); }

 private:
  static std::string uuid_of(std::int64_t id) {
    std::array<char, 37> out{};
    const auto number = static_cast<unsigned long long>(id);
    std::snprintf(out.data(), out.size(), "00000000-0000-0000-%04llx-%012llx", number >> 48U, number & 0xffffffffffffULL);
    return out.data();
  }
};

/// A kind of harness over one server, which is started with the first test of it.
template <class Kind>
HarnessKind over(std::string name, std::vector<std::string> options) {
  auto server = std::make_shared<std::unique_ptr<ldap_test::Server>>();
  return {std::move(name), [server, options = std::move(options)] {
            if (*server == nullptr) *server = std::make_unique<ldap_test::Server>(options);
            return std::make_unique<Kind>(**server);
          }};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Ldap, ConnectorContract,
                         testing::Values(over<LdapHarness>("Polled", {}), over<TrackedHarness>("WithSessionLog", {"--session-log", "1000"}),
                                         over<TrackedHarness>("WithoutSessionLog", {})),
                         kind_name);

}  // namespace meshgate::contract
