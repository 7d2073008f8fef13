#pragma once

#include <string>
#include <string_view>

#include "gateway/serve/answers.hpp"
#include "mesh/cursor.hpp"
#include "mesh/result.hpp"

namespace meshgate::serve {

/// The lines that only POST /sync has, each with its '\n'.

/// {"of":{"feed":"orders","partition":"north"}}: where the lines behind it belong.
std::string of_line(std::string_view feed, std::string_view partition);
/// {"visible":{…}}: a partition that the reader did not know; its lines from 0 follow.
std::string visible_line(std::string_view feed, std::string_view partition);
/// {"denied":{…}}: not allowed any more; the reader drops it.
std::string denied_line(std::string_view feed, std::string_view partition);
/// {"refused":{"feed":…,"partition":…,"status":404,"type":…,"detail":…}}: what /changes would have answered instead of lines.
std::string refused_line(std::string_view feed, std::string_view partition, const Error& error);
/// 401 or 503, by this refusal.
std::string refused_line(std::string_view feed, std::string_view partition, const Refusal& refusal, std::string_view detail);
/// The same for a cursor that cannot be continued, with its "reason".
std::string refused_line(std::string_view feed, std::string_view partition, Answer answer);

}  // namespace meshgate::serve
