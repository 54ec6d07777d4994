// A board, its feed over real HTTP, and the board at the other end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "support/feed_ends.hpp"
#include "support/raw_client.hpp"
#include "support/serving.hpp"

namespace feed {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using support::kNow;
using support::many_rows;
using support::measured_row;
using support::pending_row;
using support::RawClient;
using support::Serving;
using support::share;
using support::Sink;
using support::Source;
using testing::HasSubstr;
using testing::Not;

/// A change of rows 1 to `count` to `revision`.
core::Change all_at(core::Revision revision, int count) {
  core::Change change;
  for (const core::RowPtr& row : many_rows(count)) {
    core::Row next = *row;
    next.revision = revision;
    change.rows.push_back(share(std::move(next)));
  }
  return change;
}

class FeedTest : public testing::Test {
 protected:
  FeedTest() { runtime_.start(); }

  std::string ask(std::uint16_t port, std::string_view target) {
    RawClient client(port);
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target));
    return client.read_all();
  }
  /// Opens a stream and returns its client.
  std::unique_ptr<RawClient> stream(std::uint16_t port, std::string_view target, std::string_view header = "") {
    auto client = std::make_unique<RawClient>(port);
    client->send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", target, header));
    return client;
  }
  /// Of one that reads nothing while `source`, whose rows are many, changes more often than a view keeps.
  std::unique_ptr<RawClient> stream_that_fell_behind(Source& source, std::uint16_t port, std::string_view target) {
    auto client = std::make_unique<RawClient>(port, 65536);
    client->send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target));
    client->read_until("\"end\"");
    // More bytes than sockets buffer.
    for (core::Revision revision = 2000; revision < 2030; ++revision) source.board.apply(all_at(revision, 1000));
    // Until it is stuck in writing them, a step of its core at a time.
    for (int i = 0; i < 100; ++i)
      for (std::size_t core = 0; core < runtime_.cores(); ++core) support::on(runtime_.core(core), [] {});
    return client;
  }

  base::Runtime runtime_{2};
};

TEST_F(FeedTest, AReaderFollowsChangesDeletionsAndRenames) {
  Source source(runtime_);
  Serving server(runtime_, source.routes(), {}, source.end());
  Sink sink(runtime_, {server.url()});
  source.board.fill(many_rows(700));
  EXPECT_TRUE(sink.shows(source.board));
  source.board.put(measured_row(5, "000005", 701, core::Level::low));
  EXPECT_TRUE(sink.shows(source.board));
  source.board.put(pending_row(5, "renamed", 702));
  EXPECT_TRUE(sink.shows(source.board));
  source.board.remove(6, 703);
  EXPECT_TRUE(sink.shows(source.board));
  EXPECT_EQ(sink.board.rows().size(), 699U);
  source.board.fill(many_rows(3), {"another", 3});
  EXPECT_TRUE(sink.shows(source.board)) << "another epoch is taken whole";
}

TEST_F(FeedTest, AReaderResumesAfterARestartAndOnAnotherReplica) {
  Source first(runtime_);
  Source second(runtime_);
  first.board.fill(many_rows(10));
  second.board.fill(many_rows(10));
  auto server = std::make_unique<Serving>(runtime_, first.routes(), http::ServerOptions{}, first.end());
  Serving other(runtime_, second.routes(), {}, second.end());
  Sink sink(runtime_, {server->url(), other.url()});
  EXPECT_TRUE(sink.shows(first.board));
  server.reset();
  second.board.put(measured_row(1, "000001", 11, core::Level::low));
  EXPECT_TRUE(sink.shows(second.board));
}

TEST_F(FeedTest, RandomChangesWithInterruptionsEndEqual) {
  Source source(runtime_);
  source.board.fill(many_rows(600));
  Serving server(runtime_, source.routes(), {}, source.end());
  Sink steady(runtime_, {server.url()});
  auto flaky = std::make_unique<Sink>(runtime_, std::vector{server.url()});
  std::mt19937 random(7);
  core::Revision revision = 1000;
  for (int step = 0; step < 300; ++step) {
    const auto id = static_cast<core::ProfileId>(1 + random() % 600);
    const std::string name = fmt::format("{:06}", random() % 20 == 0 ? 1000 + id : id);
    if (random() % 10 == 0)
      source.board.remove(id, ++revision);
    else
      source.board.put(measured_row(id, name, ++revision, static_cast<core::Level>(1 + random() % 3)));
    if (step % 60 == 59) flaky = std::make_unique<Sink>(runtime_, std::vector{server.url()});
  }
  EXPECT_TRUE(steady.shows(source.board));
  EXPECT_TRUE(flaky->shows(source.board));
}

