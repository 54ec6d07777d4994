#pragma once

#include <kainjow/mustache.hpp>
#include <string>

#include "http/message.hpp"

namespace portal {

/// The portal's own URL, without a slash at the end, for texts to copy.
struct Links {
  std::string url;
  /// As a client without scripts may have asked; a script puts the browser's own address there.
  bool guessed;
};

/// `public_url`: of the configuration; "" is the reader's own address.
Links links_of(const http::Request& request, const std::string& public_url);

/// The headers that they depend on.
inline constexpr std::string_view kLinksVary = "Host, X-Forwarded-Proto";

/// Sets base, base_quoted and guessed.
void set_links(kainjow::mustache::data& page, const Links& links);

}  // namespace portal
