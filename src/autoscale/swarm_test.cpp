// A Swarm engine, as the autoscaler asks it.
#include <gmock/gmock.h>

#include <mutex>

#include "autoscale/actuator.hpp"
#include "http/answer.hpp"
#include "support/serving.hpp"

namespace autoscale {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class SwarmTest : public testing::Test {
 protected:
  SwarmTest() {
    runtime_.start();
    config_.engine = fmt::format("http://127.0.0.1:{}", server_.port());
    config_.timeout = support::kPatience;
    actuator_ = make_swarm(config_, runtime_.background().get_executor());
  }
  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    auto result = support::start(runtime_.background(), std::move(task));
    if (!support::ready(result)) throw std::runtime_error("it does not return");
    return result.get();
  }
  http::Router routes() {
    http::Router router;
    router.add("GET", "/services/{name}", [this](const http::Request& request) { return answer(request); });
    router.add("POST", "/services/{name}/update", [this](const http::Request& request) { return answer(request); },
               {.max_body_bytes = http::kAnyBody});
    return router;
  }
  boost::asio::awaitable<http::Reply> answer(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(fmt::format("{} {}?{} {}", request.method, request.path, request.query.get("version").value_or(""),
                                 request.body));
    http::Reply reply;
    reply.status = status_;
    reply.body = std::make_shared<const std::string>(body_);
    co_return reply;
  }

  std::mutex mutex_;
  int status_ = 200;
  std::string body_ = R"({"Version":{"Index":41},"Spec":{"Name":"a b","Mode":{"Replicated":{"Replicas":3}}}})";
  std::vector<std::string> asked_;
  base::Runtime runtime_{1};
  support::Serving server_{runtime_, routes()};
  config::AutoscalerConfig config_;
  config::ScaledService service_{.name = "a b", .metrics_url = "http://127.0.0.1:5010"};
  std::unique_ptr<Actuator> actuator_;
};

TEST_F(SwarmTest, AServiceIsChangedAsItWasSeen) {
  const auto found = wait(actuator_->look(service_));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->current, 3U);
  ASSERT_EQ(found->places.size(), 1U);
  EXPECT_EQ(found->places[0].name, "127.0.0.1:5010");
  EXPECT_EQ(found->places[0].url.prefix, "/metrics");
  ASSERT_TRUE(wait(actuator_->scale(service_, 5)));
  EXPECT_THAT(asked_,
              ElementsAre("GET /services/a%20b? ",
                          R"(POST /services/a%20b/update?41 {"Name":"a b","Mode":{"Replicated":{"Replicas":5}}})"));
}

TEST_F(SwarmTest, ARefusalIsInTheEnginesWords) {
  ASSERT_TRUE(wait(actuator_->look(service_)));
  body_ = R"({"message":"update out of sequence"})";
  for (const auto& [status, code] : {std::pair{404, base::Errc::not_found}, {500, base::Errc::unavailable}}) {
    status_ = status;
    const auto scaled = wait(actuator_->scale(service_, 5));
    ASSERT_FALSE(scaled);
    EXPECT_EQ(scaled.error().code, code);
    EXPECT_THAT(scaled.error().message,
                AllOf(HasSubstr(fmt::format("answered {}", status)), testing::EndsWith(": update out of sequence")));
  }
}

}  // namespace
}  // namespace autoscale
