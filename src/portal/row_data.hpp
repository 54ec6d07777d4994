#pragma once

#include <kainjow/mustache.hpp>
#include <span>
#include <string>

#include "board/state.hpp"
#include "http/answer.hpp"
#include "http/message.hpp"

namespace portal {

/// Sets a text that a section of a template can test: this library takes an empty text for true.
void set_if_any(kainjow::mustache::data& out, const std::string& key, const std::string& text);

/// The data of web/row.mustache. `root` leads from the page to the portal's root: "./" or "../../".
kainjow::mustache::data row_data(const core::Row& row, base::Time now, std::string_view root);

/// Why the values are not current: the side that is away, or that all of the probes are late; "" when it is neither.
std::string trouble(const board::State& state, const board::Counts& counts);

/// The data of web/head.mustache and web/foot.mustache. `kind` is the class of the page's body, `query` that of its
/// rows.
kainjow::mustache::data frame_data(const board::State& state, const std::string& title, const std::string& kind,
                                   const std::string& events_query, const std::string& root);

/// "1,234.5".
std::string number_text(double number);

/// Sets count_KIND and count_KIND_text of each kind, and total.
void set_counts(kainjow::mustache::data& out, const board::Counts& counts);

/// "2 high, 1 low": without levels that there are none of.
std::string counts_text(const board::Counts& counts);

/// "3 of 8 GPUs", "3 free", or "".
std::string capacity_text(const core::Row& row);

/// A reason without the rule that made it a level, which the profile's own page has: "quota is 16" of
/// "quota is 16 (MEDIUM: free >= 1)".
std::string_view without_rule(std::string_view reason);

/// "/profile/Amazon/c5", escaped.
std::string profile_path(std::string_view prefix, const core::ProfileKey& key);

/// Adds a page's Content-Security-Policy: no script, style or picture but its own. The service adds the sites that may
/// frame it.
void secure(http::Reply& reply);
/// The same, for prepared answers.
std::span<const http::FixedHeader> security_headers();

}  // namespace portal
