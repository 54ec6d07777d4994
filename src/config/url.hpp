#pragma once

#include <string>
#include <string_view>

namespace config {

/// What is wrong with the [USER@]HOST[:PORT] of `url`, and what is right; "" when nothing is. A part with a placeholder
/// such as {name} is taken as it is. Pure.
std::string wrong_authority(std::string_view url);

/// Is this an IP address without brackets? One of IPv6 may have a zone. Pure.
bool is_ip_address(std::string_view text);

/// Has it none but characters of ASCII? Pure.
bool is_ascii(std::string_view text);

}  // namespace config
