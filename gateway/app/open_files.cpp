#include "gateway/app/open_files.hpp"

#include <sys/resource.h>

namespace meshgate::app {

std::size_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  const bool raised = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
  return raised ? limit.rlim_max : before;
}

}  // namespace meshgate::app
