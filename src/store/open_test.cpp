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

}  // namespace
}  // namespace store
