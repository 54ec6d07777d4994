#pragma once

#include <kainjow/mustache.hpp>

#include "board/state.hpp"
#include "portal/list_query.hpp"

namespace portal {

/// The data of web/list.mustache at `now`. `problem`: why the requested view cannot be shown; it is displayed beside
/// the form, and `words` in its search field.
kainjow::mustache::data list_data(const board::State& state, base::Time now, const ListQuery& view,
                                  const std::string& problem = "", const std::string& words = "");

}  // namespace portal
