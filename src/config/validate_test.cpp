// Refused addresses and databases.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "config/load.hpp"

namespace config {
namespace {

/// The message of validate() after `change`; "" when it has nothing to say.
std::string of(const std::function<void(Config&)>& change) {
  Config config;
  change(config);
  try {
    validate(config);
  } catch (const base::UsageError& e) {
    return e.what();
  }
  return {};
}

TEST(Validate, AddressesAreThoseOfIp) {
  const auto complaint = [](std::string text) {
    return of([&](Config& c) { c.hardware.http.address = std::move(text); });
  };
  for (const char* good : {"0.0.0.0", "127.0.0.1", "::", "::1", "fe80::1%eth0"}) EXPECT_EQ(complaint(good), "") << good;
  for (const char* bad : {"300.1.1.1", "foo bar", "localhost", "[::1]", "1.2.3", "127.0.0.1%lo", "::1:80:x"})
    EXPECT_EQ(complaint(bad),
              fmt::format("hardware.http.address: '{}' is not an IP address; give one such as 0.0.0.0, 127.0.0.1 or ::",
                          bad));
}

TEST(Validate, ADatabaseOfSqliteIsAFile) {
  const auto complaint = [](std::string text) { return of([&](Config& c) { c.hardware.database = std::move(text); }); };
  for (const char* good : {"sqlite:vacancy.db", "sqlite:/nowhere/vacancy.db", "mysql://u@h/n"})
    EXPECT_EQ(complaint(good), "") << good;
  for (const char* bad : {"sqlite:", "sqlite::memory:"})
    EXPECT_EQ(complaint(bad), fmt::format("hardware.database: '{}' has no path; give the path of a file, as in "
                                          "sqlite:vacancy.db",
                                          bad));
  for (const char* bad : {"sqlite:/dev/null", "sqlite:/tmp", "sqlite:."})
    EXPECT_EQ(complaint(bad), fmt::format("hardware.database: '{}' is no regular file; give the path of a file, as in "
                                          "sqlite:vacancy.db",
                                          bad));
}

}  // namespace
}  // namespace config
