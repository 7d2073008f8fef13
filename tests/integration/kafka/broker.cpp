#include "tests/integration/kafka/broker.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

extern char** environ;

namespace meshgate::kafka_test {

Broker::Broker() {
  std::string pattern = "/tmp/meshgate-kafka-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
  root_ = pattern;
  script("start");
  read_environment();
}

Broker::~Broker() {
  script("stop");
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

void Broker::kill() {
  if (process() > 0) ::kill(process(), SIGKILL);
  while (!gone()) std::this_thread::yield();
}

void Broker::start_again() { script("again"); }

void Broker::pause() {
  if (process() > 0) ::kill(process(), SIGSTOP);
}

void Broker::resume() {
  if (process() > 0) ::kill(process(), SIGCONT);
}

bool Broker::has_unread() const {
  const auto port = static_cast<unsigned>(std::atoi(servers().substr(servers().rfind(':') + 1).c_str()));
  for (const char* name : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream table(name);
    std::string line;
    while (std::getline(table, line)) {
      unsigned local = 0;
      unsigned state = 0;
      unsigned sent = 0;
      unsigned received = 0;
      if (std::sscanf(line.c_str(), " %*d: %*x:%x %*x:%*x %x %x:%x", &local, &state, &sent, &received) != 4) continue;
      if (local == port && state == 1 && received > 0) return true;
    }
  }
  return false;
}

std::string Broker::of(const std::string& name) const {
  const auto found = environment_.find(name);
  return found == environment_.end() ? std::string("127.0.0.1:1") : found->second;
}

void Broker::script(const std::string& word) {
  const std::string at = folder();
  std::vector<char*> arguments{const_cast<char*>("python3"), const_cast<char*>(MESHGATE_KAFKA), const_cast<char*>(word.c_str()), const_cast<char*>(at.c_str()), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int status = -1;
  if (::posix_spawnp(&child, "python3", &actions, nullptr, arguments.data(), environ) == 0) ::waitpid(child, &status, 0);
  posix_spawn_file_actions_destroy(&actions);
  if (status != 0) ADD_FAILURE() << "tests/services/kafka.py " << word << " failed";
}

void Broker::read_environment() {
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

pid_t Broker::process() const {
  pid_t out = 0;
  std::ifstream(folder() + "/kafka.pid") >> out;
  return out;
}

bool Broker::gone() const {
  std::ifstream status("/proc/" + std::to_string(process()) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("State:")) return line.find('Z') != std::string::npos;
  }
  return true;
}

}  // namespace meshgate::kafka_test
