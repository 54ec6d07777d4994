// list, wait and watch against a portal that answers what the test says.

#include "app/commands/portal_link.hpp"
#include "http/sse.hpp"
#include "support/command_test.hpp"

namespace app {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kNow = "2026-11-24T00:00:10Z";

std::string row(std::string_view name, std::string_view more = "") {
  return fmt::format(R"({{"id":1,"provider":"p","name":"{}","availability":"HIGH","freshness":"FRESH",)"
                     R"("measured_at":"2026-11-24T00:00:00Z","reason":"why"{}}})",
                     name, more);
}

std::string page(std::string_view rows, std::string_view next, std::string_view outage = "null") {
  return fmt::format(R"({{"now":"{}","next":{},"outage":{},"hardware":[{}]}})", kNow, next, outage, rows);
}

std::string waited(bool satisfied, std::string_view more = "") {
  return fmt::format(R"({{"satisfied":{},"now":"{}","held":"h1"{},"rows":[{}]}})", satisfied, kNow, more, row("a"));
}

class ListTest : public support::CommandTest {};

constexpr const char* kHeading = "PROVIDER  NAME  LEVEL  FRESHNESS  CAPACITY  AGE\n";

TEST_F(ListTest, AsksPageByPageWhereverTheLinkLeads) {
  will_answer({{200, page(row("a") + "," + row("b"), "\"/api/v1/hardware?after=b&limit=1000\"")},
               {200, page(row("c"), "\"?after=c\"")},
               {200, page(row("d"), "\"hardware?after=d\"")},
               {200, page(row("e"), "null")}});
  const Ran ran = run(add_list, {"list", "--url", url()});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, std::string(kHeading) +
                         "p         a     HIGH   FRESH      -         10s  why\n"
                         "p         b     HIGH   FRESH      -         10s  why\n"
                         "p         c     HIGH   FRESH      -         10s  why\n"
                         "p         d     HIGH   FRESH      -         10s  why\n"
                         "p         e     HIGH   FRESH      -         10s  why\n");
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(asked(), ElementsAre("GET /api/v1/hardware limit=1000", "GET /api/v1/hardware limit=1000 after=b",
                                   "GET /api/v1/hardware after=c", "GET /api/v1/hardware after=d"));
}

TEST_F(ListTest, FollowsTheHeadersLinkWhereTheAnswerHasNone) {
  const std::string no_next = fmt::format(R"({{"now":"{}","hardware":[{}]}})", kNow, row("a"));
  will_answer(
      {{200, no_next, "application/json", {{"Link", R"(</api/v1/hardware?after=a>; rel="next")"}}}, {200, no_next}});
  EXPECT_EQ(run(add_list, {"list", "-o", "name", "--url", url()}).out, "p/a\np/a\n");
  EXPECT_EQ(asked().back(), "GET /api/v1/hardware after=a");
}

TEST_F(ListTest, NoLinkLeadsElsewhereOrRoundInCircles) {
  for (const char* link : {"\"https://elsewhere.example/api/v1/hardware\"", "\"//elsewhere.example/\""}) {
    will_answer({{200, page(row("a"), link)}});
    const Ran ran = run(add_list, {"list", "--url", url()});
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("elsewhere.example"));
    EXPECT_THAT(ran.err, HasSubstr("another server"));
  }
  will_answer({{200, page(row("a"), "\"?after=a\"")}});
  const Ran ran = run(add_list, {"list", "--url", url()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("the same page again"));
}

TEST_F(ListTest, BelowAPathItsLinksMayLackIt) {
  for (const char* link : {"\"/api/v1/hardware?after=a\"", "\"/vacancy/api/v1/hardware?after=a\"", "\"?after=a\""}) {
    will_answer({{200, page(row("a"), link)}, {200, page(row("b"), "null")}});
    EXPECT_EQ(run(add_list, {"list", "-o", "name", "--url", url() + "/vacancy/"}).out, "p/a\np/b\n");
    EXPECT_EQ(asked().back(), "GET /vacancy/api/v1/hardware after=a") << link;
  }
}

