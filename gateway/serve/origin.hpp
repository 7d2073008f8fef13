#pragma once

#include "gateway/serve/admin.hpp"

namespace meshgate::serve {

/// Which node is the origin of a feed: GET /feeds/{feed}/origin for whoever may read it, and POST /admin/promote/{feed}, which makes a copy the origin.
void add_origin(Context& context, net::Router& router);

}  // namespace meshgate::serve
