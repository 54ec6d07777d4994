#pragma once

#include <boost/json/fwd.hpp>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.hpp"

/// Answers of several pages. Pure; thread-safe.
namespace probe {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The URL of the page behind `answer` to `url`; "" behind the last one. `from` is where the answer came from, after
/// redirects, if that is known: a relative one begins there, if it is of the same host. Fails with a sentence that has
/// no words of the source when that is a URL of another host, to which no login may go, or none at all.
std::expected<std::string, std::string> next_page(const std::string& url, const boost::json::value& answer,
                                                  const Headers& headers, const config::HttpOptions& options,
                                                  const std::string& from = {});

/// Has one of several pages all lists that `options` read, and objects for the profiles? An error with status 200 has
/// not.
bool is_page(const boost::json::value& page, const config::HttpOptions& options);

/// Makes lists of single elements that `options` read as such, in a format that has none (XML).
void make_lists(boost::json::value& page, const config::HttpOptions& options);

/// Adds a page to those before it: lists are joined, objects get each other's members, null adds nothing to them, and
/// of other values the later one stays.
void add_page(boost::json::value& whole, boost::json::value page);

/// The target of a Link header's (RFC 8288) relation "next"; "" without one.
std::string next_link(std::string_view header);

}  // namespace probe