TEST_F(ListTest, SendsTheFiltersOfThePage) {
  will_answer({{200, page(row("a"), "null")}});
  EXPECT_EQ(run(add_list, {"list",     "gpu",         "a100",    "-q",        "lab",          "--provider",
                           "P",        "--name",      "N",       "--level",   "high,LOW",     "--level",
                           "medium",   "--freshness", "fresh",   "--failing", "--sort=-free", "--group",
                           "--offset", "3",           "--limit", "7",         "--url",        url()})
                .code,
            0);
  EXPECT_THAT(asked(), ElementsAre("GET /api/v1/hardware q=lab gpu a100 provider=P name=N level=HIGH,LOW,MEDIUM "
                                   "freshness=FRESH failing=1 sort=-free group=provider limit=7 offset=3"));
  will_answer({{400, R"({"detail":"q is too long"})", "application/problem+json"}});
  const Ran refused = run(add_list, {"list", "x", "--url", url()});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("q is too long"));
}

TEST_F(ListTest, MistakesInFiltersAreToldInTheWordsOfTheFlags) {
  const auto refused = [](std::vector<std::string> words) {
    words.insert(words.begin(), "list");
    const Ran ran = run(add_list, std::move(words));
    EXPECT_EQ(ran.code, 2) << ran.err;
    return ran.err;
  };
  for (const char* flag : {"--provider", "--name", "--level", "--freshness", "--query", "--sort", "--label", "--min",
                           "--url", "--limit", "--set"})
    EXPECT_THAT(refused({flag, ""}), StartsWith(fmt::format("vacancy: {} is empty; ", flag)));
  EXPECT_THAT(refused({""}), StartsWith("vacancy: WORD is empty"));
  EXPECT_EQ(run(add_list, {"list", "--level", ",", "--url", url()}).code, 2);
  EXPECT_THAT(refused({"--min", "frre=2"}), HasSubstr("--min: 'frre' is none of free, total, largest, score, price; "
                                                      "write such as free=8; did you mean 'free'?"));
  for (const char* number : {"x", "", "1e999", "nan", "inf", "1 2"})
    EXPECT_THAT(refused({"--max", fmt::format("price={}", number)}),
                HasSubstr("--max: '" + std::string(number) + "' is"));
  EXPECT_THAT(refused({"--max", "price"}), HasSubstr("--max: '' is not a number; write such as price=8"));
  EXPECT_THAT(refused({"--min", "free=1", "--min", "free=2"}), HasSubstr("--min free is given twice"));
  EXPECT_THAT(refused({"--sort", "x"}), HasSubstr("--sort: 'x' is not key, provider, "));
  EXPECT_THAT(refused({"--sort=-fre"}), HasSubstr("or changed; did you mean '-free'?"));
  EXPECT_THAT(refused({"--level", "GREEN"}), HasSubstr("--level: 'GREEN' is not HIGH, MEDIUM, LOW or UNKNOWN\n"));
  EXPECT_THAT(refused({"--json", "-o", "csv"}), HasSubstr("--output excludes --json"));
  EXPECT_THAT(refused({"--limit"}), HasSubstr("--limit needs a number from 1 to "));
  EXPECT_THAT(refused({"--output"}), HasSubstr("--output needs table, wide, json, csv or name\n"));
  EXPECT_THAT(refused({"--provider"}), HasSubstr("--provider needs a value, PROVIDER\n"));
  EXPECT_THAT(refused({"--limit", "1", "--limit", "2"}), HasSubstr("--limit is given more than once"));
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(ListTest, ALabelMayBeEmpty) {
  will_answer({{200, page(row("a"), "null")}});
  EXPECT_EQ(run(add_list, {"list", "--label", "region=", "--url", url()}).code, 0);
  EXPECT_THAT(asked(), ElementsAre("GET /api/v1/hardware limit=1000 label.region="));
}

TEST_F(ListTest, FiltersMayBeRepeated) {
  will_answer({{200, page(row("a"), "null")}});
  EXPECT_EQ(run(add_list,
                {"list",   "--set",  "cfd",       "--provider", "P",           "--provider", "Q",           "--name",
                 "a",      "--name", "b",         "--label",    "region=eu-1", "--label",    "region=eu-2", "--min",
                 "free=8", "--max",  "price=2.5", "--max",      "free=9",      "--url",      url()})
                .code,
            0);
  EXPECT_THAT(asked(), ElementsAre("GET /api/v1/hardware set=cfd provider=P provider=Q name=a name=b limit=1000 "
                                   "label.region=eu-1 label.region=eu-2 min_free=8 max_free=9 max_price=2.5"));
  for (const char* pair : {"region", "=eu"}) {
    const Ran refused = run(add_list, {"list", "--label", pair, "--url", url()});
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, HasSubstr("is not LABEL=VALUE"));
  }
}

