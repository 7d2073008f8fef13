#include "tests/integration/ldap/server.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace meshgate::ldap_test {

void Server::script(const std::vector<std::string>& words) {
  std::vector<char*> arguments{const_cast<char*>("python3"), const_cast<char*>(MESHGATE_SLAPD)};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int status = -1;
  if (::posix_spawnp(&child, "python3", &actions, nullptr, arguments.data(), environ) == 0) ::waitpid(child, &status, 0);
  posix_spawn_file_actions_destroy(&actions);
  if (status != 0) ADD_FAILURE() << "tests/services/slapd.py " << words[0] << " failed";
}

}  // namespace meshgate::ldap_test
