#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace core {

using ProfileId = std::int64_t;
/// The number of a committed change; 0 is before every change.
using Revision = std::int64_t;

/// Identifies a profile to people: "Amazon" and "c5". Ordered by provider, then name, byte by byte.
struct ProfileKey {
  std::string provider;
  std::string name;

  auto operator<=>(const ProfileKey&) const = default;
};

/// The same in every process and version (FNV-1a).
std::uint64_t stable_hash(const ProfileKey& key);

/// Facts about a profile beside its key, such as {"region": "eu-1", "instance_type": "c5.large"}, for its probe and for
/// readers.
using Labels = std::map<std::string, std::string>;

/// A hardware profile: one row of table `hardware`.
struct Profile {
  ProfileId id = 0;
  ProfileKey key;
  Labels labels{};

  bool operator==(const Profile&) const = default;
};

/// A profile to add.
struct NewProfile {
  ProfileKey key;
  Labels labels{};

  bool operator==(const NewProfile&) const = default;
};

/// The longest provider or name, in bytes. It fits an index of every database that is supported.
inline constexpr std::size_t kMaxNameBytes = 191;

/// The longest value of a label, and all keys and values of a profile together, in bytes: a probe is told all of
/// them with each run. The most labels.
inline constexpr std::size_t kMaxValueBytes = 16 << 10;
inline constexpr std::size_t kMaxLabelsBytes = 64 << 10;
inline constexpr std::size_t kMaxLabels = 64;

/// Says what is wrong with a label's key (1 to 64 of A-Z a-z 0-9 _ . -) or value (text in one line, of
/// kMaxValueBytes at most).
base::Result<void> checked_label(std::string_view key, std::string_view value);

/// Says what is wrong with any of these labels, or with all together: too many, too long, or two that are one
/// environment variable to programs.
base::Result<void> checked_labels(const Labels& labels);

/// A label's key in the names of environment variables: INSTANCE_TYPE for "instance-type".
std::string word_of(std::string_view key);

/// Says what is wrong with a provider or a name: empty, too long, not UTF-8, control or invisible characters, blanks
/// around it, "." and "..", or '-' in front. All that puts profiles into the database asks this; what shows
/// them quotes them for where they stand.
base::Result<ProfileKey> checked_key(std::string_view provider, std::string_view name);

}  // namespace core