TEST_F(ListTest, StopsAtItsLimit) {
  will_answer({{200, page(row("a") + "," + row("b"), "\"?after=b\"")}});
  EXPECT_EQ(run(add_list, {"list", "-o", "name", "--limit", "1", "--url", url()}).out, "p/a\n");
  EXPECT_THAT(asked(), SizeIs(1));
}

TEST_F(ListTest, PrintsTheFormsOfOutput) {
  will_answer({{200, "provider,name\r\n", "text/csv"}});
  EXPECT_EQ(run(add_list, {"list", "-o", "csv", "--level", "HIGH", "--limit", "5", "--url", url()}).out,
            "provider,name\r\n");
  EXPECT_EQ(asked().back(), "GET /api/v1/hardware.csv level=HIGH limit=5");
  will_answer({{200, page(row("a"), "null")}});
  EXPECT_THAT(run(add_list, {"list", "-o", "wide", "--url", url()}).out, HasSubstr("CHANGED  PROBE  LABELS\n"));
  EXPECT_THAT(run(add_list, {"list", "--color", "always", "--url", url()}).out, HasSubstr("\033[32mHIGH\033[0m"));
  EXPECT_THAT(run(add_list, {"list", "--url", url()}).out, Not(HasSubstr("\033"))) << "it is no terminal";
  EXPECT_EQ(run(add_list, {"list", "-o", "xml", "--url", url()}).code, 2);
}

TEST_F(ListTest, JsonIsTheRowsWithoutNoise) {
  will_answer({{200, page(row("a", R"(,"price":1.64,"free":4)"), "null")}});
  EXPECT_EQ(run(add_list, {"list", "--json", "--url", url()}).out, "[" + row("a", R"(,"price":1.64,"free":4)") + "]\n");
}

TEST_F(ListTest, SaysWhichSideIsAway) {
  will_answer({{200, page(row("a"), "\"/more\"", R"({"side":"database","since":"T","message":"it is away"})")},
               {200, page(row("b"), "null", R"({"side":"database","since":"T","message":"it is away"})")}});
  EXPECT_EQ(run(add_list, {"list", "--url", url()}).err, "vacancy: it is away since T\n") << "once";
}

TEST_F(ListTest, AnythingButAListIsAnError) {
  will_answer({{503, R"({"detail":"not\u001b yet"})", "application/problem+json"}});
  const Ran away = run(add_list, {"list", "--url", url()});
  EXPECT_EQ(away.code, 1);
  EXPECT_THAT(away.err, HasSubstr("answers 503 to /api/v1/hardware: not? yet"));
  will_answer({{404, "no"}});
  EXPECT_THAT(run(add_list, {"list", "--url", url()}).err, EndsWith("the service answered 404 Not Found\n"));
  EXPECT_EQ(run(add_list, {"list", "--url", "nowhere"}).code, 2);
  EXPECT_EQ(run(add_list, {"list", "--url", "http://127.0.0.1:1"}).code, 1) << "nobody listens there";
  EXPECT_EQ(run(add_list, {"list", "--ulr", url()}).code, 2);
}

class WaitCommandTest : public support::CommandTest {
 protected:
  Ran wait(std::vector<std::string> words) {
    words.insert(words.begin(), {"wait", "--url", url()});
    return run(add_wait, std::move(words));
  }
};

TEST_F(WaitCommandTest, AsksForWhatItIsToldAndPrintsWhatSatisfies) {
  will_answer({{200, waited(true)}});
  const Ran ran =
      wait({"p/a", "q/*", "--all", "--at-least", "high", "--free", "4", "--total-free", "8", "--for", "5m"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "p  a  HIGH  FRESH  -  10s  why\n");
  EXPECT_EQ(ran.err, "") << "nothing was waited for";
  EXPECT_THAT(asked(),
              ElementsAre("GET /api/v1/wait match=all profile=p/a profile=q/* at_least=HIGH free=4 total_free=8 "
                          "for=5m timeout=0s"));
}

TEST_F(WaitCommandTest, WarnsOfWhatCanNeverHold) {
  const char* row8 = R"({"satisfied":false,"now":"T","held":"h","rows":[{"provider":"p","name":"a","freshness":"FRESH",
    "availability":"HIGH","free":4,"total":8}]})";
  will_answer({{200, row8}, {200, row8}, {200, waited(true)}});
  EXPECT_THAT(
      wait({"p/a", "--free", "100"}).err,
      StartsWith("vacancy: this can never hold as it is: p/a has 8 units in all, and --free wants 100\n"
                 "vacancy: waiting for p/a, LOW or better, 100 units in one piece; now p/a HIGH, 4 of 8 free\n"));
  will_answer({{200, row8}, {200, waited(true)}});
  EXPECT_EQ(wait({"p/a", "--free", "100", "--quiet"}).err, "");
}

