#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace base {

/// A quantity as Kubernetes writes it ("3920m", "15842360Ki", "1.5Gi", "2e3", "8"), counted in parts of which one has
/// `parts`: 1 or 1000. Exact: what is left over is rounded up, as Kubernetes does, and 2^63 - 1 is the most. Nothing
/// when `text` is no quantity, or less than 0. Pure; thread-safe.
std::optional<std::int64_t> parse_quantity(std::string_view text, std::int64_t parts = 1);

}  // namespace base
