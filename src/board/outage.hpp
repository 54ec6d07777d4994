#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace board {

/// Which side of the chain probe → database → hardware service → portal is away.
enum class Side : std::uint8_t { hardware, database };

/// "hardware", "database".
std::string_view to_string(Side side);
std::optional<Side> parse_side(std::string_view text);
/// "the portal cannot reach the hardware service", …
std::string_view sentence(Side side);

/// Why no changes come. Until it ends, rows only age.
struct Outage {
  Side side = Side::hardware;
  base::SteadyTime since;

  bool operator==(const Outage&) const = default;
};

/// Shorter ones are not reported: a redeploy, or a change to another replica.
inline constexpr std::chrono::seconds kOutageGrace{3};

}  // namespace board