TEST_F(WaitCommandTest, WhatIsNotGivenIsNotAsked) {
  will_answer({{200, waited(true)}});
  EXPECT_EQ(wait({"p/a", "--quiet"}).out, "");
  EXPECT_THAT(asked(), ElementsAre("GET /api/v1/wait match=any profile=p/a for=0s timeout=0s"));
}

TEST_F(WaitCommandTest, OfASetItPrintsWhatToTake) {
  const char* none = R"({"satisfied":false,"now":"T","held":"","rows":[]})";
  const char* rows = R"({"satisfied":true,"now":"T","rows":[
    {"id":7,"provider":"our cluster","name":"gpu","availability":"HIGH","price":1.64},{"provider":"p","name":"a"}]})";
  for (const auto& [form, printed] :
       {std::pair("name", "gpu\n"),
        {"provider", "our cluster\n"},
        {"profile", "our cluster/gpu\n"},
        {"json",
         "{\"id\":7,\"provider\":\"our cluster\",\"name\":\"gpu\",\"availability\":\"HIGH\",\"price\":1.64}\n"}}) {
    will_answer({{200, none}, {200, rows}});
    const Ran ran = wait({"--set", "cfd-large", "--print", form});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out, printed);
    EXPECT_EQ(ran.err, "vacancy: waiting for one of cfd-large, MEDIUM or better; now nothing\n");
  }
  EXPECT_EQ(asked().back(), "GET /api/v1/wait set=cfd-large match=any for=0s timeout=30s");
  will_answer({{200, none}, {200, rows}});
  const Ran quiet = wait({"p/*", "--print", "name", "--quiet"});
  EXPECT_EQ(quiet.out, "gpu\n") << "that is asked for";
  EXPECT_EQ(quiet.err, "");
  will_answer({{200, none}});
  const Ran late = wait({"--set", "cfd-large", "--print", "name", "--timeout", "0"});
  EXPECT_EQ(late.code, 124);
  EXPECT_EQ(late.out, "") << "no partition";
}

TEST_F(WaitCommandTest, OfASetThatIsNotThereItSaysSoAtOnce) {
  will_answer({{400, R"({"detail":"set: there is no set 'cdf'; did you mean 'cfd'?"})"}});
  const Ran ran = wait({"--set", "cdf", "--print", "name"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "vacancy: set: there is no set 'cdf'; did you mean 'cfd'?\n");
  will_answer({{200, R"({"satisfied":true,"rows":[]})"}});
  EXPECT_EQ(wait({"p/a", "--print", "name"}).code, 1) << "no value is none to take";
  EXPECT_THAT(wait({}).err, StartsWith("vacancy: say what to wait for: PROVIDER/NAME, or --set NAME"));
  EXPECT_THAT(wait({"--set", ""}).err, StartsWith("vacancy: "));
  EXPECT_THAT(wait({"--set", "a/b"}).err, StartsWith("vacancy: --set: 'a/b' can name no set"));
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"p/a", "--set", "s"}, {"--set", "s", "--all", "--print", "name"}, {"--set", "s", "--print", "id"}})
    EXPECT_EQ(wait(wrong).code, 2);
}

