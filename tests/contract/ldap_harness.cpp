#include <thread>

#include "tests/contract/harness.hpp"
#include "tests/integration/ldap/server.hpp"

namespace meshgate::contract {

namespace {

/// Entries of a slapd of its own. The key is an attribute that the suite can choose, so this is the reading by polls and scans; what the server tells of
/// its own (RFC 4533) knows entries by entryUUID alone, and is tested in tests/integration/ldap/sync_test.cpp.
class LdapHarness : public Harness {
 public:
  [[nodiscard]] std::string plugin() const override { return MESHGATE_PLUGIN; }
  [[nodiscard]] ingest::Settings connection() const override {
    return {{"url", server_.url()}, {"tls", "off"}, {"dn", server_.reader()}, {"password", server_.reader_password()}, {"timeout", "60000"}};
  }
  [[nodiscard]] ingest::Settings stream() const override { return with({{"capture", "scan"}, {"page", "7"}}); }
  [[nodiscard]] ingest::Settings followed_stream() const override { return with({{"capture", "poll"}, {"sweep", "300"}}); }
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
            {"no such attribute", good, of("attributes", "colour"), "colour"},
            {"a password", good, of("attributes", "userPassword"), "userPassword"},
            {"a password by its number", good, of("attributes", "2.5.4.35"), "2.5.4.35"},
            {"a password under another name", good, of("attributes", "secondPassword"), "secondPassword"},
            {"everything", good, of("attributes", "*"), "*"},
            {"no such key", good, {{"base", server_.people()}, {"key", "colour"}}, "colour"},
            {"sync by another key", good, of("capture", "sync"), "key:"},
            {"capture unknown", good, of("capture", "guess"), "guess"},
            {"scope unknown", good, of("scope", "up"), "scope:"}};
  }

  void insert(const std::vector<Row>& rows) override {
    for (const Row& row : rows) {
      ldap_test::Attributes attributes = {{"objectClass", {"testRow"}}, {"id", {std::to_string(row.id)}}};
      if (row.name) attributes["name"] = {*row.name};
      if (row.total) attributes["total"] = {*row.total};
      server_.add(dn_of(row.id), attributes);
    }
  }
  void update(const Row& row) override { server_.replace(dn_of(row.id), {{"name", texts(row.name)}, {"total", texts(row.total)}}); }
  void erase(std::int64_t id) override { server_.remove(dn_of(id)); }
  /// Every text that the server takes is UTF-8.
  bool insert_bad(std::int64_t) override { return false; }
  void stop_source() override { server_.kill(); }
  void start_source() override { server_.start_again(); }
  bool block_reads() override {
    server_.pause();
    return true;
  }
  void wait_until_blocked() override {
    while (!server_.has_unread()) std::this_thread::yield();
  }

 private:
  [[nodiscard]] std::string dn_of(std::int64_t id) const { return "id=" + std::to_string(id) + "," + server_.people(); }
  static std::vector<std::string> texts(const std::optional<std::string>& text) { return text ? std::vector<std::string>{*text} : std::vector<std::string>{}; }
  [[nodiscard]] ingest::Settings with(const ingest::Settings& more) const {
    ingest::Settings out = {{"base", server_.people()}, {"filter", "(objectClass=testRow)"}, {"key", "id"}, {"single", "name"}};
    for (const char* attribute : {"name", "total"}) out.push_back({"attributes", attribute});
    for (const auto& one : more) {
      std::erase_if(out, [&](const auto& before) { return before.name == one.name; });
      out.push_back(one);
    }
    return out;
  }

  ldap_test::Server server_;
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Ldap, ConnectorContract, testing::Values(HarnessKind{"Slapd", [] { return std::make_unique<LdapHarness>(); }}), kind_name);

}  // namespace meshgate::contract
