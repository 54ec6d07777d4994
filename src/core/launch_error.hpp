#pragma once

#include <cstdint>
#include <string_view>

/// The errors of launches: what they say of capacity.
namespace core {

/// The cause that the error of a launch names.
enum class Cause : std::uint8_t {
  capacity,  ///< there was none
  quota,     ///< the account may not have more
  other,     ///< nothing about capacity: no permission, a wrong request, too many requests
};

struct LaunchError {
  Cause cause = Cause::other;
  /// The code or sentence of the error that names the cause, in the error's own spelling; "" of `other`. All else in it
  /// may be the output of programs, with their secrets.
  std::string_view words{};
};

/// Looks for the codes and sentences of clouds and schedulers, whatever is around them. Pure; `words` is a part of
/// `error`.
LaunchError read_launch_error(std::string_view error);

}  // namespace core