TEST_F(WaitCommandTest, GoesOnWithWhatWasHeldUntilItHolds) {
  const char* unmatched = R"(,"unmatched":["q/*"])";
  will_answer({{200, waited(false, unmatched)}, {200, waited(false, unmatched)}, {200, waited(true)}});
  const Ran ran = wait({"p/a", "q/*"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err,
            "vacancy: no profile matches q/* yet\n"
            "vacancy: waiting for p/a or q/*, MEDIUM or better; now p/a HIGH\n")
      << "each once, where no terminal is";
  ASSERT_THAT(asked(), SizeIs(3));
  EXPECT_THAT(asked()[0], Not(HasSubstr("held=")));
  EXPECT_THAT(asked()[1], EndsWith("timeout=30s held=h1"));
}

TEST_F(WaitCommandTest, GivesUpWhenItsTimeIsUp) {
  will_answer({{200, waited(false)}});
  const Ran once = wait({"p/a", "--timeout", "0s"});
  EXPECT_EQ(once.code, 124);
  EXPECT_EQ(once.err, "vacancy: timed out after 0s; now p/a HIGH\n");
  EXPECT_EQ(once.out, "");
  EXPECT_THAT(asked(), SizeIs(1)) << "0 looks once";
  EXPECT_EQ(wait({"p/a", "--timeout", "200ms", "--quiet"}).err, "");
}

TEST_F(WaitCommandTest, WaitsForAPortalThatIsAway) {
  will_answer({{503, R"({"detail":"draining"})"}, {502, ""}, {200, "no JSON"}, {200, waited(true)}});
  const Ran ran = wait({"p/a"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(
      ran.err,
      fmt::format("vacancy: the portal is away (draining); trying again\nvacancy: the portal at {} is back\n", url()));
  EXPECT_THAT(asked(), SizeIs(4));
}

TEST_F(WaitCommandTest, TriesAgainWhatAProxyRefuses) {
  for (const int status : {500, 408, 429}) {
    will_answer({{status, ""}, {200, waited(true)}});
    EXPECT_EQ(wait({"p/a"}).code, 0) << status;
  }
  will_answer({{404, ""}});
  EXPECT_EQ(wait({"p/a"}).code, 1) << "that is no portal";
}

TEST(PortalLink, PausesDoubleUpToTwoSecondsUntilItIsWellAgain) {
  using namespace std::chrono_literals;
  PortalLink link("http://localhost:5000", true);
  for (int round = 0; round < 2; ++round) {
    for (const base::Duration longest : std::vector<base::Duration>{50ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 2s, 2s}) {
      const base::Duration pause = link.next_pause();
      EXPECT_LE(pause, longest);
      EXPECT_GE(pause, longest / 2);
    }
    link.settled();
  }
}

TEST_F(WaitCommandTest, SaysOnceThatASideIsAway) {
  const char* outage = R"(,"outage":{"side":"hardware","since":"T","message":"it is away"})";
  will_answer({{200, waited(false, outage)},
               {200, waited(false, outage)},
               {200, waited(false, R"(,"outage":null)")},
               {200, waited(false, outage)},
               {200, waited(true)}});
  EXPECT_EQ(wait({"p/a"}).err,
            "vacancy: it is away since T\n"
            "vacancy: waiting for p/a, MEDIUM or better; now p/a HIGH\n"
            "vacancy: it is away since T\n")
      << "each time that it begins";
}

TEST_F(WaitCommandTest, MistakesAreToldAtOnce) {
  EXPECT_THAT(wait({"a"}).err, StartsWith("vacancy: 'a' names no profile"));
  EXPECT_THAT(wait({"p/a", "--at-least", "GOOD"}).err,
              StartsWith("vacancy: --at-least: 'GOOD' is not LOW, MEDIUM or HIGH\n"));
  EXPECT_THAT(wait({"p/a", "--for", "5"}).err, StartsWith("vacancy: --for: '5'"));
  EXPECT_THAT(wait({"p/a", "--timeout", "x"}).err, StartsWith("vacancy: --timeout: 'x'"));
  EXPECT_EQ(wait({"p/a", "--free", "-1"}).code, 2);
  EXPECT_EQ(wait({"p/a", "--total-free", "1000000001"}).code, 2);
  EXPECT_EQ(wait({"p/a", "--any", "--all"}).code, 2);
  EXPECT_EQ(wait({}).code, 2);
  EXPECT_THAT(asked(), IsEmpty());
  will_answer({{400, R"({"detail":"profile: too many"})"}});
  const Ran refused = wait({"p/a"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_EQ(refused.err, "vacancy: profile: too many\n");
  will_answer({{404, ""}});
  EXPECT_EQ(wait({"p/a"}).code, 1) << "that is no portal";
}

class WatchTest : public support::CommandTest {
 protected:
  static std::string event(std::string_view name, std::string_view id, std::string_view data) {
    std::string out;
    http::append_event(out, name, id, data);
    return out;
  }
  static Canned stream(std::string body) { return {200, std::move(body), "text/event-stream"}; }
  /// It ends where no portal is.
  Ran watch(std::vector<Canned> streams, std::vector<std::string> words = {}) {
    streams.push_back({404, ""});
    will_answer(std::move(streams));
    words.insert(words.begin(), {"watch", "--url", url()});
    return run(add_watch, std::move(words));
  }

  const std::string snapshot_ = event("snapshot", "", R"({"phase":"begin","now":"N1"})") +
                                event("snapshot", "", fmt::format(R"({{"phase":"rows","rows":[{}]}})", row("a"))) +
                                event("snapshot", "e-1", R"({"phase":"end"})");
  const std::string change_ = event(
      "change", "e-2",
      R"({"now":"N2","changed":[{"id":1,"provider":"p","name":"a","availability":"LOW","price":1.64}],"removed":[]})");
};

TEST_F(WatchTest, PrintsTheRowsAndTheirChangesAndResumes) {
  const Ran ran = watch({stream(snapshot_), stream(change_)});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, StartsWith("N1  p/a  HIGH  FRESH  why\nN2  p/a  HIGH → LOW"));
  EXPECT_THAT(ran.err, HasSubstr("answers 404 to /api/v1/events"));
  ASSERT_THAT(asked(), SizeIs(3));
  EXPECT_EQ(asked()[1], "GET /api/v1/events [e-1]");
  EXPECT_EQ(asked()[2], "GET /api/v1/events [e-2]");
}

TEST_F(WatchTest, OnlyChangesOnlyNamesAsJson) {
  EXPECT_THAT(watch({stream(snapshot_ + change_)}, {"--changes-only"}).out, StartsWith("N2  "));
  EXPECT_EQ(watch({stream(snapshot_ + change_)}, {"q/*"}).out, "");
  EXPECT_THAT(watch({stream(snapshot_ + change_ + snapshot_)}, {"q/*", "p/*", "p/b"}).err,
              StartsWith("vacancy: no profile matches q/* yet\nvacancy: no profile matches p/b yet\nvacancy: http"))
      << "once";
  EXPECT_THAT(watch({stream(snapshot_ + change_)}, {"--json", "--changes-only"}).out,
              AllOf(StartsWith(R"({"change":"changed","now":"N2")"), HasSubstr(R"("price":1.64)")));
  EXPECT_EQ(watch({}, {"nothing"}).code, 2);
}

TEST_F(WatchTest, ProfilesThatAreNamedAreViewsWhichCountAsWatched) {
  const std::string none =
      event("snapshot", "", R"({"phase":"begin","now":"N3"})") + event("snapshot", "e-3", R"({"phase":"end"})");
  const std::string change = event("change", "e-2",
                                   R"({"now":"N2","changed":[{"id":1,"provider":"p","name":"a",)"
                                   R"("availability":"LOW"}],"removed":[]})");
  const std::string moved = event("view", "e-4", R"({"now":"N4"})");
  const std::string first = event("for", "", "0"), second = event("for", "", "1");
  const Ran ran = watch({stream(first + snapshot_ + second + none + first + change + second + moved + "ignored"),
                         stream(first + none + second + none)},
                        {"p/a", "p/b c"});
  EXPECT_THAT(ran.out, StartsWith("N1  p/a  HIGH  FRESH  why\nN2  p/a  HIGH → LOW"));
  EXPECT_THAT(ran.out, EndsWith("N3  p/a  removed\n")) << "the other view's snapshot removes nothing";
  EXPECT_THAT(ran.err, StartsWith("vacancy: no profile matches p/b c yet\nvacancy: http")) << "it is not away";
  EXPECT_EQ(asked().front(), "GET /api/v1/events view=provider=p&name=a&limit=1 view=provider=p&name=b%20c&limit=1");
  EXPECT_EQ(asked()[1], asked()[0]);
}

TEST_F(WatchTest, SaysWhenThePortalOrASideBeyondItIsAway) {
  const std::string status =
      event("status", "", R"({"outage":{"side":"database","since":"T","message":"it is away"}})");
  const Ran ran = watch({stream(status + snapshot_), {503, ""}, stream(event("change", "", "no JSON")), stream("")});
  EXPECT_THAT(ran.err, StartsWith("vacancy: it is away since T\nvacancy: the portal is away (it answers 503)"));
  EXPECT_THAT(ran.err, HasSubstr("is back"));
  EXPECT_THAT(ran.err, HasSubstr("it sent an event that cannot be read"));
  EXPECT_THAT(asked().back(), "GET /api/v1/events") << "then it begins anew";
}

TEST_F(WaitCommandTest, AnAnswerThatComesTooSoonIsFollowedByAPause) {
  will_answer({{200, waited(false)}});
  EXPECT_EQ(wait({"p/a", "--timeout", "1s", "--quiet"}).code, 124);
  EXPECT_THAT(asked().size(), testing::AllOf(testing::Ge(2U), testing::Le(10U))) << "each pause is longer";
}

}  // namespace
}  // namespace app
