#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace meshgate::kafka_test {

/// A Kafka of this test alone, made by tests/services/kafka.py. What cannot be done ends the test with ADD_FAILURE.
class Broker {
 public:
  Broker();
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  [[nodiscard]] std::string servers() const { return of("MESHGATE_TEST_KAFKA"); }
  [[nodiscard]] std::string secure_servers() const { return of("MESHGATE_TEST_KAFKA_SECURE"); }
  [[nodiscard]] std::string authority() const { return of("MESHGATE_TEST_KAFKA_CA"); }
  [[nodiscard]] std::string user() const { return of("MESHGATE_TEST_KAFKA_USER"); }
  [[nodiscard]] std::string password() const { return of("MESHGATE_TEST_KAFKA_PASSWORD"); }

  void kill();
  void start_again();
  void pause();
  void resume();
  /// Somebody has asked something that the paused broker has not taken yet.
  [[nodiscard]] bool has_unread() const;

 private:
  [[nodiscard]] std::string folder() const { return root_ + "/kafka"; }
  [[nodiscard]] std::string of(const std::string& name) const;
  void script(const std::string& word);
  void read_environment();
  [[nodiscard]] pid_t process() const;
  [[nodiscard]] bool gone() const;

  std::string root_;
  std::map<std::string, std::string> environment_;
};

}  // namespace meshgate::kafka_test
