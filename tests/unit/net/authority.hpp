#pragma once

#include <string>

namespace meshgate::net::test {

/// Makes certificates with the openssl program, in a folder of its own that goes with it.
class Authority {
 public:
  Authority();
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string certificate() const { return path("ca.pem"); }
  /// NAME.pem and NAME.key, for 127.0.0.1, valid for so many days from now.
  void sign(const std::string& name, int days = 90) const;
  void openssl(const std::string& words) const;

 private:
  std::string folder_;
};

}  // namespace meshgate::net::test
