#pragma once

#include <string>

#include "mapping/presentation.hpp"

namespace meshgate::mapping {

/// What read_presentation() reads as the same, as a JSON object; empty where nothing is said.
std::string presentation_text(const Presentation& presentation);

}  // namespace meshgate::mapping
