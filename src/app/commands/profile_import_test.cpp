// Profiles of an SQL file, as a service is asked to add them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"
#include "support/command_test.hpp"
#include "support/temp_dir.hpp"

namespace app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProfileImportTest : public support::CommandTest {
 protected:
  ProfileImportTest() { std::ofstream(directory_ / "token") << "a-token-of-some-length\n"; }

  /// Rows p/1 to p/`count`.
  std::string file_of(std::size_t count) {
    std::ofstream file(directory_ / "dump.sql");
    for (std::size_t i = 1; i <= count; ++i)
      file << fmt::format("INSERT INTO hardware (provider, name) VALUES ('p', '{}');\n", i);
    return directory_ / "dump.sql";
  }
  Ran import(const std::string& file, std::vector<std::string> further = {}) {
    std::vector<std::string> words{"profile", "import", file};
    words.insert(words.end(), {"--hardware-url", url(), "--token-file", directory_ / "token"});
    words.insert(words.end(), further.begin(), further.end());
    return run(add_profile, std::move(words));
  }
  /// How many profiles each request had.
  std::vector<std::ptrdiff_t> sizes() {
    std::vector<std::ptrdiff_t> sizes;
    for (const std::string& request : asked()) sizes.push_back(std::ranges::count(request, '{'));
    return sizes;
  }

  support::TempDir directory_;
};

TEST_F(ProfileImportTest, AddsAllOfThemAndCounts) {
  will_answer({{200, R"({"added":2,"existed":1})"}});
  const Ran ran = import(file_of(3));
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "2 added, 1 were there already.\n");
  EXPECT_THAT(asked(),
              ElementsAre("POST /hardware/ [Bearer a-token-of-some-length] "
                          R"([{"provider":"p","name":"1"},{"provider":"p","name":"2"},{"provider":"p","name":"3"}])"));
}

TEST_F(ProfileImportTest, AThousandAtOnceOrAsManyAsTheServiceTakes) {
  will_answer({{200, R"({"added":1000,"existed":0})"}, {200, R"({"added":499,"existed":1})"}});
  EXPECT_EQ(import(file_of(1500)).out, "1499 added, 1 were there already.\n");
  EXPECT_THAT(sizes(), ElementsAre(1000, 500));
}

TEST_F(ProfileImportTest, HalfAsManyWhereThoseAreTooLarge) {
  will_answer({{413, ""}, {200, R"({"added":4,"existed":0})"}, {200, R"({"added":1,"existed":3})"}});
  EXPECT_EQ(import(file_of(8)).out, "5 added, 3 were there already.\n");
  EXPECT_THAT(sizes(), ElementsAre(8, 4, 4)) << "none is left out";
  will_answer({{413, R"({"detail":"too large"})"}});
  EXPECT_THAT(import(file_of(1)).err, HasSubstr("cannot add p 1: too large")) << "one cannot be halved";
}

TEST_F(ProfileImportTest, OnlyPrintsThemWhenThatIsWanted) {
  const Ran ran = import(file_of(2), {"--dry-run"});
  EXPECT_EQ(ran.out, "p 1\np 2\n");
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(ProfileImportTest, SaysHowFarItCame) {
  will_answer({{200, R"({"added":998,"existed":2})"}, {503, R"({"detail":"not now"})"}});
  const Ran ran = import(file_of(1500));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("cannot add p 1001 and the 499 after it: " + url() +
                                 ": not now\n"
                                 "998 of 1500 profiles were added before it, 2 were there already."));
  will_answer({{200, "what"}});
  EXPECT_THAT(import(file_of(1)).err, HasSubstr("sent an answer that cannot be read"));
}

TEST_F(ProfileImportTest, AFileWithoutProfilesIsAMistake) {
  EXPECT_THAT(import(file_of(0)).err, HasSubstr("no row for table hardware"));
  EXPECT_THAT(import(directory_ / "none").err, HasSubstr("No such file or directory"));
  EXPECT_EQ(import(directory_.path()).code, 2);
  std::ofstream(directory_ / "bad.sql") << "\nINSERT INTO hardware (provider) VALUES ('p');\n";
  EXPECT_THAT(import(directory_ / "bad.sql").err, HasSubstr("bad.sql:2: this INSERT has no column 'name'"));
  EXPECT_THAT(asked(), IsEmpty());
}

}  // namespace
}  // namespace app