TEST_F(FeedTest, TheSideThatIsAwayIsToldAlongTheChain) {
  Source source(runtime_);
  Serving server(runtime_, source.routes(), {}, source.end());
  const auto set = [&](std::optional<board::Outage> outage) {
    support::on(runtime_.background(), [&] { source.board->set_outage(outage); });
  };
  const auto side = [](Sink& sink) {
    const auto outage = sink.board.state()->outage;
    return outage ? std::optional(outage->side) : std::nullopt;
  };
  const auto since = std::chrono::steady_clock::now() - 90s;
  set(board::Outage{board::Side::database, since});
  Sink early(runtime_, {server.url()});
  EXPECT_TRUE(eventually([&] { return side(early) == board::Side::database; })) << "before there are rows";
  source.board.fill(many_rows(3));
  Sink late(runtime_, {server.url()});
  ASSERT_TRUE(late.shows(source.board));
  ASSERT_TRUE(eventually([&] { return side(late) == board::Side::database; }));
  const auto told = late.board.state()->outage->since;
  EXPECT_LT(told, since + 60s) << "since when, by the source's clock";
  EXPECT_GT(told, since - 60s);
  set({});
  EXPECT_TRUE(eventually([&] { return !side(early) && !side(late); }));
  EXPECT_TRUE(early.shows(source.board));
}

TEST_F(FeedTest, SetsGoAlongTheChain) {
  const core::Sets sets{{"s", {"p/000001"}}}, others{{"s", {"p/000002", "p/000001"}}, {"t", {"p/*"}}};
  const auto has = [](Sink& sink, const core::Sets& wanted) {
    return eventually([&] { return *sink.board.state()->sets == wanted; });
  };
  Source source(runtime_), replica(runtime_);
  source.board.set_sets(sets);
  auto server = std::make_unique<Serving>(runtime_, source.routes(), http::ServerOptions{}, source.end());
  const base::Url url = server->url();
  Sink early(runtime_, {url});
  EXPECT_TRUE(has(early, sets)) << "before there are rows";
  source.board.fill(many_rows(3));
  replica.board.fill(many_rows(3));
  ASSERT_TRUE(early.shows(source.board));
  auto client = stream(server->port(), "/hardware/events", "Last-Event-ID: epoch-10\r\n");
  EXPECT_THAT(client->read_until("\"removed\":[]}\n\n"), HasSubstr("event: sets\ndata: {\"sets\":[{\"name\":\"s\""));
  source.board.set_sets(others);
  EXPECT_TRUE(has(early, others));
  EXPECT_THAT(client->read_until("}\n\n"), testing::AllOf(HasSubstr("event: sets\n"), Not(HasSubstr("id:"))));
  server.reset();
  Serving again(runtime_, replica.routes(), {{.port = url.port}}, replica.end());
  EXPECT_TRUE(has(early, {})) << "a replica without sets says so";
}

TEST_F(FeedTest, AViewOfASetTellsWhenOthersAreInIt) {
  Source source(runtime_);
  source.board.fill(many_rows(3));
  source.board.set_sets({{"s", {"p/000001", "p/000002"}}});
  Serving server(runtime_, source.routes(), {}, source.end());
  auto client = stream(server.port(), "/hardware/events?set=s&limit=9");
  EXPECT_THAT(
      client->read_until("\"matching\":2}}\n\n"),
      testing::AllOf(HasSubstr("000001"), HasSubstr("000002"), Not(HasSubstr("000003")), Not(HasSubstr("sets"))));
  source.board.set_sets({{"s", {"p/000002", "p/000001"}}});
  EXPECT_THAT(client->read_until("\"matching\":2}}\n\n"), HasSubstr("event: view\nid: epoch-10\n"));
  source.board.put(measured_row(3, "000001", 11, core::Level::low));
  EXPECT_THAT(client->read_until("id: epoch-11\n"), HasSubstr("event: view\n")) << "renamed, it is a member";
  auto resumed = stream(server.port(), "/hardware/events?set=s&limit=9&since=epoch-11");
  EXPECT_THAT(resumed->read_until("\"counts\""), HasSubstr("event: view\n")) << "the set may have been another one";
  source.board.set_sets({});
  EXPECT_THAT(client->read_until("\"matching\":0}}\n\n"), HasSubstr("event: view\n"));
  EXPECT_THAT(
      ask(server.port(), "/hardware/events?set=s&limit=9"),
      testing::AllOf(HasSubstr("400 Bad Request"), HasSubstr("set: there is no set 's'; no sets are configured")));
}

