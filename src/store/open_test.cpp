#include "store/open.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "sql/error.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace store {
namespace {

TEST(OpenStore, StaysWithTheFileThatItBeganWith) {
  const support::FakeClock clock;
  const support::TempDir dir;
  const auto store = open_store({"sqlite:" + dir / "live.db"}, 2, clock).store;
  ASSERT_TRUE(store->add({"Amazon", "c5"}));
  open_store({"sqlite:" + dir / "other.db"}, 1, clock);
  std::filesystem::rename(dir / "live.db", dir / "away.db");
  std::filesystem::rename(dir / "other.db", dir / "live.db");
  for (int attempt = 0; attempt < 3; ++attempt) EXPECT_THROW(store->load(), sql::Error) << "each session is a new one";
  std::filesystem::rename(dir / "away.db", dir / "live.db");
  EXPECT_EQ(store->load().rows.size(), 1U);
}

/// Cannot tell the time once, when it has done so `calls` times.
class LostOnce final : public base::Clock {
 public:
  explicit LostOnce(int calls) : calls_(calls) {}
  base::SteadyTime steady_now() const override { return base::system_clock().steady_now(); }
  base::Time wall_now() const override {
    if (calls_-- == 0) throw sql::Error(sql::ErrorKind::lost, "the database does not answer");
    return base::system_clock().wall_now();
  }
  bool was_lost() const { return calls_ < 0; }

 private:
  mutable int calls_;
};

TEST(OpenStore, ANewDatabaseIsNewWhereverTheFirstAttemptEnded) {
  int ended = 0;
  for (int calls = 0;; ++calls) {
    const support::TempDir dir;
    const LostOnce clock(calls);
    Opened opened;
    const auto open = [&] { open_store(opened, {"sqlite:" + dir / "new.db"}, 1, clock, FirstContent::sample); };
    try {
      open();
    } catch (const sql::Error&) {
      ++ended;
      EXPECT_EQ(opened.store, nullptr);
      open();
    }
    EXPECT_TRUE(opened.was_new) << "after " << calls << " looks at the clock";
    if (!clock.was_lost()) break;
    EXPECT_FALSE(opened.store->load().rows.empty());
  }
  EXPECT_GT(ended, 0);
}

TEST(OpenStore, OneThatWasThereIsNotNew) {
  const support::FakeClock clock;
  const support::TempDir dir;
  open_store({"sqlite:" + dir / "live.db"}, 1, clock);
  EXPECT_FALSE(open_store({"sqlite:" + dir / "live.db"}, 1, clock, FirstContent::sample).was_new);
}

}  // namespace
}  // namespace store
