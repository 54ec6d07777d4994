#pragma once

#include <string>
#include <string_view>

namespace http {

inline constexpr int kGzipLevel = 4;
/// For zlib: 15 bits, and 16 asks for the gzip format.
inline constexpr int kGzipWindowBits = 15 + 16;

/// `data` in gzip format (RFC 1952). Costs about 4 ms per MB at this level; the bytes depend on `data` alone.
std::string gzip(std::string_view data);

/// Does an Accept-Encoding header allow gzip (RFC 9110, section 12.5.3)?
bool accepts_gzip(std::string_view accept_encoding);

/// The quality of `type` ("text/html") in an Accept header, by the most specific range that covers it; 0 when none
/// does. An empty header accepts everything.
double quality_of(std::string_view accept, std::string_view type);

}  // namespace http
