#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "core/profile.hpp"

namespace store {

/// The result of adding one profile.
struct Added {
  core::ProfileId id = 0;
  /// A profile with this key existed before, and stays as it is.
  bool existed = false;
};

/// The interface of administration: which profiles exist. Calls as in store.hpp.
class Profiles {
 public:
  virtual ~Profiles() = default;

  /// conflict: a profile with this key exists.
  base::Result<core::Profile> add(const core::ProfileKey& key, const core::Labels& labels = {});
  /// Adds all that do not exist, in one transaction. Returns a result for each, in their order.
  virtual std::vector<Added> add_all(std::span<const core::NewProfile> profiles) = 0;
  /// Adds those that do not exist, and sets the labels of the others where they are missing or differ. Returns how many
  /// it added.
  virtual std::size_t add_missing(std::span<const core::NewProfile> profiles) = 0;
  /// Gives profile `id` another key and forgets its reading, which belongs to the old one; with the same key the
  /// reading stays. Replaces its labels in the same transaction, if `labels` are given. not_found, conflict.
  virtual base::Result<core::Profile> change(core::ProfileId id, const core::ProfileKey& key,
                                             const std::optional<core::Labels>& labels) = 0;
  base::Result<core::Profile> replace(core::ProfileId id, const core::ProfileKey& key) { return change(id, key, {}); }
  /// Replaces a profile's labels. not_found.
  virtual base::Result<void> set_labels(core::ProfileId id, const core::Labels& labels) = 0;
  /// The profile with this key and its labels. not_found.
  virtual base::Result<core::Profile> find(const core::ProfileKey& key) = 0;
  /// All profiles with their labels, ordered by provider and name.
  virtual std::vector<core::Profile> profiles() = 0;
  /// not_found. Leaves a tombstone.
  virtual base::Result<void> remove(core::ProfileId id) = 0;
};

}  // namespace store
