#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::net {

/// One answer, for the access log. OPERATING.md describes the line.
struct Access {
  Micros at;  ///< when the request was taken
  std::string id;
  std::string remote;  ///< who asked, without port
  std::string person;  ///< the anchor of who was signed in; empty: nobody
  std::string client;  ///< the subject of its certificate; empty: it showed none
  std::string method;  ///< empty: what came was not a request
  std::string target;  ///< path and query as sent
  std::string route;
  std::string agent;
  std::string tls;  ///< the version; empty: in clear
  unsigned status = 0;
  std::uint64_t bytes = 0;  ///< all that was sent, the header included
  std::chrono::microseconds took{0};
};

/// The line of JSON for it, its end included: values of parameters that may hold a secret are "***", texts are bounded.
std::string access_line(const Access& access);

/// Writes lines to a file or standard output on a thread of its own. A disk that does not keep up costs lines, which are counted, never
/// the readers' time. Thread safe.
class AccessLog {
 public:
  /// `where`: a path, or "stdout". Error::config when the file cannot be opened.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& where, base::Log& log, base::Metrics& metrics);
  /// Writes what still waits.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// Never blocks for long.
  void add(const Access& access);
  /// Opens the file anew before the next line: it was renamed by who rotates logs.
  void reopen();

 private:
  AccessLog(std::string where, int file, base::Log& log, base::Metrics& metrics);
  void run();
  void write(std::string_view lines);
  void open_again();

  const std::string where_;
  int file_;  ///< the thread's, once it runs
  base::Log& log_;
  base::Counter& dropped_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_;
  bool reopen_ = false;
  bool stop_ = false;
  bool failing_ = false;  ///< the thread's
  std::thread thread_;    // last: it uses everything above
};

}  // namespace meshgate::net
