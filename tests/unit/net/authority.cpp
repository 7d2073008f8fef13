#include "tests/unit/net/authority.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

namespace meshgate::net::test {

Authority::Authority() {
  char name[] = "/tmp/meshgate-authority-XXXXXX";
  folder_ = mkdtemp(name);
  openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj /CN=corp -keyout ca.key -out ca.pem");
}

Authority::~Authority() { std::filesystem::remove_all(folder_); }

void Authority::sign(const std::string& name, int days) const {
  openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/O=corp/CN=" + name + "' -addext subjectAltName=IP:127.0.0.1 -keyout '" + name + ".key.new' -out '" + name + ".csr'");
  openssl("x509 -req -in '" + name + ".csr' -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -days " + std::to_string(days) + " -out '" + name + ".pem.new'");
  ::chmod(path(name + ".key.new").c_str(), 0600);
  std::filesystem::rename(path(name + ".key.new"), path(name + ".key"));
  std::filesystem::rename(path(name + ".pem.new"), path(name + ".pem"));
}

void Authority::openssl(const std::string& words) const {
  const std::string command = "cd " + folder_ + " && openssl " + words + " 2>openssl.log";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace meshgate::net::test
