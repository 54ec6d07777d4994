#include "core/snapshot.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace core {
namespace {

RowPtr row_of(ProfileId id, ProfileKey key, Revision revision) {
  Row row;
  row.profile = {.id = id, .key = std::move(key)};
  row.revision = revision;
  return std::make_shared<const Row>(std::move(row));
}

/// Keys p/000000, p/000010, …: with room between them.
ProfileKey key_at(int place) {
  return {"p", fmt::format("{:06}", place)};
}

std::vector<RowPtr> rows_at_tens(int count) {
  std::vector<RowPtr> rows;
  for (int i = 0; i < count; ++i) rows.push_back(row_of(i + 1, key_at(10 * i), i + 1));
  return rows;
}

std::vector<RowPtr> rows_in(const Snapshot& snapshot) {
  std::vector<RowPtr> rows;
  snapshot.for_each([&](const RowPtr& row) { rows.push_back(row); });
  return rows;
}

constexpr int kRows = static_cast<int>(Snapshot::kChunkRows);

TEST(Snapshot, EmptyOneHasNothing) {
  const Snapshot snapshot;
  EXPECT_EQ(snapshot.size(), 0U);
  EXPECT_EQ(snapshot.find({"a", "b"}), nullptr);
  EXPECT_TRUE(snapshot.slice(0, 10).empty());
  EXPECT_TRUE(snapshot.newer_than(0).empty());
  EXPECT_EQ(snapshot.with({}).size(), 0U);
  EXPECT_EQ(Snapshot(std::vector<RowPtr>{}).chunks().size(), 0U);
}

TEST(Snapshot, OrdersRowsAndCutsThemIntoChunks) {
  const auto sorted = rows_at_tens(2 * kRows + 1);
  auto shuffled = sorted;
  std::ranges::shuffle(shuffled, std::mt19937(1));
  const Snapshot snapshot(shuffled);
  EXPECT_EQ(rows_in(snapshot), sorted);
  ASSERT_EQ(snapshot.chunks().size(), 3U);
  EXPECT_EQ(snapshot.size(), sorted.size());
  EXPECT_EQ(snapshot.chunks()[0]->revision, kRows);
  EXPECT_EQ(snapshot.chunks()[2]->revision, 2 * kRows + 1);
}

TEST(Snapshot, OfRowsWithTheSameKeyTheNewestStays) {
  const auto old = row_of(1, {"a", "b"}, 5);
  const auto fresh = row_of(2, {"a", "b"}, 6);
  EXPECT_EQ(rows_in(Snapshot({old, fresh})), std::vector{fresh});
  EXPECT_EQ(rows_in(Snapshot({fresh, old})), std::vector{fresh});
  EXPECT_EQ(rows_in(Snapshot().with({.rows = {fresh, old}, .removed = {}})), std::vector{fresh});
}

TEST(Snapshot, FindsEveryRowAndNothingBetween) {
  const auto rows = rows_at_tens(3 * kRows);
  const Snapshot snapshot(rows);
  for (int i = 0; i < 3 * kRows; ++i) {
    ASSERT_EQ(snapshot.find(key_at(10 * i)), rows[static_cast<std::size_t>(i)]);
    ASSERT_EQ(snapshot.find(key_at(10 * i + 5)), nullptr);
  }
  EXPECT_EQ(snapshot.find({"a", ""}), nullptr);
  EXPECT_EQ(snapshot.find({"z", ""}), nullptr);
}

TEST(Snapshot, SlicesAcrossChunks) {
  const auto rows = rows_at_tens(3 * kRows);
  const Snapshot snapshot(rows);
  const auto size = rows.size();
  for (const std::size_t offset : {0UL, 1UL, 255UL, 256UL, 257UL, 600UL, size - 1, size, size + 1}) {
    for (const std::size_t limit : {0UL, 1UL, 2UL, 256UL, 300UL, size, 10 * size}) {
      const auto begin = std::min(offset, size);
      const auto end = begin + std::min(limit, size - begin);
      const std::vector<RowPtr> expected(rows.begin() + static_cast<std::ptrdiff_t>(begin),
                                         rows.begin() + static_cast<std::ptrdiff_t>(end));
      EXPECT_EQ(snapshot.slice(offset, limit), expected) << offset << " " << limit;
    }
  }
}

TEST(Snapshot, NewerThanGivesTheRowsAfterARevision) {
  const auto rows = rows_at_tens(2 * kRows);
  const Snapshot snapshot(rows);
  EXPECT_EQ(snapshot.newer_than(0), rows);
  EXPECT_EQ(snapshot.newer_than(kRows + 3), std::vector(rows.begin() + kRows + 3, rows.end()));
  EXPECT_TRUE(snapshot.newer_than(2 * kRows).empty());
}

TEST(Snapshot, AChangeCopiesOnlyTheChunksItTouches) {
  const Snapshot before(rows_at_tens(4 * kRows));
  const auto changed = row_of(kRows + 1, key_at(10 * kRows), 100'000);
  const Snapshot after = before.with({.rows = {changed}, .removed = {}});
  ASSERT_EQ(after.chunks().size(), 4U);
  for (const std::size_t i : {0U, 2U, 3U}) EXPECT_EQ(after.chunks()[i], before.chunks()[i]) << i;
  EXPECT_NE(after.chunks()[1], before.chunks()[1]);
  EXPECT_EQ(after.chunks()[1]->revision, 100'000);
  EXPECT_EQ(after.find(key_at(10 * kRows)), changed);
  EXPECT_NE(before.find(key_at(10 * kRows)), changed) << "the old snapshot is as it was";

  const Snapshot less = before.with({.rows = {}, .removed = {{.id = 4 * kRows, .revision = 100'001}}});
  EXPECT_EQ(less.size(), before.size() - 1);
  for (const std::size_t i : {0U, 1U, 2U}) EXPECT_EQ(less.chunks()[i], before.chunks()[i]) << i;
  EXPECT_EQ(before.with({}).chunks(), before.chunks());
  EXPECT_EQ(before.with({.rows = {}, .removed = {{.id = 99'999, .revision = 1}}}).chunks(), before.chunks());
}

TEST(Snapshot, AFullChunkSplitsInHalves) {
  const Snapshot before(rows_at_tens(kRows));
  const Snapshot after = before.with({.rows = {row_of(99'999, key_at(5), 1000)}, .removed = {}});
  ASSERT_EQ(after.chunks().size(), 2U);
  EXPECT_EQ(after.chunks()[0]->rows.size(), Snapshot::kChunkRows / 2);
  EXPECT_EQ(after.chunks()[1]->rows.size(), Snapshot::kChunkRows / 2 + 1);
}

TEST(Snapshot, RenamedRowsMoveAndSwap) {
  const Snapshot before({row_of(1, {"a", "1"}, 1), row_of(2, {"b", "2"}, 2), row_of(3, {"c", "3"}, 3)});
  const auto moved = row_of(1, {"z", "9"}, 4);
  const Snapshot after = before.with({.rows = {moved}, .removed = {}});
  EXPECT_EQ(after.size(), 3U);
  EXPECT_EQ(after.find({"a", "1"}), nullptr);
  EXPECT_EQ(after.find({"z", "9"}), moved);

  const auto first = row_of(1, {"b", "2"}, 5);
  const auto second = row_of(2, {"a", "1"}, 5);
  EXPECT_EQ(rows_in(before.with({.rows = {first, second}, .removed = {}})),
            (std::vector{second, first, before.find({"c", "3"})}));

  const auto heir = row_of(3, {"a", "1"}, 6);
  EXPECT_EQ(rows_in(before.with({.rows = {heir}, .removed = {{.id = 1, .revision = 6}}})),
            (std::vector{heir, before.find({"b", "2"})}))
      << "takes the key of a row that goes in the same change";
}

TEST(Snapshot, NextTurnOfAChunkIsItsEarliest) {
  const base::Time start{std::chrono::hours{500'000}};
  const auto row = [&](ProfileId id, int stale, int expires) {
    Row out;
    out.profile = {.id = id, .key = key_at(static_cast<int>(id))};
    out.reading.emplace();
    out.reading->stale_at = start + std::chrono::seconds{stale};
    out.reading->expires_at = start + std::chrono::seconds{expires};
    return std::make_shared<const Row>(std::move(out));
  };
  const Snapshot snapshot({row(1, 20, 50), row(2, 10, 60), row_of(3, key_at(3), 1)});
  const auto& chunk = *snapshot.chunks()[0];
  std::vector<std::int64_t> turns;
  for (auto turn = next_turn(chunk, start); turn && turns.size() < 9; turn = next_turn(chunk, *turn))
    turns.push_back(std::chrono::floor<std::chrono::seconds>(*turn - start).count());
  EXPECT_EQ(turns, (std::vector<std::int64_t>{10, 20, 50, 60}));
}

/// Random changes to a map by id, each folded into a snapshot, which must show the same rows after every one.
class Model {
 public:
  explicit Model(unsigned seed) : random_(seed) {}

  /// A change of some operations: of 100, so many add a row or remove one, and the rest update, move and swap.
  Change next_change(unsigned additions, unsigned removals) {
    touched_.clear();
    removed_.clear();
    const auto operations = below(100) == 0 ? 700 : 1 + below(8);
    for (std::size_t i = 0; i < operations; ++i) {
      ++revision_;
      const auto dice = below(100);
      if (rows_.empty() || dice < additions)
        put(++last_id_, free_key());
      else if (dice < additions + removals)
        remove(any_id());
      else if (dice % 3 == 0)
        update(any_id());
      else if (dice % 3 == 1)
        put(any_id(), free_key());
      else
        swap_keys(any_id(), any_id());
    }
    return change();
  }

  std::vector<RowPtr> rows() const {
    std::vector<RowPtr> rows;
    for (const auto& [key, id] : keys_) rows.push_back(rows_.at(id));
    return rows;
  }

  /// Does the change concern this chunk, which holds the keys from its first row up to `next`?
  bool touches(const Snapshot::Chunk& chunk, const ProfileKey* next, bool is_first) const {
    for (const RowPtr& row : chunk.rows)
      if (touched_.contains(row->profile.id) || removed_.contains(row->profile.id)) return true;
    return std::ranges::any_of(touched_, [&](ProfileId id) {
      const auto& key = rows_.at(id)->profile.key;
      return (is_first || key >= chunk.rows.front()->profile.key) && (next == nullptr || key < *next);
    });
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  ProfileId any_id() {
    const auto from = rows_.lower_bound(1 + static_cast<ProfileId>(below(static_cast<std::size_t>(last_id_))));
    return from == rows_.end() ? rows_.begin()->first : from->first;
  }

  ProfileKey free_key() {
    for (;;) {
      ProfileKey key{std::string(1, static_cast<char>('A' + below(5))), std::to_string(below(100'000))};
      if (!keys_.contains(key)) return key;
    }
  }

  void put(ProfileId id, ProfileKey key) {
    if (const auto old = rows_.find(id); old != rows_.end()) keys_.erase(old->second->profile.key);
    keys_[key] = id;
    rows_[id] = row_of(id, std::move(key), revision_);
    touched_.insert(id);
  }

  void update(ProfileId id) { put(id, ProfileKey(rows_.at(id)->profile.key)); }

  void swap_keys(ProfileId a, ProfileId b) {
    const ProfileKey of_a = rows_.at(a)->profile.key;
    const ProfileKey of_b = rows_.at(b)->profile.key;
    put(a, of_b);
    keys_[of_a] = b;
    rows_[b] = row_of(b, of_a, revision_);
    touched_.insert(b);
  }

  void remove(ProfileId id) {
    keys_.erase(rows_.at(id)->profile.key);
    rows_.erase(id);
    touched_.erase(id);
    removed_.insert(id);
  }

  Change change() const {
    Change change;
    for (const ProfileId id : touched_) change.rows.push_back(rows_.at(id));
    for (const ProfileId id : removed_) change.removed.push_back({.id = id, .revision = revision_});
    return change;
  }

  std::mt19937_64 random_;
  std::map<ProfileId, RowPtr> rows_;
  std::map<ProfileKey, ProfileId> keys_;
  std::set<ProfileId> touched_, removed_;
  ProfileId last_id_ = 0;
  Revision revision_ = 0;
};

void expect_well_formed(const Snapshot& snapshot) {
  std::size_t size = 0;
  for (const auto& chunk : snapshot.chunks()) {
    ASSERT_FALSE(chunk->rows.empty());
    ASSERT_LE(chunk->rows.size(), Snapshot::kChunkRows);
    Revision largest = 0;
    for (const RowPtr& row : chunk->rows) largest = std::max(largest, row->revision);
    ASSERT_EQ(chunk->revision, largest);
    size += chunk->rows.size();
  }
  ASSERT_EQ(snapshot.size(), size);
}

void expect_shared_where_untouched(const Snapshot& before, const Snapshot& after, const Model& model) {
  const auto& old = before.chunks();
  for (std::size_t i = 0; i < old.size(); ++i) {
    const auto* next = i + 1 < old.size() ? &old[i + 1]->rows.front()->profile.key : nullptr;
    if (model.touches(*old[i], next, i == 0)) continue;
    ASSERT_NE(std::ranges::find(after.chunks(), old[i]), after.chunks().end()) << "chunk " << i << " was copied";
  }
}

TEST(Snapshot, EqualsAModelAfterThousandsOfRandomChanges) {
  Model model(1);
  Snapshot snapshot;
  std::size_t most_chunks = 0;
  bool was_emptied = false;
  for (int step = 0; step < 3000; ++step) {
    // Grow, shrink, and so on: through splits, and back to nothing.
    const bool grows = step / 300 % 2 == 0;
    const Snapshot before = snapshot;
    snapshot = before.with(grows ? model.next_change(60, 10) : model.next_change(5, 70));
    const auto expected = model.rows();
    ASSERT_EQ(rows_in(snapshot), expected) << "step " << step;
    ASSERT_NO_FATAL_FAILURE(expect_well_formed(snapshot)) << "step " << step;
    ASSERT_NO_FATAL_FAILURE(expect_shared_where_untouched(before, snapshot, model)) << "step " << step;
    most_chunks = std::max(most_chunks, snapshot.chunks().size());
    was_emptied = was_emptied || (most_chunks > 8 && expected.empty());
  }
  EXPECT_GT(most_chunks, 8U);
  EXPECT_TRUE(was_emptied);
}

}  // namespace
}  // namespace core