TEST_F(FeedTest, AStatusIsNoChange) {
  Source source(runtime_);
  source.board.fill(many_rows(2));
  Serving server(runtime_, source.routes(), {}, source.end());
  auto client = stream(server.port(), "/hardware/events");
  EXPECT_THAT(client->read_until("\"end\"}\n\n"),
              testing::AllOf(HasSubstr("event: snapshot\nid: epoch-10\ndata: {\"phase\":\"end\"}"),
                             Not(HasSubstr("event: status"))))
      << "no side is away";
  support::on(runtime_.background(), [&] {
    source.board->set_outage(board::Outage{board::Side::database, std::chrono::steady_clock::now()});
  });
  const std::string event = client->read_until("}\n\n");
  EXPECT_THAT(event, testing::AllOf(HasSubstr("event: status\ndata: {\"now\":\"2026-"),
                                    HasSubstr("\"outage\":{\"side\":\"database\",\"since\":\"2026-"),
                                    Not(HasSubstr("id:")), Not(HasSubstr("event: change"))));
  source.board.put(measured_row(1, "000001", 11, core::Level::low));
  EXPECT_THAT(client->read_until("}\n\n"), testing::AllOf(HasSubstr("event: change"), HasSubstr("000001")));
}

TEST_F(FeedTest, AResumedStreamBringsOnlyWhatChangedAndWhatIsOld) {
  Source source(runtime_);
  source.board.fill(
      {share(measured_row(1, "old", 3, core::Level::high, kNow - 2min)),
       share(measured_row(4, "just seen", 10, core::Level::high, kNow - 2min)),
       share(measured_row(5, "expired", 3, core::Level::high, kNow - 1h)),
       share(measured_row(2, "same", 4, core::Level::high)), share(measured_row(3, "changed", 8, core::Level::low))},
      {"epoch", 10});
  source.board.remove(9, 11);
  Serving server(runtime_, source.routes(), {}, source.end());
  auto client = stream(server.port(), "/hardware/events", "Last-Event-ID: epoch-10\r\n");
  std::string event = client->read_until("\"removed\":[9]}\n\n");
  EXPECT_THAT(event, testing::AllOf(HasSubstr("event: change\nid: epoch-11\n"), HasSubstr("\"removed\":[9]"),
                                    HasSubstr("\"old\""), HasSubstr("\"just seen\""), HasSubstr("\"expired\""),
                                    Not(HasSubstr("\"same\"")), Not(HasSubstr("\"changed\",\"avail"))));
  event = stream(server.port(), "/hardware/events?since=epoch-9")->read_until("\"phase\":\"begin\"");
  EXPECT_THAT(event, HasSubstr("\"phase\":\"begin\"")) << "before what is remembered";
  event = stream(server.port(), "/hardware/events", "Last-Event-ID: other-10\r\n")->read_until("\"phase\":\"begin\"");
  EXPECT_THAT(event, HasSubstr("\"phase\":\"begin\"")) << "another epoch";
}

TEST_F(FeedTest, RowsThatGrowOldAreToldWithoutAnId) {
  Source source(runtime_);
  source.board.fill({share(measured_row(1, "a", 3, core::Level::high, kNow - 1min + 200ms))});
  Serving server(runtime_, source.routes(), {}, source.end());
  auto all = stream(server.port(), "/hardware/events");
  auto window = stream(server.port(), "/hardware/events?limit=10");
  EXPECT_THAT(all->read_until("\"end\"}\n\n"), HasSubstr("FRESH"));
  EXPECT_THAT(window->read_until("\"matching\":1}}\n\n"), HasSubstr("FRESH"));
  for (RawClient* client : {all.get(), window.get()})
    EXPECT_THAT(client->read_until("}\n\n"),
                testing::AllOf(HasSubstr("event: change\ndata: "), HasSubstr("\"freshness\":\"STALE\"")));
}

