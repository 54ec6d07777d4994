#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "board/selection.hpp"
#include "board/state.hpp"
#include "http/query.hpp"

/// A selection in a URL: what the page, the API and the event stream have in common.
///
///   ?set=NAME              the rows of this set
///   &q=WORDS               each word is in "provider/name"
///   &provider=TEXT         exactly, any of those that are given; as is &name=TEXT
///   &label.region=eu-1     the profile has this label; repeated, with any of the values, which may be empty
///   &level=HIGH,LOW        any of them; also as level=HIGH&level=LOW, as forms send it
///   &freshness=STALE       likewise
///   &min_free=8&max_price=2  numbers within these bounds, those of core::kNumbers
///   &failing=1             the latest attempt failed
///   &sort=-free            by what, '-' for descending
///   &group=provider        providers stay together
///   &offset=N&limit=M      which part
///   &after=PLACE           instead of an offset, where a list or file is asked for: behind that row
namespace feed {

/// Before the name of a label: "label.region".
inline constexpr std::string_view kLabelPrefix = "label.";

/// The parameters of a selection, and `more` of a list, page or file.
std::vector<std::string_view> selection_parameters(std::initializer_list<std::string_view> more = {});

/// Parameters that are there without a value count as absent: forms send them. Those of labels mean the empty value.
/// `limit` is the default. `state` must have the set, unless it was never filled.
base::Result<board::Selection> parse_selection(const http::Query& query, std::size_t limit, std::size_t most,
                                               const board::State& state);

/// The query of a selection, percent-encoded and without '?'. It leaves defaults out and has one order, so that equal
/// selections have equal texts. `limit` is the default.
std::string to_query(const board::Selection& selection, std::size_t limit);

/// As in `sort`: "-free".
std::string to_string(board::Order order, bool descending);

}  // namespace feed
