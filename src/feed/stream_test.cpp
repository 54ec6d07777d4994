// Where a stream resumes, and how it and a list that waits end with their client.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feed/view.hpp"
#include "support/feed_ends.hpp"
#include "support/raw_client.hpp"
#include "support/serving.hpp"

namespace feed {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using support::many_rows;
using support::measured_row;
using support::pending_row;
using support::RawClient;
using support::Serving;
using support::share;
using support::Source;
using testing::HasSubstr;
using testing::Not;

class StreamTest : public testing::Test {
 protected:
  StreamTest() { runtime_.start(); }

  std::unique_ptr<RawClient> open(const Serving& server, std::string_view target, std::string_view header = "") {
    auto client = std::make_unique<RawClient>(server.port());
    client->send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", target, header));
    return client;
  }
  /// The first event but that of the sets.
  std::string first(const Serving& server, std::string_view target, std::string_view header = "") {
    const auto client = open(server, target, header);
    std::string event = client->read_until("}\n\n");
    return event.contains("event: sets\n") ? client->read_until("}\n\n") : event;
  }
  /// How many streams and requests wait for the board to move.
  std::size_t waiting(Source& source) {
    auto all = static_cast<std::size_t>(source.streams());
    for (std::size_t core = 0; core < runtime_.cores(); ++core)
      all += support::on(runtime_.core(core), [&] { return source.board->of_core(core).subscribers(); });
    return all;
  }
  bool waits(Source& source, std::size_t count) {
    return eventually([&] { return waiting(source) == count; });
  }

