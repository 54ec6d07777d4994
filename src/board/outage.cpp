#include "board/outage.hpp"

namespace board {

std::string_view to_string(Side side) {
  return side == Side::database ? "database" : "hardware";
}

std::optional<Side> parse_side(std::string_view text) {
  for (const Side side : {Side::hardware, Side::database})
    if (text == to_string(side)) return side;
  return std::nullopt;
}

std::string_view sentence(Side side) {
  return side == Side::database ? "the hardware service cannot read its database"
                                : "the portal cannot reach the hardware service";
}

}  // namespace board