TEST_F(FeedTest, ASelectionTellsItsRowsAndWhenOthersStandThere) {
  Source source(runtime_);
  source.board.fill(many_rows(5), {"epoch", 5});
  Serving server(runtime_, source.routes(), {}, source.end());
  auto client = stream(server.port(), "/hardware/events?limit=100&level=HIGH&sort=-name");
  EXPECT_THAT(client->read_until("\"matching\":5}}\n\n"), HasSubstr("000005"));
  source.board.put(measured_row(3, "000003", 6, core::Level::high));
  EXPECT_THAT(client->read_until("}}\n\n"), testing::AllOf(HasSubstr("event: change"), HasSubstr("000003")));
  source.board.put(measured_row(3, "000003", 7, core::Level::low));
  EXPECT_THAT(client->read_until("}}\n\n"), testing::AllOf(HasSubstr("event: view"), HasSubstr("\"matching\":4")));
  auto resumed = stream(server.port(), "/hardware/events?limit=100&level=HIGH&since=epoch-7");
  source.board.put(measured_row(1, "000001", 8, core::Level::high));
  EXPECT_THAT(resumed->read_until("}}\n\n"), testing::AnyOf(HasSubstr("event: change"), HasSubstr("event: view")));
  auto late = stream(server.port(), "/hardware/events?limit=100&level=HIGH&since=epoch-6");
  EXPECT_THAT(late->read_until("}}\n\n"), HasSubstr("event: view")) << "who stands there may have changed";
  EXPECT_THAT(ask(server.port(), "/hardware/events?level=high"), HasSubstr("HTTP/1.1 400"));
}

TEST_F(FeedTest, OneStreamCarriesSeveralViews) {
  Source source(runtime_);
  source.board.fill(many_rows(5), {"epoch", 5});
  Serving server(runtime_, source.routes(), {}, source.end());
  auto client = stream(
      server.port(), "/hardware/events?view=limit%3D1%26since%3Depoch-5&view=q%3D000003%26limit%3D9%26since%3Depoch-5");
  EXPECT_THAT(client->read_until("}}\n\n"), testing::AllOf(HasSubstr("event: for\ndata: 0\n\nevent: change")));
  EXPECT_THAT(client->read_until("}}\n\n"), testing::AllOf(HasSubstr("event: for\ndata: 1\n\nevent: change")));
  source.board.put(measured_row(3, "000003", 6, core::Level::low));
  EXPECT_THAT(client->read_until("}}\n\n"), testing::AllOf(HasSubstr("data: 0\n"), Not(HasSubstr("000003"))));
  EXPECT_THAT(client->read_until("}}\n\n"), testing::AllOf(HasSubstr("data: 1\n"), HasSubstr("000003")));
  const std::string many = [] {
    std::string query;
    for (int i = 0; i < 33; ++i) query += "&view=limit%3D1";
    return query.substr(1);
  }();
  for (const std::string& bad : {std::string("view=limit%3D1&limit=1"), std::string("view=limti%3D1"),
                                 std::string("view="), std::string("view=q%3D%25zz"), many})
    EXPECT_EQ(stream(server.port(), fmt::format("/hardware/events?{}", bad))->read_until("\r\n"),
              "HTTP/1.1 400 Bad Request\r\n")
        << bad;
}

