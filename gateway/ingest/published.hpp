#pragma once

#include "mesh/result.hpp"
#include "mesh/schema.hpp"

namespace meshgate::ingest {

/// Whether a feed with the schema `published` may go on with `wanted`. A published field keeps its type: readers have stored its values by it.
Status keeps_types(const Schema& published, const Schema& wanted);

}  // namespace meshgate::ingest
