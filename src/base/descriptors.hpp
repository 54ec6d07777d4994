#pragma once

#include <cstddef>

namespace base {

/// Raises this process's limit of open descriptors to the highest that it may have, and returns what it is then.
/// Programs that it starts get limits of their own.
std::size_t raise_descriptor_limit();

}  // namespace base
