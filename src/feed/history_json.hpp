#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/history.hpp"

/// The past as JSON. portal/history_answer.hpp reads it.
namespace feed {

/// Appends {"at":…,"level":…,"freshness":…,"reason":…}.
void append_transition(std::string& out, const core::Transition& transition);

/// Appends {"at":…,"count":…,"min":…,"max":…,"mean":…}.
void append_bucket(std::string& out, const core::Bucket& bucket);

/// Appends a row of the board at a past time: {"id","provider","name","labels","availability","freshness","reason",
/// "since"}. Without a state it is UNKNOWN and PENDING.
void append_past_row(std::string& out, const core::Profile& profile, const std::optional<core::Transition>& state);

/// Appends all of them as an array, each by `append(out, item)`.
template <class T, class Append>
void append_array(std::string& out, const std::vector<T>& items, Append append) {
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ",\n";
    append(out, items[i]);
  }
  out += ']';
}

}  // namespace feed
