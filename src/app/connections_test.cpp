#include "app/connections.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "http/server.hpp"
#include "support/captured_log.hpp"

namespace app {
namespace {

std::size_t used(const Connections& given, std::size_t servers) {
  return given.hardware + given.portal + given.admin + servers * http::kMostBeyond;
}

TEST(FitConnections, AllThatIsWantedWhereThereIsRoom) {
  const Connections wanted{.hardware = 16384, .portal = 16384, .admin = 64};
  EXPECT_EQ(fit_connections(wanted, 1'048'576, 500), wanted);
}

TEST(FitConnections, EqualSharesOfWhatTheModestLeave) {
  const Connections given = fit_connections({.hardware = 16384, .portal = 16384, .admin = 64}, 1024, 200);
  EXPECT_EQ(given.admin, 64U);
  EXPECT_EQ(given.hardware, given.portal);
  EXPECT_EQ(used(given, 3), 1024U - 200);
  const Connections portal = fit_connections({.portal = 16384, .admin = 64}, 1024, 200);
  EXPECT_EQ(portal.hardware, 0U);
  EXPECT_EQ(portal.admin, 64U);
  EXPECT_EQ(used(portal, 2), 1024U - 200);
  const Connections modest = fit_connections({.hardware = 10, .portal = 16384, .admin = 64}, 1024, 200);
  EXPECT_EQ(modest.hardware, 10U);
  EXPECT_EQ(modest.portal, 1024U - 200 - 10 - 64 - 3 * http::kMostBeyond);
}

TEST(FitConnections, AReserveTakesHalfAtMost) {
  const Connections given = fit_connections({.portal = 16384, .admin = 64}, 1024, 5000);
  EXPECT_EQ(used(given, 2), 512U);
  const Connections least = fit_connections({.hardware = 16384, .portal = 16384, .admin = 64}, 8, 5000);
  EXPECT_EQ(least, (Connections{.hardware = 1, .portal = 1, .admin = 1})) << "each server lets somebody in";
}

TEST(ConnectionsOf, AreForTheServersThatThereAre) {
  config::Config config;
  config.hardware.http.max_connections = 3;
  config.portal.http.max_connections = 4;
  config.admin.max_connections = 5;
  EXPECT_EQ(connections_of(config, {.hardware = true}, 0), (Connections{.hardware = 3, .portal = 0, .admin = 5}));
  EXPECT_EQ(connections_of(config, {.portal = true}, 0), (Connections{.hardware = 0, .portal = 4, .admin = 5}));
}

TEST(ConnectionsOf, AreLoweredWithALineInTheLog) {
  config::Config config;
  config.portal.http.max_connections = 4;
  config.admin.max_connections = 5;
  const support::CapturedLog log;
  connections_of(config, {.portal = true}, 0);
  EXPECT_EQ(log.count("max_connections"), 0U) << "all fit";
  config.portal.http.max_connections = std::numeric_limits<std::size_t>::max();
  const Connections given = connections_of(config, {.portal = true}, 0);
  EXPECT_LT(given.portal, config.portal.http.max_connections);
  EXPECT_EQ(log.count(fmt::format("warning portal.http.max_connections is {} instead of", given.portal)), 1U);
  EXPECT_EQ(log.count("max_connections"), 1U) << "the others have what they want";
}

}  // namespace
}  // namespace app
