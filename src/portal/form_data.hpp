#pragma once

#include <kainjow/mustache.hpp>

#include "board/state.hpp"
#include "portal/list_query.hpp"

namespace portal {

/// Does the list show `column` of kColumnNames: is it wanted, and has any row such a value?
bool has_column(const board::Overview& overview, const ListQuery& view, std::string_view column);

/// Sets the data of the form of web/list.mustache, and of the head of its table.
void set_form(kainjow::mustache::data& page, const board::Overview& overview, const ListQuery& view);

}  // namespace portal
