#pragma once

#include <cstdlib>
#include <string_view>

#include "base/text.hpp"
#include "probe/judge.hpp"
#include "probe/secrets.hpp"

namespace fuzz {

/// Ends the run, with the input that led here, unless `fine`.
inline void require(bool fine) {
  if (!fine) std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// What the source may repeat, and must not get out.
inline constexpr std::string_view kSecret = "hunter22/+";

inline const probe::Secrets& secrets() {
  static const probe::Secrets all = [] {
    probe::Secrets secrets;
    secrets.add(kSecret);
    return secrets;
  }();
  return all;
}

/// Whatever came in, the database and every page can take what goes out.
inline void check(const probe::Result& result) {
  const std::string& sentence = result ? result->reason : result.error();
  require(sentence.empty() || base::is_printable_utf8(sentence));
  require(sentence.size() < 4096);
  require(result || !sentence.empty());
}

inline void check(const probe::Answer& answer, std::size_t profiles) {
  require(answer.results.size() == profiles);
  for (const probe::Result& result : answer.results) check(result);
}

/// The same for what has passed secrets().
inline void check_hidden(const probe::Result& result) {
  check(result);
  require(!(result ? result->reason : result.error()).contains(kSecret));
}

/// Levels without thresholds, or with some.
inline config::Levels levels_of(std::uint8_t choice) {
  config::Levels levels;
  if (choice & 1) levels.high.free = 8;
  if (choice & 2) levels.high.ratio = 0.5;
  if (choice & 4) levels.medium.score = 3;
  return levels;
}

}  // namespace fuzz
