#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "autoscale/actuator.hpp"
#include "base/runtime.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace autoscale {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

class CommandTest : public testing::Test {
 protected:
  CommandTest() {
    runtime_.start();
    config_.list_command = {"/bin/sh", script("list"), "{service}"};
    config_.scale_command = {"/bin/sh", script("scale"), "{service}={replicas}", "{replicas} of {service}"};
    config_.command_timeout = 80s;
    service_.name = "portal";
    actuator_ = make_command(config_, runtime_.background().get_executor());
  }

  std::string script(const std::string& name) const { return dir_ / name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(script(name)) << text; }
  base::Result<Found> look() { return wait(actuator_->look(service_)); }
  base::Result<void> scale(std::size_t replicas) { return wait(actuator_->scale(service_, replicas)); }
  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    auto result = support::start(runtime_.background(), std::move(task));
    if (!support::ready(result)) throw std::runtime_error("it does not return");
    return result.get();
  }

  support::TempDir dir_;
  base::Runtime runtime_{1};
  config::AutoscalerConfig config_{.actuator = config::Actuator::command};
  config::ScaledService service_;
  std::unique_ptr<Actuator> actuator_;
};

TEST_F(CommandTest, EachLineIsAReplica) {
  write("list", "printf '10.0.0.2:5010\\n\\n 10.0.0.3:5010 \\n'; [ $1 = portal ]");
  const auto found = look();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->current, 2U);
  EXPECT_EQ(found->busy, "");
  ASSERT_EQ(found->places.size(), 2U);
  EXPECT_EQ(found->places[1].name, "10.0.0.3:5010");
  EXPECT_EQ(found->places[1].url, (base::Url{.host = "10.0.0.3", .port = 5010, .prefix = "/metrics"}));
}

TEST_F(CommandTest, NoLineIsNoReplica) {
  write("list", "");
  EXPECT_EQ(look()->current, 0U);
}

TEST_F(CommandTest, ATemporaryFailureIsARollout) {
  write("list", "echo 10.0.0.2:5010; echo 'a deploy is under way' >&2; exit 75");
  EXPECT_EQ(look()->busy, "a deploy is under way");
  write("list", "exit 75");
  EXPECT_EQ(look()->busy, "list_command says so");
}

TEST_F(CommandTest, FailuresAreSentences) {
  write("list", "echo broken; echo 'no engine' >&2; exit 3");
  EXPECT_EQ(look().error().message, "list_command failed: exit code 3: no engine");
  write("list", "echo 'no address'");
  EXPECT_EQ(look().error().message, "list_command printed 'no address', which is not HOST:PORT");
  write("list", "echo 10.0.0.2");
  EXPECT_THAT(look().error().message, HasSubstr("not HOST:PORT"));
  write("list", "echo 10.0.0.2:1; echo 10.0.0.3:1; echo 10.0.0.2:1");
  EXPECT_EQ(look().error().message, "list_command printed '10.0.0.2:1' twice");
  write("scale", "kill -9 $$");
  EXPECT_EQ(scale(2).error().message, "scale_command failed: signal 9");
  config_.list_command = {"/no/such"};
  EXPECT_THAT(look().error().message, AllOf(HasSubstr("/no/such"), HasSubstr("No such file")));
}

TEST_F(CommandTest, ALookIsCutOffAndAStepIsNot) {
  write("list", "touch " + script("looking") + "; sleep 1000");
  write("scale", "touch " + script("scaling") + "; until [ -e " + script("go") + " ]; do sleep 0.01; done; touch " +
                     script("done"));
  auto looking = support::start(runtime_.background(), actuator_->look(service_));
  auto scaling = support::start(runtime_.background(), actuator_->scale(service_, 2));
  const auto there = [this](const char* name) { return std::filesystem::exists(script(name)); };
  ASSERT_TRUE(support::eventually([&] { return there("looking") && there("scaling"); }));
  support::on(runtime_.background(), [this] {
    actuator_->stop_looking();
    return 0;
  });
  ASSERT_TRUE(support::ready(looking));
  EXPECT_EQ(looking.get().error().message, "cancelled");
  write("go", "");
  ASSERT_TRUE(support::ready(scaling));
  EXPECT_TRUE(scaling.get());
  EXPECT_TRUE(there("done"));
}

TEST_F(CommandTest, TellsServiceAndNumber) {
  write("scale", "printf '%s|%s|%s' \"$1\" \"$2\" \"$AUTOSCALE_TEST\" >" + script("told"));
  ::setenv("AUTOSCALE_TEST", "passed on", 1);
  ASSERT_TRUE(scale(12));
  std::ifstream told(script("told"));
  EXPECT_EQ((std::stringstream() << told.rdbuf()).str(), "portal=12|12 of portal|passed on");
}

}  // namespace
}  // namespace autoscale
