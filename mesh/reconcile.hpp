#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/lines.hpp"
#include "mesh/range_sums.hpp"
#include "mesh/result.hpp"

namespace meshgate {

/// POST /reconcile: what two nodes hold of a partition is compared by counts and sums over ranges of its order, and only what differs travels. The
/// order is what both have in common: a feed's entries keep their seqs also in a new epoch, and the log lies in it, so a range is read by itself.
struct ReconcileQuestion {
  static constexpr std::size_t kMostRanges = 2000;  ///< of both kinds

  std::string feed;
  std::string uid;  ///< of the feed of which the asker holds items; empty: not said
  std::string partition;
  Summed by = Summed::lines;      ///< what counts in the sums
  Seq floor{0};                   ///< the asker's: gone lines up to it are left out
  std::vector<SeqRange> ranges;   ///< to be summed; none of both kinds: all there is
  std::vector<SeqRange> lines;    ///< whose lines are wanted
};
/// {"protocol":1,"feed":"orders","uid":"…","partition":"north","floor":3,"ranges":[[0,70123]],"lines":[[17,18]]}; "by":"items" where not lines count
std::string text(const ReconcileQuestion& question);
/// Code::config names what is wrong.
Result<ReconcileQuestion> parse_reconcile_question(std::string_view body);

/// The answer: a mark that says where the node stands, then for each range its sums or its lines.
struct ReconcileAnswer {
  struct Split {
    SeqRange range;
    std::vector<RangePart> parts;
  };
  struct Given {
    SeqRange range;
    std::string lines;
  };
  Mark mark;
  std::vector<Split> splits;
  std::vector<Given> given;  ///< those that were asked for last may be missing, where they would be too much
};
/// {"sums":{"after":0,"to":70123,"parts":[[4386,4386,"9f0c…"],…]}}: for each piece where it ends, its count and its sum.
void append_sums(std::string& out, const ReconcileAnswer::Split& split);
/// {"lines":{"after":17,"to":18}}, behind which the lines of that range come.
void append_lines_of(std::string& out, const SeqRange& range);
/// Code::config: no node answers so.
Result<ReconcileAnswer> parse_reconcile_answer(std::string_view body);

}  // namespace meshgate
