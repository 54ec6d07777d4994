// The API's answers, files, and who may read them.
#include "portal/api.hpp"

#include <gmock/gmock.h>

#include "portal/cors.hpp"
#include "portal/csv.hpp"
#include "support/portal_test.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using core::Level;
using support::kNow;
using support::measured_row;
using support::pending_row;
using support::share;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Csv, ACarriageReturnIsQuotedToo) {
  for (const char* reason : {"a\rb", "a\nb", "a,b", "a\"b"}) {
    core::Row row = measured_row(1, "a", 1, Level::high);
    row.reading->reason = reason;
    std::string out;
    append_csv(out, row, kNow, Cells::safe);
    EXPECT_THAT(out, HasSubstr(std::string(reason) == "a\"b" ? "\"a\"\"b\"" : fmt::format("\"{}\"", reason)));
  }
}

TEST(Csv, QuotesWhatNeedsIt) {
  core::Row row = measured_row(1, "a,b", 1, Level::high);
  row.reading->reason = "say \"now\"\nor never";
  row.reading->free = 2.5;
  row.reading->changed = core::LevelChange{Level::low, kNow};
  std::string out;
  append_csv(out, row, kNow, Cells::safe);
  const std::string none(core::kNumbers.size() - 1, ',');
  EXPECT_EQ(out, fmt::format("p,\"a,b\",HIGH,FRESH,2.5,{0}\"say \"\"now\"\"\nor never\",{1},LOW,{1},,,,false\r\n", none,
                             base::to_rfc3339(kNow)));
}

TEST_F(PortalTest, ApiListsPagesAndOne) {
  board_.fill(support::many_rows(5), {"e", 5});
  const std::string list = *ask(&Api::list, api_, "limit=2&offset=2").body;
  EXPECT_THAT(list, testing::AllOf(HasSubstr(R"("version":"e-5")"),
                                   HasSubstr(R"("total":5,"offset":2,"limit":2,"next":"?after=%2Fp%2F000004&limit=2")"),
                                   HasSubstr("000003"), Not(HasSubstr("000005"))));
  EXPECT_THAT(*ask(&Api::list, api_, "offset=4").body, HasSubstr("\"next\":null"));
  EXPECT_EQ(ask(&Api::list, api_, "limit=1001").status, 400);
  EXPECT_THAT(*ask(&Api::list, api_, "q=3&level=HIGH").body,
              AllOf(HasSubstr("\"total\":1,"), HasSubstr("\"counts\":{\"HIGH\":1"), HasSubstr("000003")));
  EXPECT_THAT(*ask(&Api::list, api_, "limti=1").body, HasSubstr("did you mean 'limit'"));
  EXPECT_THAT(*ask(&Api::one, api_, "", {"p", "000004"}).body, HasSubstr("\"id\":4,"));
  EXPECT_EQ(ask(&Api::one, api_, "", {"p", "none"}).status, 404);
}

