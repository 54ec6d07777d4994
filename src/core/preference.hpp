#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/condition.hpp"
#include "core/sets.hpp"
#include "core/snapshot.hpp"

/// Which profile of a set to take now, and why not another one.
namespace core {

/// The choices of a set, to find rows by. A choice that is no pattern matches nothing. Immutable.
class Choices {
 public:
  explicit Choices(const Set& set);

  const std::vector<Pattern>& patterns() const { return patterns_; }
  /// The place of the first choice that matches: a lower one is preferred.
  std::optional<std::size_t> place_of(const ProfileKey& key) const;

 private:
  struct Hash {
    std::size_t operator()(const ProfileKey& key) const { return stable_hash(key); }
  };

  std::vector<Pattern> patterns_;
  /// The places of those that name one profile.
  std::unordered_map<ProfileKey, std::size_t, Hash> exact_;
  /// The places of the others, in order.
  std::vector<std::size_t> globs_;
};

/// What a profile must be now to be taken. The patterns and the hold of `condition` do not count.
struct Need {
  Condition condition{};
  /// The reading is no older.
  std::optional<base::Duration> max_age{};
};

/// Why a profile, or a choice that matches none, is passed over.
enum class Objection : std::uint8_t { none, no_match, pending, expired, stale, unknown, level, units, too_old };

/// "no_match", "too_old".
std::string_view to_string(Objection objection);

/// The first objection to a row. Only a FRESH level counts: doubt is never taken for availability.
Objection objection_to(const Row& row, const Need& need, base::Time now);

/// The same for people, without a full stop. `row` is null where nothing matches. Tells no age, so that it stays the
/// same while only time passes.
std::string sentence(Objection objection, const Row* row, const Need& need);

/// A row of a set, or a choice that matches nothing.
struct Judged {
  std::size_t choice = 0;
  /// Null: nothing matches.
  RowPtr row{};
  Objection objection = Objection::no_match;
};

/// Judges the rows of a set in the order of preference, each once, until `visit` returns false.
void judge(const Snapshot& snapshot, const Choices& choices, const Need& need, base::Time now,
           const std::function<bool(const Judged&)>& visit);

}  // namespace core
