#include "refresh/meters.hpp"

#include <gmock/gmock.h>

namespace refresh {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Meters, OfAProbeThatIsGoneAreZero) {
  base::Metrics metrics;
  const config::ProbeConfig config{.name = "p", .ttl = 1h, .budget = {{5, 1h}}};
  const auto shows = [&](const char* name, const char* labels, double value) {
    return metrics.text().contains(fmt::format("{}{{{}}} {}\n", name, labels, value));
  };
  const char* probe = R"(probe="p")";
  const char* window = R"(probe="p",window="1h")";
  {
    Backlog backlog;
    Meters meters(metrics, config, backlog, 1);
    backlog.look({.due = base::Time{1h}, .lease_end = {}}, base::Time{2h}, std::chrono::steady_clock::now());
    meters.slowed_down.Set(1);
    ASSERT_EQ(meters.left.size(), 1U);
    meters.left[0]->Set(5);
    EXPECT_TRUE(shows("vacancy_probe_slowed_down", probe, 1));
    EXPECT_TRUE(shows("vacancy_probe_budget_left", window, 5));
    EXPECT_THAT(metrics.text(), HasSubstr(R"(vacancy_overdue_seconds{probe="p"} 36)")) << "an hour";
  }
  EXPECT_TRUE(shows("vacancy_probe_slowed_down", probe, 0));
  EXPECT_TRUE(shows("vacancy_probe_budget_left", window, 0));
  EXPECT_TRUE(shows("vacancy_overdue_seconds", probe, 0));
}

TEST(Meters, OfOneTaskForAllProfilesAreNoDemand) {
  for (const auto& [kind, late] : {std::pair{"exec", 3600}, {"slurm", 0}}) {
    base::Metrics metrics;
    Backlog backlog;
    Meters meters(metrics, {.name = "p", .kind = kind, .ttl = 1h}, backlog, 1);
    backlog.look({.due = base::Time{1h}, .lease_end = {}}, base::Time{2h}, std::chrono::steady_clock::now());
    EXPECT_THAT(metrics.text(), HasSubstr(fmt::format("vacancy_overdue_max_seconds {}\n", late))) << kind;
  }
}

}  // namespace
}  // namespace refresh
