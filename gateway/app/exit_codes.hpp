#pragma once

namespace meshgate::app {

/// What the program's exit says; documented in `meshgate --help`.
enum Exit : int {
  kDone = 0,         ///< did what was asked
  kFailed = 1,       ///< could not: the message says why
  kWrongUsage = 2,   ///< the command line or the configuration is wrong: nothing was started
  kUnreachable = 3,  ///< `check`: a source cannot be reached or read; `mirror`: the node cannot be reached
};

}  // namespace meshgate::app
