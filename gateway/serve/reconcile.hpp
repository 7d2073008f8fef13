#pragma once

#include "gateway/serve/admission.hpp"

namespace meshgate::serve {

/// POST /reconcile: what this node has of a partition, in counts and sums over ranges of its order, and the lines of those that differ. Rights are those
/// of /changes. What is read is bounded by the partition, and two at most are read at once.
void add_reconcile(Context& context, net::Router& router);

}  // namespace meshgate::serve