  base::Runtime runtime_{2};
};

TEST_F(StreamTest, WhereAClientIsSaysItsHeaderBeforeItsQuery) {
  Source source(runtime_);
  source.board.fill(many_rows(3), {"epoch", 10});
  source.board.put(measured_row(3, "000003", 11, core::Level::low));
  Serving server(runtime_, source.routes(), {}, source.end());
  EXPECT_THAT(first(server, "/hardware/events?since=other-10", "Last-Event-ID: epoch-10\r\n"),
              HasSubstr("event: change\nid: epoch-11\n"));
  EXPECT_THAT(first(server, "/hardware/events?since=epoch-10", "Last-Event-ID: other-10\r\n"),
              HasSubstr("\"phase\":\"begin\""));
  EXPECT_THAT(first(server, "/hardware/events?since=epoch-10", "Last-Event-ID: \r\n"), HasSubstr("event: change"));
  EXPECT_THAT(first(server, "/hardware/events?since=epoch-10", "Last-Event-ID: no version\r\n"),
              HasSubstr("\"phase\":\"begin\""));
}

TEST_F(StreamTest, CountsOfRowsThatItsFilterLeavesOutAreToldSoon) {
  Source source(runtime_);
  source.board.fill(many_rows(3), {"epoch", 10});
  Serving server(runtime_, source.routes(), {}, source.end());
  const auto client = open(server, "/hardware/events?level=LOW&limit=5");
  client->read_until("\"phase\":\"end\"");
  // None of these is a row of the view, and the later ones come when it has just been told of the first.
  for (core::ProfileId id = 1; id <= 3; ++id)
    source.board.put(measured_row(id, fmt::format("00000{}", id), 10 + id, core::Level::medium));
  EXPECT_THAT(client->read_until("\"MEDIUM\":3"),
              testing::AllOf(HasSubstr("id: epoch-13\n"), testing::EndsWith("\"MEDIUM\":3")))
      << "with the version from which it may resume";
}

TEST_F(StreamTest, OnlyAClientOfThisEpochIsAheadOfTheBoard) {
  // One that waits for the board is sent heartbeats.
  Source source(runtime_, 20ms);
  source.board.fill(many_rows(3), {"epoch", 10});
  Serving server(runtime_, source.routes(), {}, source.end());
  EXPECT_THAT(first(server, "/hardware/events", "Last-Event-ID: other-99\r\n"),
              testing::AllOf(HasSubstr("\"phase\":\"begin\""), Not(HasSubstr("heartbeat"))));
  EXPECT_THAT(open(server, "/hardware/events", "Last-Event-ID: epoch-10\r\n")->read_until("event: heartbeat"),
              HasSubstr("event: change"))
      << "one that has seen just as much does not wait";
  const auto ahead = open(server, "/hardware/events", "Last-Event-ID: epoch-12\r\n");
  ASSERT_TRUE(waits(source, 1));
  source.board.put(measured_row(1, "000001", 11, core::Level::low));
  source.board.put(measured_row(2, "000002", 13, core::Level::low));
  const std::string told = ahead->read_until("id: epoch-13\n") + ahead->read_until("}\n\n");
  EXPECT_THAT(told, testing::AllOf(HasSubstr("000002"), Not(HasSubstr("000001")))) << "it was not taken back to 11";
}

TEST_F(StreamTest, ARowThatChangedAndIsOldIsToldOnce) {
  Source source(runtime_);
  source.board.fill({share(measured_row(1, "before", 3, core::Level::high, support::kNow - 2min)),
                     share(measured_row(2, "since", 8, core::Level::high, support::kNow - 2min))},
                    {"epoch", 8});
  source.board.put(measured_row(2, "since", 9, core::Level::low, support::kNow - 2min));
  Serving server(runtime_, source.routes(), {}, source.end());
  const std::string event = first(server, "/hardware/events?since=epoch-8");
  for (const char* name : {"\"before\"", "\"since\""}) {
    const auto at = event.find(name);
    EXPECT_NE(at, std::string::npos) << name;
    EXPECT_EQ(event.find(name, at + 1), std::string::npos) << name;
  }
}

TEST_F(StreamTest, OneThatStaysAheadGetsAWholeSnapshot) {
  Source source(runtime_);
  source.board.fill(many_rows(3), {"epoch", 10});
  Serving server(runtime_, source.routes(), {}, source.end());
  EXPECT_THAT(open(server, "/hardware/events", "Last-Event-ID: epoch-12\r\n")->read_until("\"phase\":\"begin\""),
              HasSubstr("\"phase\":\"begin\""));
}

TEST_F(StreamTest, AViewOfAnotherEpochBeginsAnew) {
  Source source(runtime_);
  source.board.fill(many_rows(3), {"epoch", 10});
  Serving server(runtime_, source.routes(), {}, source.end());
  for (const char* view : {"limit=2", "limit=2&level=HIGH"}) {
    EXPECT_THAT(first(server, fmt::format("/hardware/events?{}&since=other-10", view)),
                HasSubstr("\"phase\":\"begin\""));
    EXPECT_THAT(open(server, fmt::format("/hardware/events?{}&since=epoch-10", view))->read_until("}}\n\n"),
                testing::AllOf(HasSubstr("event: change"), HasSubstr("\"changed\":[]")));
  }
}

TEST_F(StreamTest, WaitingIsNotForProfilesWithoutAProbeOrThatFailed) {
  Source source(runtime_);
  core::Row none = pending_row(1, "none", 1);
  none.probe = core::kNoProbe;
  core::Row failed = pending_row(2, "failed", 2);
  failed.failure = core::Failure{"it broke", support::kNow};
  source.board.fill({share(none), share(failed), share(measured_row(3, "well", 3, core::Level::high))}, {"epoch", 3});
  Serving server(runtime_, source.routes(), {}, source.end());
  EXPECT_THAT(open(server, "/hardware/?wait=3600")->read_answer(), HasSubstr("no probe configured"));
  // One that has no probe yet may get one.
  core::Row undecided = pending_row(4, "undecided", 4);
  undecided.probe = "";
  source.board.put(undecided);
  const auto waiting = open(server, "/hardware/?wait=3600");
  ASSERT_TRUE(waits(source, 1));
  undecided.probe = core::kNoProbe;
  undecided.revision = 5;
  source.board.put(undecided);
  EXPECT_THAT(waiting->read_answer(), HasSubstr("undecided"));
}

TEST_F(StreamTest, AListThatWaitsWaitsForTheFirstSnapshotToo) {
  Source source(runtime_);
  Serving server(runtime_, source.routes(), {}, source.end());
  const auto waiting = open(server, "/hardware/?wait=3600");
  ASSERT_TRUE(waits(source, 1));
  source.board.fill(many_rows(1), {"epoch", 1});
  EXPECT_THAT(waiting->read_answer(), testing::AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr("000001")));
  EXPECT_THAT(server.metrics().text(), HasSubstr("vacancy_http_request_seconds_count{server=\"test\"} 0\n"))
      << "it says nothing about the service";
}

TEST_F(StreamTest, AListThatWaitedIsOfThisVeryMoment) {
  // So costly that those who do not wait are shown it for a while.
  Source source(runtime_);
  auto rows = many_rows(1000);
  rows.front() = share(pending_row(1, "000001", 1));
  source.board.fill(std::move(rows), {"epoch", 1000});
  Serving server(runtime_, source.routes(), {}, source.end());
  // One connection, since each core remembers for itself.
  RawClient client(server.port());
  const auto ask = [&client](std::string_view target) {
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target));
    return client.read_answer();
  };
  for (core::Revision revision = 1001; revision < 1021;) {
    EXPECT_THAT(ask("/hardware/"), HasSubstr("HTTP/1.1 200"));
    source.board.put(measured_row(1, "000001", ++revision, core::Level::high));
    EXPECT_FALSE(ask("/hardware/?wait=60").contains("PENDING"));
    source.board.put(pending_row(1, "000001", ++revision));
  }
}

