#pragma once

namespace meshgate::app {

/// What the program's exit says; documented in `meshgate --help`.
enum Exit : int {
  kDone = 0,         ///< did what was asked
  kFailed = 1,       ///< could not: the message says why
  kWrongUsage = 2,   ///< the command line or the configuration is wrong: nothing was started
  kUnreachable = 3,  ///< `check`, `plan`: a source cannot be reached or read; `mirror`: the node cannot be reached
  kHeld = 4,         ///< `plan`: all can be read, but the guard would hold deletes
};

}  // namespace meshgate::app