TEST_F(FeedTest, AWindowTellsItsRowsItsCountsAndWhenOthersStandThere) {
  Source source(runtime_);
  source.board.fill(many_rows(5), {"epoch", 5});
  Serving server(runtime_, source.routes(), {}, source.end());
  auto client = stream(server.port(), "/hardware/events?limit=2&offset=1");
  const std::string begin = client->read_until("\"matching\":5}}\n\n");
  EXPECT_THAT(begin, testing::AllOf(HasSubstr("000002"), HasSubstr("000003"), Not(HasSubstr("000001")),
                                    Not(HasSubstr("000004"))));
  source.board.put(measured_row(3, "000003", 6, core::Level::low));
  EXPECT_THAT(client->read_until("}}\n\n"),
              testing::AllOf(HasSubstr("id: epoch-6"), HasSubstr("000003"), Not(HasSubstr("000002")),
                             HasSubstr("\"HIGH\":4,\"MEDIUM\":0,\"LOW\":1")));
  source.board.put(measured_row(5, "000005", 7, core::Level::low));
  EXPECT_THAT(client->read_until("}}\n\n"), testing::AllOf(HasSubstr("\"changed\":[]"), HasSubstr("\"LOW\":2")))
      << "outside, the counts change";
  source.board.remove(1, 8);
  EXPECT_THAT(client->read_until("}}\n\n"), testing::AllOf(HasSubstr("event: view"), HasSubstr("\"total\":4")));
  source.board.put(measured_row(9, "000000", 9, core::Level::high));
  for (const char* window : {"limit=2&offset=1", "limit=2"})
    EXPECT_THAT(stream(server.port(), fmt::format("/hardware/events?{}&since=epoch-8", window))->read_until("}}\n\n"),
                HasSubstr(window == std::string_view("limit=2") ? "000000" : "event: view"))
        << "a row that came and was measured meanwhile";
  const auto resumed = [&](core::Revision since) {
    return stream(server.port(), fmt::format("/hardware/events?limit=2&since=epoch-{}", since))->read_until("}}\n\n");
  };
  EXPECT_THAT(resumed(9), HasSubstr("event: change"));
  source.board.remove(4, 10);
  EXPECT_THAT(resumed(9), HasSubstr("event: view")) << "one has gone";
  source.board.put(pending_row(10, "new", 11));
  EXPECT_THAT(resumed(10), HasSubstr("event: view")) << "one that is not measured yet may be new";
  for (const char* bad : {"limit=0", "limit=5000", "limit=2&offset=-1", "limti=2", "offset=2", "since=nonsense"})
    EXPECT_EQ(stream(server.port(), fmt::format("/hardware/events?{}", bad))->read_until("\r\n"),
              "HTTP/1.1 400 Bad Request\r\n")
        << bad;
}

TEST_F(FeedTest, AWindowThatFellBehindIsToldThatEverythingWasReplaced) {
  Source source(runtime_);
  source.board.fill(many_rows(1000), {"epoch", 1000});
  Serving server(runtime_, source.routes(), {{.io_timeout = 1h}}, source.end());
  auto client = stream_that_fell_behind(source, server.port(), "/hardware/events?limit=1000");
  // Another database, and more updates than a view keeps.
  source.board.fill(many_rows(1000), {"other", 1000});
  for (core::Revision revision = 1001; revision < 1300; ++revision)
    source.board.put(measured_row(1, "000001", revision, core::Level::low));
  const std::string id = "id: other-";
  const std::string received = client->read_until(id);
  EXPECT_TRUE(received.ends_with("event: view\n" + id)) << received.substr(received.size() - 100);
}

TEST_F(FeedTest, ASlowClientConverges) {
  Source source(runtime_);
  auto rows = many_rows(1000);
  rows.push_back(share(measured_row(1001, "old", 1000, core::Level::high, kNow - 2min)));
  source.board.fill(std::move(rows), {"epoch", 1000});
  Serving server(runtime_, source.routes(), {{.io_timeout = 1h}}, source.end());
  auto client = stream_that_fell_behind(source, server.port(), "/hardware/events");
  core::Revision revision = 3000;
  while (revision < 3300) source.board.put(measured_row(1, "000001", ++revision, core::Level::low));
  const std::string last = fmt::format("id: epoch-{}\n", revision);
  EXPECT_TRUE(client->read_until(last).ends_with(last));
  EXPECT_TRUE(client->read_until("\n\n").contains("\"old\"")) << "it may not know that this is old";
}

TEST_F(FeedTest, ABoardThatIsNotFilledIsNoEmptyList) {
  Source source(runtime_);
  Serving server(runtime_, source.routes(), {}, source.end());
  EXPECT_THAT(ask(server.port(), "/hardware/"), HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(ask(server.port(), "/hardware/?since=epoch-1"), HasSubstr("HTTP/1.1 503"));
  source.board.fill({});
  EXPECT_THAT(ask(server.port(), "/hardware/"), testing::AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr("\r\n\r\n[\n]\n")));
}

