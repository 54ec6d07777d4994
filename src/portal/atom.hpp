#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

/// Feeds as Atom documents (RFC 4287). Pure; thread-safe.
namespace portal {

inline constexpr std::string_view kAtomType = "application/atom+xml";

struct AtomEntry {
  /// What distinguishes it from all others, for ever. Readers know by it what they have seen.
  std::string identity;
  std::string title;
  base::Time updated;
  /// Absolute.
  std::string url;
  std::string summary;
};

struct AtomFeed {
  /// As of an entry.
  std::string identity;
  std::string title;
  /// Its own URL, and that of the page that shows the same. Absolute.
  std::string self;
  std::string alternate;
  /// The newest first.
  std::vector<AtomEntry> entries{};

  /// When a feed without entries was the same already.
  base::Time since{};

  /// The newest entry's.
  base::Time updated() const { return entries.empty() ? since : entries.front().updated; }
};

/// Any text may be in it: characters that XML has not are '?'.
std::string to_atom(const AtomFeed& feed);

}  // namespace portal
