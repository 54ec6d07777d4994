#pragma once

#include <kainjow/mustache.hpp>
#include <string_view>

#include "portal/history_answer.hpp"

namespace portal {

/// A length of time to look back at.
struct LookBack {
  std::size_t days;
  /// Of the numbers that are drawn, where those that are kept are not wider.
  base::Duration width;
};
inline constexpr LookBack kLookBacks[] = {
    {1, std::chrono::minutes{10}}, {7, std::chrono::hours{1}}, {30, std::chrono::hours{4}}, {90, std::chrono::days{1}}};
inline constexpr std::size_t kUsualDays = 30;

/// The data of web/history.mustache, but for its frame, of the profile `key`. `unit`: of counts, "" for none. `root`:
/// to the portal's.
kainjow::mustache::data history_data(const HistoryAnswer& answer, const core::ProfileKey& key,
                                     const LookBack& look_back, std::string_view unit, const std::string& root);

}  // namespace portal