TEST_F(FeedTest, ListWaitsUntilNothingIsPending) {
  Source source(runtime_);
  source.board.fill({share(pending_row(1, "a", 1))}, {"epoch", 1});
  Serving server(runtime_, source.routes(), {}, source.end());
  EXPECT_THAT(ask(server.port(), "/hardware/"), HasSubstr("PENDING")) << "without wait it answers at once";
  RawClient waiting(server.port());
  waiting.send("GET /hardware/?wait=60 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(ask(server.port(), "/hardware/?wait=1"), HasSubstr("PENDING")) << "when the time is up";
  source.board.put(measured_row(1, "a", 2, core::Level::high));
  EXPECT_THAT(waiting.read_answer(), HasSubstr("FRESH"));
  EXPECT_THAT(ask(server.port(), "/hardware/?since=epoch-1"),
              testing::AllOf(HasSubstr("\"revision\":2"), HasSubstr("FRESH")));
  EXPECT_THAT(ask(server.port(), "/hardware/?since=epoch-2"), HasSubstr("\"changed\":[],\"removed\":[]"));
  for (core::ProfileId id : {7, 8, 9}) source.board.remove(id, 3);
  EXPECT_THAT(ask(server.port(), "/hardware/?since=epoch-2"), HasSubstr("\"changed\":[],\"removed\":[7,8,9]}\n"));
  EXPECT_THAT(ask(server.port(), "/hardware/?since=epoch-4"), HasSubstr("HTTP/1.1 410"));
  EXPECT_THAT(ask(server.port(), "/hardware/?since=other-1"), HasSubstr("HTTP/1.1 410"));
  EXPECT_THAT(ask(server.port(), "/hardware/?since=x"), HasSubstr("HTTP/1.1 400"));
}

TEST_F(FeedTest, ALargeListIsRenderedAsideAndIsTheSame) {
  Source source(runtime_);
  source.board.fill(many_rows(3000));
  Serving server(runtime_, source.routes(), {}, source.end());
  const std::string first = ask(server.port(), "/hardware/");
  EXPECT_THAT(first, testing::AllOf(HasSubstr("003000"), testing::EndsWith("\n]\n")));
  source.board.put(measured_row(7, "000007", 4000, core::Level::low));
  EXPECT_TRUE(eventually([&] { return ask(server.port(), "/hardware/").find("\"LOW\"") != std::string::npos; }));
}

TEST_F(FeedTest, AnUnreadableEventLeadsToAWholeSnapshot) {
  std::atomic<int> opened = 0;
  std::atomic<bool> asked_to_resume = false;
  http::Router router;
  router.add("GET", "/hardware/events", [&](const http::Request& request) -> boost::asio::awaitable<http::Reply> {
    const int turn = opened++;
    if (turn == 1 && !request.header("Last-Event-ID").empty()) asked_to_resume = true;
    http::Reply reply;
    reply.content_type = "text/event-stream";
    std::string body =
        "event: snapshot\ndata: "
        "{\"phase\":\"begin\",\"epoch\":\"e\",\"revision\":1,\"total\":0,\"now\":\"2026-01-01T00:00:00.000Z\"}"
        "\n\nevent: snapshot\nid: e-1\ndata: {\"phase\":\"end\"}\n\n";
    if (turn == 0) body += "event: change\nid: e-2\ndata: {\"now\":\"no time\"}\n\n";
    reply.body = std::make_shared<const std::string>(std::move(body));
    co_return reply;
  });
  Serving server(runtime_, router);
  Sink sink(runtime_, {server.url()});
  EXPECT_TRUE(eventually([&] { return opened >= 2; }));
  EXPECT_FALSE(asked_to_resume);
  EXPECT_EQ(sink.board.state()->version, (core::Version{"e", 1}));
}

TEST_F(FeedTest, AQuietStreamHasAHeartbeat) {
  Source source(runtime_, 20ms);
  source.board.fill(many_rows(1));
  Serving server(runtime_, source.routes(), {}, source.end());
  auto client = stream(server.port(), "/hardware/events");
  client->read_until("phase\":\"end\"");
  EXPECT_THAT(client->read_until("event: heartbeat\ndata: {\"now\":\"20"), HasSubstr("heartbeat"));
}

}  // namespace
}  // namespace feed
