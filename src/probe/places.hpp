#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "config/path.hpp"
#include "core/profile.hpp"

/// Finds the places of paths in answers. Pure; thread-safe.
namespace probe {

/// What is at a place.
struct Place {
  enum class Is : std::uint8_t {
    /// Other than null.
    value,
    null,
    /// A member or an element by number is not there, nor a list to search.
    no_member,
    /// A search of a list, or of null, which has no elements, found nothing.
    no_element,
    /// A search found several.
    several,
  };

  Is is = Is::no_member;
  /// The value, also null; nothing for the last three.
  const boost::json::value* value = nullptr;
  /// Where the last of the steps that were tried looked; null without any.
  const boost::json::value* in = nullptr;
  /// Of the path's steps, those that were found.
  std::size_t steps = 0;
};

/// Follows `path` from `value`. `untyped`: in the answer's format a list of one is its element, and an empty one is not
/// there, as in XML.
Place place_at(const boost::json::value& value, const config::Path& path, bool untyped);

/// Did the last search of `path` find nothing? Behind an earlier one there is more that is not known.
bool found_none(const Place& place, const config::Path& path);

/// Is only the last member of `path` not there, in what may have it?
bool lacks_last(const Place& place, const config::Path& path);

/// Is the step the number of an element of a list?
bool is_index(const config::PathStep& step);

/// The elements of `list` that the search of `step` finds.
std::vector<const boost::json::value*> elements_of(const boost::json::value& list, const config::PathStep& step,
                                                   bool untyped);

/// Takes the search off the end of `path`, where it finds any number of elements. Without one it has no conditions.
config::PathStep take_search(config::Path& path);

/// `path` with the values of the profile for its placeholders. A key with one is a name.
config::Path expanded(config::Path path, const core::Profile& profile);

/// A text as it is, a number, true, false and null as JSON has them; "" of lists and objects.
std::string plain_text(const boost::json::value& value);

}  // namespace probe
