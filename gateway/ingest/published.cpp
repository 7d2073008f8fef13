#include "gateway/ingest/published.hpp"

#include <string>

namespace meshgate::ingest {

Status keeps_types(const Schema& published, const Schema& wanted) {
  for (const Field& field : wanted.fields) {
    const Field* before = published.find(field.name);
    if (before == nullptr || before->type == field.type) continue;
    return Error{Code::config, "field '" + field.name + "' was published as " + std::string(name(before->type)) + " and would now be " +
                                   std::string(name(field.type)) + ": publish it under a new name, or cast it to what it was"};
  }
  return {};
}

}  // namespace meshgate::ingest