TEST_F(StreamTest, StreamsAndListsThatWaitEndWithTheirClient) {
  Source source(runtime_);
  source.board.fill({share(pending_row(1, "a", 1))}, {"epoch", 1});
  Serving server(runtime_, source.routes(), {}, source.end());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (const char* target : {"/hardware/events", "/hardware/events?limit=5", "/hardware/?wait=3600"})
    for (int i = 0; i < 3; ++i) clients.push_back(open(server, target));
  ASSERT_TRUE(waits(source, 9));
  EXPECT_EQ(source.streams(), 6);
  // A third of them sent more on the connection.
  for (std::size_t i = 0; i < 9; i += 3) clients[i]->send("GET / HTTP/1.1\r\n");
  for (std::size_t i = 0; i < 9; ++i) i % 3 == 1 ? clients[i]->reset() : clients[i]->close();
  EXPECT_TRUE(waits(source, 0));
  EXPECT_EQ(source.streams(), 0);
}

TEST_F(StreamTest, AListThatWaitsAnswersAClientThatClosesItsSendingSide) {
  Source source(runtime_);
  source.board.fill({share(pending_row(1, "a", 1))}, {"epoch", 1});
  Serving server(runtime_, source.routes(), {}, source.end());
  const auto client = open(server, "/hardware/?wait=3600");
  ASSERT_TRUE(waits(source, 1));
  client->end();
  EXPECT_THAT(client->read_all(), testing::AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr("PENDING")));
}

TEST_F(StreamTest, AListThatWaitsIsAnsweredWhenTheServerEnds) {
  Source source(runtime_);
  source.board.fill({share(pending_row(1, "a", 1))}, {"epoch", 1});
  Serving server(runtime_, source.routes(), {}, source.end());
  const auto client = open(server, "/hardware/?wait=3600");
  ASSERT_TRUE(waits(source, 1));
  source.end()();
  EXPECT_THAT(client->read_answer(), testing::AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr("PENDING")));
}

TEST(View, SaysNothingOfRowsThatDoNotMatch) {
  Finder finder;
  board::State state;
  state.filled = true;
  state.snapshot = core::Snapshot(many_rows(3));
  state.version = {"epoch", 3};
  state.sequence = 1;
  View view(finder, {.words = {"000001"}, .limit = 10}), other(finder, {.words = {"000001"}, .limit = 10});
  EXPECT_THAT(view.advance(state, {}, false), HasSubstr("event: snapshot\n"));
  const auto put = [&](const core::Row& row) {
    auto update = std::make_shared<board::Update>();
    state.snapshot = state.snapshot.with({.rows = {share(row)}, .removed = {}}, &update->steps);
    update->sequence = ++state.sequence;
    state.version.revision = row.revision;
    auto recent = std::make_shared<std::vector<board::UpdatePtr>>(*state.recent);
    recent->push_back(std::move(update));
    state.recent = std::move(recent);
  };
  put(support::measured_row(2, "000002", 4, core::Level::low));
  EXPECT_EQ(view.advance(state, core::Version{"epoch", 3}, true), "");
  put(support::measured_row(1, "000001", 5, core::Level::low));
  const std::string change = view.advance(state, core::Version{"epoch", 4}, true);
  EXPECT_THAT(change, testing::AllOf(HasSubstr("event: change\nid: epoch-5\n"), HasSubstr("\"name\":\"000001\"")));
  EXPECT_THAT(other.advance(state, {}, false), HasSubstr("\"name\":\"000001\"")) << "they share the search";
}

TEST(View, OneThatMovesIsNotFetchedAllTheTime) {
  Finder finder;
  board::State state;
  state.filled = true;
  const auto begin = std::chrono::steady_clock::now();
  const auto show = [&](View& view, std::vector<core::RowPtr> rows, bool resumes) {
    ++state.sequence;
    ++state.version.revision;
    state.snapshot = core::Snapshot(std::move(rows));
    return view.advance(state, core::Version{state.version.epoch, state.version.revision - 1}, resumes);
  };
  View search(finder, {.words = {"0"}, .limit = 10});
  View window(finder, {.limit = 10});
  for (View* view : {&search, &window}) {
    EXPECT_THAT(show(*view, many_rows(3), false), HasSubstr("event: snapshot\n"));
    EXPECT_THAT(show(*view, many_rows(2), true), HasSubstr("event: view\n")) << "one has gone";
  }
  EXPECT_GE(search.next_look(), begin + 1s) << "each costs a search";
  EXPECT_LE(window.next_look(), std::chrono::steady_clock::now()) << "a window costs nothing";
}

}  // namespace
}  // namespace feed
