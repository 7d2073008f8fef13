#include "mesh/result.hpp"

namespace meshgate {

std::string_view word(Code code) {
  switch (code) {
    case Code::retry: return "retry";
    case Code::reconnect: return "reconnect";
    case Code::auth: return "auth";
    case Code::config: return "config";
    case Code::bad_record: return "bad_record";
    case Code::gone: return "gone";
    case Code::unsupported: return "unsupported";
    case Code::not_found: return "not_found";
    case Code::conflict: return "conflict";
    case Code::no_space: return "no_space";
    case Code::corrupt: return "corrupt";
    case Code::cancelled: return "cancelled";
    case Code::internal: return "internal";
  }
  return "internal";
}

}  // namespace meshgate
