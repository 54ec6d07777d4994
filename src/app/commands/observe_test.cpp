// observe against a service that answers what the test says.
#include <fstream>

#include "support/command_test.hpp"
#include "support/temp_dir.hpp"

namespace app {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ObserveTest : public support::CommandTest {
 protected:
  ObserveTest() { std::ofstream(directory_ / "token") << "a-token-of-some-length\n"; }

  Ran observe(std::vector<std::string> words) {
    words.insert(words.begin(), "observe");
    words.insert(words.end(), {"--url", url(), "--token-file", directory_ / "token"});
    return run(add_observe, std::move(words));
  }

  support::TempDir directory_;
};

TEST_F(ObserveTest, TellsASuccess) {
  will_answer({{200, R"({"provider":"Amazon","name":"c5","effect":"applied","said":"HIGH"})"}});
  const Ran ran = observe({"Amazon/c5", "--launched", "--took", "42s", "--source", "ci"});
  EXPECT_EQ(ran.out, "Amazon/c5: applied; it said HIGH\n");
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(
      asked().back(),
      AllOf(HasSubstr("POST /api/v1/observations"), HasSubstr("[Bearer a-token-of-some-length]"),
            HasSubstr(
                R"({"provider":"Amazon","name":"c5","outcome":"launched","took":"42s","source":"ci","id":"observe-)")));
}

TEST_F(ObserveTest, TellsAFailure) {
  will_answer(
      {{200, R"({"provider":"our/cluster","name":"x","effect":"counted","detail":"\u001b[1mnewer","said":"LOW"})"}});
  const Ran ran = observe({"our/cluster", "x", "--failed", "AllocationFailed", "--where", "eu-1", "--id", "e1", "--at",
                           "2026-11-24T13:00:00Z"});
  EXPECT_EQ(ran.out, "our/cluster/x: counted; it said LOW; ?[1mnewer\n");
  EXPECT_THAT(asked().back(),
              HasSubstr(R"({"provider":"our/cluster","name":"x","outcome":"failed","error":"AllocationFailed",)"
                        R"("where":"eu-1","at":"2026-11-24T13:00:00Z","id":"e1"})"));
}

TEST_F(ObserveTest, OneThatIsNotTakenIsToldAgain) {
  will_answer({{503, R"({"detail":"too many"})", "application/problem+json"},
               {200, R"({"provider":"Amazon","name":"c5","effect":"applied","said":"HIGH"})"}});
  const Ran ran = observe({"Amazon/c5", "--launched"});
  EXPECT_EQ(ran.out, "Amazon/c5: applied; it said HIGH\n");
  EXPECT_THAT(ran.err, HasSubstr("too many; telling it again in 500ms"));
  ASSERT_EQ(asked().size(), 2U);
  EXPECT_EQ(asked()[0], asked()[1]) << "with the same id";
}

TEST_F(ObserveTest, MistakesAndRefusalsAreTold) {
  EXPECT_THAT(
      observe({"Amazon/c5"}),
      AllOf(testing::Field(&Ran::code, 2), testing::Field(&Ran::err, HasSubstr("give --launched, or --failed ERROR"))));
  EXPECT_EQ(observe({"Amazon/c5", "--launched", "--failed", "x"}).code, 2);
  EXPECT_EQ(observe({"Amazon", "--launched"}).code, 2);
  EXPECT_TRUE(asked().empty());
  const std::string type = "application/problem+json";
  will_answer({{404, R"({"detail":"there is no profile 'Amazon/c5'"})", type}});
  EXPECT_THAT(observe({"Amazon/c5", "--launched"}).err, HasSubstr("there is no profile 'Amazon/c5'"));
  will_answer({{500, R"({"detail":"the database is away"})", type}});
  EXPECT_EQ(observe({"Amazon/c5", "--launched"}).code, 1);
  will_answer({{401, R"({"detail":"the observer token is wrong"})", type}});
  EXPECT_EQ(observe({"Amazon/c5", "--launched"}).code, 2);
}

}  // namespace
}  // namespace app
