#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace probe {

/// The texts that `text` may encode, other than itself: without its escapes (JSON, C, Python, URLs, HTML), those of
/// CSS, those of quoted-printable, its tags, and its base64 and hexadecimal digits from each place where these may
/// begin. One layer of each. Pure.
std::vector<std::string> decodings(std::string_view text);

}  // namespace probe
