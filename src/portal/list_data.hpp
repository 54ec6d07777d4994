#pragma once

#include <kainjow/mustache.hpp>

#include "board/overview.hpp"
#include "portal/list_view.hpp"

namespace portal {

/// What web/list.mustache shows at `now`. `problem`: why the view that was asked for cannot be shown; it stands beside
/// the form, and `words` in its search field.
kainjow::mustache::data list_data(const board::State& state, base::Time now, const board::Overview& overview,
                                  const ListView& view, const std::string& problem = "", const std::string& words = "");

}  // namespace portal