TEST_F(PortalTest, AssetsHaveTypes) {
  EXPECT_EQ(ask(&Assets::handle, assets_, "", {"style.css"}).content_type, "text/css; charset=utf-8");
  EXPECT_EQ(ask(&Assets::handle, assets_, "", {"live.js"}).content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(ask(&Assets::handle, assets_, "", {"favicon.svg"}).content_type, "image/svg+xml");
  EXPECT_EQ(ask(&Assets::openapi, assets_).content_type, "application/yaml");
  EXPECT_EQ(ask(&Assets::handle, assets_, "", {"list.mustache"}).status, 404);
  EXPECT_EQ(ask(&Assets::handle, assets_, "", {"../etc/passwd"}).status, 404);
}

TEST_F(PortalTest, AListFollowedByItsLinksHasEveryRowOnce) {
  board_.fill(support::many_rows(6), {"e", 6});
  EXPECT_THAT(*ask(&Api::list, api_, "limit=4").body,
              AllOf(HasSubstr("\"next\":\"?after=%2Fp%2F000004&limit=4\""), HasSubstr("000004")));
  EXPECT_THAT(*ask(&Api::list, api_, "limit=4&offset=4").body,
              AllOf(HasSubstr("\"next\":null"), HasSubstr("000005"), Not(HasSubstr("000004"))));
  EXPECT_THAT(*ask(&Api::list, api_, "limit=3&offset=3").body, HasSubstr("\"next\":null")) << "the last page is full";
  EXPECT_THAT(*ask(&Api::list, api_, "offset=99").body, HasSubstr("\"next\":null"));
  EXPECT_EQ(ask(&Api::list, api_, "limit=1000").status, 200);
}

TEST_F(PortalTest, AWalkHasEveryRowThatStaysOnceWhateverComesAndGoes) {
  for (const std::string& order : {"", "sort=-key&", "sort=-free&", "sort=name&group=provider&", "sort=level&q=0&"}) {
    board_.fill(support::many_rows(300));
    std::vector<std::string> names;
    core::ProfileId id = 1000;
    for (std::string next = order + "limit=7"; !next.empty();) {
      const std::string body = *ask(&Api::list, api_, next).body;
      for (auto at = body.find("\"name\":\""); at != std::string::npos; at = body.find("\"name\":\"", at + 1))
        names.push_back(body.substr(at + 8, 6));
      // One comes in front of all, one behind, and one that was shown goes, perhaps the last.
      for (const char* beginning : {"!", "~"}) {
        ++id;
        board_.put(measured_row(id, fmt::format("{}{:05}", beginning, id), id, Level::high));
      }
      if (names.back().starts_with('0') && names.back().ends_with('3')) board_.remove(std::stoi(names.back()), ++id);
      const auto begin = body.find("\"next\":\"?");
      next = begin == std::string::npos ? "" : body.substr(begin + 9, body.find('"', begin + 9) - begin - 9);
      if (next.size() > 200 || names.size() > 2000) FAIL() << next;
    }
    std::map<std::string, int> seen;
    for (const std::string& name : names) ++seen[name];
    for (int i = 1; i <= 300; ++i) EXPECT_EQ(seen[fmt::format("{:06}", i)], 1) << i << ' ' << order;
  }
}

TEST_F(PortalTest, OneProfileIsALine) {
  EXPECT_EQ(ask(&Api::one, api_, "", {"p", "000004"}).status, 503);
  board_.fill(support::many_rows(5));
  EXPECT_THAT(*ask(&Api::one, api_, "", {"p", "000004"}).body,
              AllOf(testing::StartsWith("{\"id\":4,"), testing::EndsWith("}\n")));
  EXPECT_EQ(ask(&Api::one, api_, "q=a", {"p", "000004"}).status, 400);
}

/// What a stream sends.
class Received final : public http::StreamWriter {
 public:
  boost::asio::awaitable<bool> write(std::vector<http::Text> parts) override {
    for (const http::Text& part : parts) text += *part;
    co_return true;
  }
  void watch(std::function<void()>) override {}
  void unwatch() override {}
  bool gone() const override { return false; }

  std::string text;
};

TEST_F(PortalTest, AFileHasEverythingThatIsAskedFor) {
  EXPECT_EQ(ask(&Api::csv, api_).status, 503);
  board_.fill(support::many_rows(1500));
  const auto file = [&](std::string_view query) {
    const http::Reply reply = ask(&Api::csv, api_, query);
    EXPECT_EQ(reply.content_type, "text/csv; charset=utf-8; header=present");
    Received received;
    support::start(runtime_.core(0), reply.stream(received)).get();
    return received.text;
  };
  const std::string all = file("");
  EXPECT_TRUE(all.starts_with(csv_head()));
  EXPECT_EQ(std::ranges::count(all, '\n'), 1501) << "without a limit";
  EXPECT_EQ(file("q=000007&limit=5"), csv_head() + file("q=000007").substr(csv_head().size()));
  EXPECT_EQ(std::ranges::count(file("limit=5"), '\n'), 6);
  EXPECT_EQ(ask(&Api::csv, api_, "limti=5").status, 400);
  EXPECT_EQ(ask(&Api::csv, api_, "raw=yes").status, 400);
  EXPECT_EQ(file("raw=1"), all);
  headers_ = {{"Accept-Encoding", "gzip"}};
  EXPECT_TRUE(file("").starts_with("\x1f\x8b"));
  EXPECT_LT(file("").size(), all.size() / 3);
}

TEST(Csv, NoTextIsAFormulaUnlessItIsWantedAsItIs) {
  core::Row row = measured_row(1, "n", 1, Level::high);
  row.reading->free = -1;
  for (const char* text : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"}) {
    row.profile.key.name = row.reading->reason = text;
    row.failure = core::Failure{text, kNow};
    std::string out, raw;
    append_csv(out, row, kNow, Cells::safe);
    append_csv(raw, row, kNow, Cells::raw);
    const auto count = [](const std::string& in, const std::string& what) {
      std::size_t times = 0;
      for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++times;
      return times;
    };
    EXPECT_EQ(count(out, std::string("'") + text), 3U) << out;
    EXPECT_EQ(count(raw, "'"), 0U) << raw;
    EXPECT_THAT(out, HasSubstr(",-1,")) << "numbers are numbers";
  }
  row.profile.key.name = "a;=1";
  std::string out;
  append_csv(out, row, kNow, Cells::safe);
  EXPECT_THAT(out, HasSubstr("\"a;=1\"")) << "for those whose separator is another one";
}

TEST(Csv, EveryValueStandsInItsColumn) {
  core::Row row = measured_row(1, "n", 1, Level::high, kNow - 2min);
  row.profile.key.provider = "a,b";
  support::set_numbers(*row.reading);
  row.failure = core::Failure{"no, route", kNow};
  row.unit = "GPUs";
  row.simulated = true;
  std::string out;
  append_csv(out, row, kNow, Cells::safe);
  std::string names, numbers, none;
  for (const core::Number& number : core::kNumbers) {
    names += fmt::format("{},", number.name);
    numbers += fmt::format("{},", *(*row.reading.*number.value));
    none += ',';
  }
  EXPECT_EQ(csv_head(), "provider,name,availability,freshness," + names +
                            "reason,measured_at,changed_from,changed_at,error,failed_at,unit,simulated\r\n");
  EXPECT_EQ(out, fmt::format("\"a,b\",n,HIGH,STALE,{}a test,{},,,\"no, route\",{},GPUs,true\r\n", numbers,
                             base::to_rfc3339(kNow - 2min), base::to_rfc3339(kNow)));
  out.clear();
  append_csv(out, pending_row(2, "new", 2), kNow, Cells::safe);
  EXPECT_EQ(out, "p,new,UNKNOWN,PENDING," + none + ",,,,,,,false\r\n");
  out.clear();
  core::Row unprobed = pending_row(3, "none", 3);
  unprobed.probe = core::kNoProbe;
  append_csv(out, unprobed, kNow, Cells::safe);
  EXPECT_EQ(out, "p,none,UNKNOWN,PENDING," + none + "no probe configured,,,,,,,false\r\n");
}

// A number that somebody adds to core::kNumbers must be in the description of the API, too.
TEST_F(PortalTest, TheDescriptionOfTheApiHasEveryNumber) {
  const std::string text = *ask(&Assets::openapi, assets_).body;
  const auto count = [&](const std::string& what) {
    int found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  };
  const int lists = count("{$ref: \"#/components/parameters/sort\"}");
  EXPECT_GT(lists, 0);
  for (const core::Number& number : core::kNumbers) {
    EXPECT_EQ(count(fmt::format("\n        {}: {{type: number", number.name)), 2)
        << number.name << ": of a row and a test";
    for (const std::string_view bound : {number.least, number.most}) {
      EXPECT_EQ(count(fmt::format("\n    {0}: {{name: {0}, in: query", bound)), 1) << bound;
      EXPECT_GE(count(fmt::format("{{$ref: \"#/components/parameters/{}\"}}", bound)), lists) << bound;
    }
    EXPECT_EQ(count(fmt::format("|{}|", number.name)),
              number.value == &core::Measurement::free || number.value == &core::Measurement::total ? 1 : 2)
        << number.name << ": of sort, and of columns";
  }
}

/// The answer of a route that Cors added.
http::Reply ask_across(const std::string& origin, std::string_view method) {
  http::Router router;
  Cors(origin).add(router, "/x", [](const http::Request&) { return http::problem(404, "nothing here"); });
  http::Request request;
  request.method = method;
  request.path = "/x";
  const auto route = router.find(request);
  if (!route) return route.error();
  http::Reply reply = std::get<http::Reply>((*route)->handler(request));
  Cors(origin).open(request, reply);
  return reply;
}

std::string header_of(const http::Reply& reply, std::string_view wanted) {
  for (const auto& [name, value] : reply.headers)
    if (name == wanted) return value;
  return "";
}

TEST(Cors, OtherSitesMayReadWhereAnOriginIsNamed) {
  const http::Reply answer = ask_across("https://wiki.example", "GET");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(header_of(answer, "Access-Control-Allow-Origin"), "https://wiki.example");
  EXPECT_THAT(header_of(answer, "Access-Control-Expose-Headers"), AllOf(HasSubstr("ETag"), HasSubstr("Retry-After")));
  const http::Reply asked = ask_across("https://wiki.example", "OPTIONS");
  EXPECT_EQ(asked.status, 204);
  EXPECT_EQ(header_of(asked, "Access-Control-Allow-Origin"), "https://wiki.example");
  EXPECT_EQ(header_of(asked, "Access-Control-Allow-Methods"), "GET, HEAD");
  EXPECT_THAT(header_of(asked, "Access-Control-Allow-Headers"),
              AllOf(HasSubstr("If-None-Match"), HasSubstr("Last-Event-ID"), HasSubstr("Cache-Control")));
}

TEST(Cors, NobodyElseMayWhereNoneIs) {
  EXPECT_EQ(header_of(ask_across("", "GET"), "Access-Control-Allow-Origin"), "");
  EXPECT_EQ(header_of(ask_across("", "OPTIONS"), "Access-Control-Allow-Methods"), "");
}

TEST_F(PortalTest, ANextPageHasTheLimitOfThisOne) {
  board_.fill(support::many_rows(150));
  EXPECT_THAT(*ask(&Api::list, api_).body, HasSubstr("\"next\":\"?after=%2Fp%2F000100&limit=100\""));
  EXPECT_THAT(*ask(&Api::list, api_, "limit=70&sort=-name").body,
              HasSubstr("\"next\":\"?sort=-name&after=%2Fp%2F000081&limit=70\""));
}

TEST(Csv, ALabelIsAColumn) {
  core::Row one = pending_row(1, "a", 1), two = pending_row(2, "b", 2);
  one.profile.labels = {{"region", "eu-1"}, {"note", "=1+1"}};
  two.profile.labels = {{"gpu", "a100, 80 GB"}};
  const std::vector<std::string> labels = labels_of(std::vector{support::share(one), support::share(two)});
  EXPECT_THAT(labels, ElementsAre("gpu", "note", "region"));
  EXPECT_THAT(csv_head(labels), EndsWith(",failed_at,unit,simulated,label.gpu,label.note,label.region\r\n"));
  std::string out;
  append_csv(out, one, kNow, Cells::safe, labels);
  EXPECT_THAT(out, EndsWith(",,'=1+1,eu-1\r\n"));
  out.clear();
  append_csv(out, two, kNow, Cells::raw, labels);
  EXPECT_THAT(out, EndsWith(",\"a100, 80 GB\",,\r\n"));
}

}  // namespace
}  // namespace portal
