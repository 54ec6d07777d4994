// hardware secrets: random ones, and those of the environment.
#include <filesystem>
#include <fstream>

#include "support/command_test.hpp"
#include "support/temp_dir.hpp"

namespace app {
namespace {

using testing::HasSubstr;

class SecretsTest : public support::CommandTest {
 protected:
  ~SecretsTest() override {
    ::unsetenv("TEST_SECRET");
    ::unsetenv("TEST_OTHER");
  }

  static Ran secrets(std::vector<std::string> words) {
    words.insert(words.begin(), "secrets");
    return run(add_secrets, std::move(words));
  }
  static std::string content(const std::string& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  std::ptrdiff_t files() const { return std::distance(std::filesystem::directory_iterator(directory_.path()), {}); }

  support::TempDir directory_;
  const std::string file_ = directory_ / "file";
  const std::string other_ = directory_ / "other";
};

TEST_F(SecretsTest, RandomOnesAreMadeOnce) {
  EXPECT_EQ(secrets({file_, other_}).out, file_ + ": made\n" + other_ + ": made\n");
  const std::string first = content(file_);
  EXPECT_THAT(first, testing::MatchesRegex("[0-9a-f]{64}\n"));
  EXPECT_EQ(secrets({file_}).out, file_ + ": is there already\n");
  EXPECT_EQ(content(file_), first);
  EXPECT_EQ(secrets({"--replace", file_}).out, file_ + ": made\n");
  EXPECT_NE(content(file_), first);
}

TEST_F(SecretsTest, ThoseOfTheEnvironmentAreWrittenAsTheyAre) {
  ::setenv("TEST_SECRET", "two\nlines ", 1);
  const Ran ran = secrets({"--from-environment", "TEST_SECRET", file_});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, file_ + ": written\n");
  EXPECT_EQ(content(file_), "two\nlines ");
  EXPECT_EQ(std::filesystem::status(file_).permissions(), std::filesystem::perms{0440});
}

TEST_F(SecretsTest, ThoseOfTheEnvironmentReplaceTheFile) {
  ::setenv("TEST_SECRET", "first", 1);
  secrets({"--from-environment", "TEST_SECRET", file_});
  std::ifstream reader(file_);
  ::setenv("TEST_SECRET", "second", 1);
  EXPECT_EQ(secrets({"--from-environment", "TEST_SECRET", file_}).code, 0);
  EXPECT_EQ(content(file_), "second");
  std::string old;
  reader >> old;
  EXPECT_EQ(old, "first") << "whoever reads sees one or the other";
  EXPECT_EQ(files(), 1) << "nothing is left beside it";
}

TEST_F(SecretsTest, SeveralAreWrittenAtOnceAndBesideRandomOnes) {
  ::setenv("TEST_SECRET", "one", 1);
  ::setenv("TEST_OTHER", "two", 1);
  const Ran ran = secrets(
      {"--from-environment", "TEST_SECRET", file_, "--from-environment", "TEST_OTHER", other_, directory_ / "random"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(content(file_), "one");
  EXPECT_EQ(content(other_), "two");
  EXPECT_EQ(content(directory_ / "random").size(), 65U);
}

TEST_F(SecretsTest, SaysWhatIsWrong) {
  ::setenv("TEST_SECRET", "one", 1);
  const auto refused = [&](std::vector<std::string> words, const std::string& says) {
    const Ran ran = secrets(std::move(words));
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr(says));
    EXPECT_EQ(files(), 0) << "nothing is written";
  };
  const std::vector<std::string> both = {"--from-environment", "TEST_SECRET", file_,
                                         "--from-environment", "TEST_OTHER",  other_};
  refused(both, "the environment has no variable 'TEST_OTHER'");
  for (const char* blank : {"", " \n"}) {
    ::setenv("TEST_OTHER", blank, 1);
    refused(both, "the variable 'TEST_OTHER' is empty");
  }
  refused({"--from-environment", "TEST_SECRET"}, "--from-environment");
  refused({"--from-environment", "TEST_SECRET", directory_ / "none/file"}, "none/file");
  refused({}, "needs a FILE");
  EXPECT_THAT(secrets({"--help"}).out, HasSubstr("NAME FILE"));
}

}  // namespace
}  // namespace app
