#pragma once

#include <gtest/gtest.h>
#include <ldap.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace meshgate::ldap_test {

/// The attributes of an entry, each with its values.
using Attributes = std::map<std::string, std::vector<std::string>>;

/// A slapd of this test alone, made by tests/services/slapd.py, and changed behind the connector's back as its administrator. What cannot be done ends
/// the test with ADD_FAILURE.
class Server {
 public:
  explicit Server(std::vector<std::string> options = {}) {
    std::string pattern = "/tmp/meshgate-slapd-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    root_ = pattern;
    std::filesystem::permissions(root_, std::filesystem::perms(0755));
    options.insert(options.begin(), {"start", folder()});
    script(options);
    read_environment();
  }
  ~Server() {
    close();
    resume();
    script({"stop", folder()});
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::string folder() const { return root_ + "/slapd"; }
  [[nodiscard]] std::string url() const { return environment_.at("MESHGATE_TEST_LDAP_URL"); }
  [[nodiscard]] std::string tls_url() const { return environment_.at("MESHGATE_TEST_LDAPS_URL"); }
  [[nodiscard]] int port() const { return std::atoi(url().substr(url().rfind(':') + 1).c_str()); }
  [[nodiscard]] std::string suffix() const { return environment_.at("MESHGATE_TEST_LDAP_BASE"); }
  [[nodiscard]] std::string people() const { return "ou=people," + suffix(); }
  [[nodiscard]] std::string reader() const { return environment_.at("MESHGATE_TEST_LDAP_READER"); }
  [[nodiscard]] std::string reader_password() const { return environment_.at("MESHGATE_TEST_LDAP_READER_PASSWORD"); }
  [[nodiscard]] std::string authority() const { return environment_.at("MESHGATE_TEST_LDAP_CA"); }
  [[nodiscard]] std::string admin() const { return environment_.at("MESHGATE_TEST_LDAP_ADMIN"); }
  [[nodiscard]] std::string admin_password() const { return environment_.at("MESHGATE_TEST_LDAP_ADMIN_PASSWORD"); }

  void kill() {
    close();
    if (process() > 0) ::kill(process(), SIGKILL);
    while (!gone()) std::this_thread::yield();
  }
  void start_again() { script({"again", folder()}); }
  void pause() {
    if (process() > 0) ::kill(process(), SIGSTOP);
  }
  void resume() {
    if (process() > 0) ::kill(process(), SIGCONT);
  }
  /// Somebody has asked something that the paused server has not taken yet.
  [[nodiscard]] bool has_unread() const {
    std::ifstream table("/proc/net/tcp");
    std::string line;
    while (std::getline(table, line)) {
      unsigned local = 0;
      unsigned state = 0;
      unsigned sent = 0;
      unsigned received = 0;
      if (std::sscanf(line.c_str(), " %*d: %*x:%x %*x:%*x %x %x:%x", &local, &state, &sent, &received) != 4) continue;
      if (local == static_cast<unsigned>(port()) && state == 1 && received > 0) return true;
    }
    return false;
  }

  void add(const std::string& dn, const Attributes& attributes) { change(dn, attributes, LDAP_MOD_ADD, true); }
  /// With an entryUUID that the test has chosen.
  void add_as(const std::string& uuid, const std::string& dn, Attributes attributes) {
    attributes["entryUUID"] = {uuid};
    LDAPControl relax{const_cast<char*>(LDAP_CONTROL_RELAX), {0, nullptr}, 1};
    std::vector<LDAPControl*> controls = {&relax, nullptr};
    change(dn, attributes, LDAP_MOD_ADD, true, controls.data());
  }
  void replace(const std::string& dn, const Attributes& attributes) { change(dn, attributes, LDAP_MOD_REPLACE, false); }
  void remove(const std::string& dn) { must(ldap_delete_ext_s(handle(), dn.c_str(), nullptr, nullptr), "delete " + dn); }
  void rename(const std::string& dn, const std::string& part, const std::string& above = {}) {
    must(ldap_rename_s(handle(), dn.c_str(), part.c_str(), above.empty() ? nullptr : above.c_str(), 1, nullptr, nullptr), "rename " + dn);
  }
  std::string add_person(const std::string& uid, Attributes more = {}) {
    more.try_emplace("objectClass", std::vector<std::string>{"inetOrgPerson"});
    more.try_emplace("cn", std::vector<std::string>{uid + " Name"});
    more.try_emplace("sn", std::vector<std::string>{"Name"});
    more.try_emplace("uid", std::vector<std::string>{uid});
    const std::string dn = "uid=" + uid + "," + people();
    add(dn, more);
    return dn;
  }

 private:
  LDAP* handle() {
    if (handle_ != nullptr) return handle_;
    const int version = LDAP_VERSION3;
    std::string password = admin_password();
    berval given{password.size(), password.data()};
    must(ldap_initialize(&handle_, url().c_str()), "initialize");
    ldap_set_option(handle_, LDAP_OPT_PROTOCOL_VERSION, &version);
    must(ldap_sasl_bind_s(handle_, admin().c_str(), LDAP_SASL_SIMPLE, &given, nullptr, nullptr, nullptr), "bind");
    return handle_;
  }
  void close() {
    if (handle_ != nullptr) ldap_unbind_ext_s(handle_, nullptr, nullptr);
    handle_ = nullptr;
  }
  static void must(int code, const std::string& what) {
    if (code != LDAP_SUCCESS) ADD_FAILURE() << what << ": " << ldap_err2string(code);
  }
  void change(const std::string& dn, const Attributes& attributes, int operation, bool entry, LDAPControl** controls = nullptr) {
    std::vector<std::vector<berval>> values;
    std::vector<std::vector<berval*>> pointers;
    std::vector<LDAPMod> changes(attributes.size());
    std::vector<LDAPMod*> list;
    values.reserve(attributes.size());
    pointers.reserve(attributes.size());
    size_t at = 0;
    for (const auto& [name, texts] : attributes) {
      auto& own = values.emplace_back();
      for (const std::string& text : texts) own.push_back({text.size(), const_cast<char*>(text.data())});
      auto& to = pointers.emplace_back();
      for (berval& one : own) to.push_back(&one);
      to.push_back(nullptr);
      changes[at].mod_op = operation | LDAP_MOD_BVALUES;
      changes[at].mod_type = const_cast<char*>(name.c_str());
      changes[at].mod_bvalues = to.data();
      list.push_back(&changes[at++]);
    }
    list.push_back(nullptr);
    must(entry ? ldap_add_ext_s(handle(), dn.c_str(), list.data(), controls, nullptr) : ldap_modify_ext_s(handle(), dn.c_str(), list.data(), nullptr, nullptr), "change " + dn);
  }

  void script(const std::vector<std::string>& words);
  void read_environment() {
    std::ifstream in(folder() + "/env");
    std::string line;
    while (std::getline(in, line)) {
      const size_t equals = line.find('=');
      if (!line.starts_with("export ") || equals == std::string::npos) continue;
      std::string value = line.substr(equals + 1);
      if (value.size() > 1 && value.front() == '\'') value = value.substr(1, value.size() - 2);
      environment_[line.substr(7, equals - 7)] = value;
    }
  }
  [[nodiscard]] pid_t process() const {
    pid_t out = 0;
    std::ifstream(folder() + "/slapd.pid") >> out;
    return out;
  }
  [[nodiscard]] bool gone() const {
    std::ifstream status("/proc/" + std::to_string(process()) + "/status");
    std::string line;
    while (std::getline(status, line)) {
      if (line.starts_with("State:")) return line.find('Z') != std::string::npos;
    }
    return true;
  }

  std::string root_;
  std::map<std::string, std::string> environment_;
  LDAP* handle_ = nullptr;
};

}  // namespace meshgate::ldap_test
