#pragma once

#include <string>

#include "alert/message.hpp"
#include "alert/rule.hpp"

/// All that messages tell people, in plain English. Pure.
namespace alert {

/// What the rule waits for: "reaches HIGH for 5m".
std::string condition_of(const config::AlertRule& rule);

/// The change in a sentence, for Item::text.
std::string sentence_of(const Item& item, const config::AlertCondition& when);
/// For the end of an alert whose subject is no longer there, or no longer watched.
std::string farewell_to(const Item& item);

/// The page about the item's subject; "" when there is none.
std::string url_of(const Item& item, const std::string& public_url);

/// Sets title and text from all other fields.
void word(Message& message, const Setting& setting);

}  // namespace alert
