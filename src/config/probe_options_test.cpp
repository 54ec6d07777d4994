// Refused options of probes, by key.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "config/load.hpp"
#include "config/scalar.hpp"

namespace config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// The message of validate() about one probe after `change`; "" when it has nothing to say.
std::string complaint(ProbeConfig probe, const std::function<void(ProbeConfig&)>& change) {
  change(probe);
  Config config;
  config.probes = {std::move(probe)};
  try {
    validate(config);
  } catch (const base::UsageError& e) {
    return e.what();
  }
  return {};
}

std::string exec(const std::function<void(ExecOptions&)>& change) {
  return complaint({.name = "x", .kind = "exec", .exec = {.command = {"quota"}}}, [&](auto& p) { change(p.exec); });
}

std::string http(const std::function<void(HttpOptions&)>& change) {
  return complaint({.name = "x", .kind = "http", .http = {.url = "https://h/x"}}, [&](auto& p) { change(p.http); });
}

std::string slurm(const std::function<void(SlurmOptions&)>& change) {
  return complaint({.name = "x", .kind = "slurm", .match = {.provider = "p"}}, [&](auto& p) { change(p.slurm); });
}

TEST(ProbeOptions, OfExec) {
  EXPECT_EQ(exec([](auto&) {}), "");
  EXPECT_THAT(exec([](auto& o) { o.command.clear(); }), StartsWith("probes[0].command: is empty; give a program"));
  EXPECT_THAT(exec([](auto& o) { o.command = {""}; }), StartsWith("probes[0].command: names no program"));
  EXPECT_EQ(exec([](auto& o) { o.command = {"x", ""}; }), "");
  EXPECT_THAT(exec([](auto& o) { o.command = {"x", std::string("a\0b", 3)}; }), HasSubstr("holds a NUL byte"));
  EXPECT_EQ(exec([](auto& o) { o.nice = 19; }), "");
  EXPECT_THAT(exec([](auto& o) { o.nice = 20; }), "probes[0].nice: 20 is not from 0 to 19");
  EXPECT_THAT(exec([](auto& o) { o.max_output_bytes = 0; }), StartsWith("probes[0].max_output_bytes: 0 is not from 1"));
  EXPECT_EQ(exec([](auto& o) { o.max_output_bytes = 1; }), "");
  EXPECT_EQ(exec([](auto& o) { o.max_output_bytes = 64 << 20; }), "");
  EXPECT_THAT(exec([](auto& o) { o.max_output_bytes = (64 << 20) + 1; }), StartsWith("probes[0].max_output_bytes: "));
  EXPECT_THAT(exec([](auto& o) { o.open_files = 7; }), StartsWith("probes[0].open_files: 7 is not from 8"));
  EXPECT_EQ(exec([](auto& o) { o.open_files = 8; }), "");
  EXPECT_EQ(exec([](auto& o) { o.environment = {"A=b", "C", "D="}; }), "");
  EXPECT_THAT(exec([](auto& o) { o.environment = {"A=b", "=c"}; }),
              StartsWith("probes[0].environment[1]: has no name"));
  EXPECT_THAT(exec([](auto& o) { o.environment = {""}; }), StartsWith("probes[0].environment[0]: has no name"));
}

TEST(ProbeOptions, FormatOfExec) {
  for (const Format format : {Format::automatic, Format::json, Format::nagios}) {
    EXPECT_EQ(exec([&](auto& o) { o.format = format; }), "");
    Format read{};
    EXPECT_TRUE(assign(read, to_text(format)));
    EXPECT_EQ(read, format);
  }
  EXPECT_EQ(to_text(Format{}), "auto");
  Format format = Format::json;
  EXPECT_EQ(assign(format, "xml").error().message, "'xml' is unknown; use one of auto, json, nagios");
  EXPECT_EQ(exec([](auto& o) { o.batch = true, o.format = Format::json; }), "");
  EXPECT_THAT(exec([](auto& o) { o.batch = true, o.format = Format::nagios; }),
              StartsWith("probes[0].format: nagios is for one profile; a batch prints a JSON list"));
}

TEST(ProbeOptions, SignedHeadersHaveAValue) {
  const auto with = [](const std::string& region, const std::string& header) {
    return http([&](auto& o) { o.sigv4 = {region, region}, o.headers = {"X-A: b", header}; });
  };
  EXPECT_EQ(with("", "X-Empty:"), "");
  EXPECT_EQ(with("eu-1", "X-Full: 1"), "");
  for (const char* empty : {"X-Empty:", "X-Empty:  "})
    EXPECT_THAT(with("eu-1", empty), StartsWith("probes[0].headers[1]: 'X-Empty:")) << empty;
}

TEST(ProbeOptions, OfHttp) {
  EXPECT_EQ(http([](auto&) {}), "");
  EXPECT_EQ(http([](auto& o) { o.url = "http://h"; }), "");
  for (const auto* url : {"", "h/x", "ftp://h/x", "HTTPS//h"})
    EXPECT_THAT(http([&](auto& o) { o.url = url; }), StartsWith("probes[0].url: ")) << url;
  EXPECT_EQ(http([](auto& o) { o.method = "POST"; }), "");
  for (const auto* method : {"", "post", "GE T", "P@ST", "P[ST"})
    EXPECT_THAT(http([&](auto& o) { o.method = method; }), StartsWith("probes[0].method: ")) << method;
  EXPECT_EQ(http([](auto& o) { o.headers = {"A: b", "X-Y:z"}; }), "");
  for (const auto* header : {"A", ": b", "A: b\r", "A: b\nC: d"})
    EXPECT_THAT(http([&](auto& o) { o.headers = {"A: b", header}; }), StartsWith("probes[0].headers[1]: ")) << header;
  EXPECT_EQ(http([](auto& o) { o.header_files = {"A: /f"}; }), "");
  for (const auto* header : {"A", "A:/f", ": /f", "A: "})
    EXPECT_THAT(http([&](auto& o) { o.header_files = {header}; }), StartsWith("probes[0].header_files[0]: ")) << header;
  EXPECT_EQ(http([](auto& o) { o.accept = {100, 404, 599}; }), "");
  EXPECT_THAT(http([](auto& o) { o.accept = {200, 99}; }),
              StartsWith("probes[0].accept[1]: 99 is not from 100 to 599"));
  EXPECT_THAT(http([](auto& o) { o.accept = {600}; }), StartsWith("probes[0].accept[0]: 600"));
  EXPECT_THAT(http([](auto& o) { o.max_bytes = 0; }), StartsWith("probes[0].max_bytes: 0"));
  EXPECT_EQ(http([](auto& o) { o.max_bytes = 64 << 20; }), "");
  EXPECT_THAT(http([](auto& o) { o.max_bytes = (64 << 20) + 1; }), StartsWith("probes[0].max_bytes: "));
  EXPECT_EQ(http([](auto& o) { o.rules.pointers.numbers[&core::Measurement::free] = ""; }), "");
  EXPECT_THAT(http([](auto& o) { o.rules.pointers.numbers[&core::Measurement::free] = "free"; }),
              StartsWith("probes[0].pointers.free: 'free' is not a path"));
}

TEST(ProbeOptions, RulesOfHttpHavePaths) {
  for (const char* good : {"", "/a", "[name={name}]", "/a[b=c]/d"})
    EXPECT_EQ(http([&](auto& o) { o.rules.find = good, o.rules.count = good; }), "") << good;
  EXPECT_THAT(http([](auto& o) { o.rules.find = "a"; }), StartsWith("probes[0].find: 'a' is not a path"));
  EXPECT_THAT(http([](auto& o) { o.rules.count = "a"; }), StartsWith("probes[0].count: 'a' is not a path"));
  EXPECT_THAT(http([](auto& o) { o.rules.missing = core::Level::low; }), StartsWith("probes[0].missing: is the level"));
  EXPECT_EQ(http([](auto& o) { o.rules.missing = core::Level::low, o.rules.find = "/{name}"; }), "");
  EXPECT_THAT(http([](auto& o) { o.rules.map = {{"Low Stock", core::Level::high}, {"low stock", core::Level::low}}; }),
              StartsWith("probes[0].map: has 'low stock' twice"));
  EXPECT_THAT(http([](auto& o) { o.rules.find = "/a", o.batch = true; }),
              StartsWith("probes[0].find: is the same for all profiles of the batch"));
  EXPECT_EQ(http([](auto& o) { o.rules.find = "/{label.x}", o.batch = true; }), "");
  EXPECT_EQ(http([](auto& o) { o.rules.pointers.level = "/{name}", o.rules.find = "/a", o.batch = true; }), "");
  for (const double wrong : {0.0, -1.0, std::numeric_limits<double>::infinity()})
    EXPECT_THAT(http([&](auto& o) { o.rules.scale.numbers[&core::Measurement::price] = wrong; }),
                StartsWith("probes[0].scale.price: "))
        << wrong;
}

TEST(ProbeOptions, PathsWithSearchesThatAreMistakes) {
  const auto find = [](const char* path) { return http([&](auto& o) { o.rules.find = path; }); };
  for (const char* good :
       {"/a[b={name}]", "/a[b={label.c}]/d", "/a[{label.k}=x]", "/a[=x]", "/a[b=c=d]", "/a[b=\"]", "/0"})
    EXPECT_EQ(find(good), "") << good;
  EXPECT_EQ(http([](auto& o) { o.rules.pointers.level = "/gpu[0]"; }), "") << "may be the name of a member";
  EXPECT_THAT(find("/a[b={name}"), StartsWith("probes[0].find: 'a[b={name}' lacks a bracket"));
  EXPECT_THAT(find("/a[0]"), StartsWith("probes[0].find: '/a[0]' would be a member of that name"));
  EXPECT_THAT(find("/a[b=={name}]"), StartsWith("probes[0].find: '=={name}' has one = too many"));
  for (const char* quoted : {"/a[b='{name}']", "/a[b=\"{name}\"]"})
    EXPECT_THAT(find(quoted), HasSubstr("has quotes, which would be part of the value")) << quoted;
  for (const char* unknown : {"/a[b={zone}]", "/a[b={labels.zone}]", "/{key}", "/a[b={name]"})
    EXPECT_THAT(find(unknown), HasSubstr("stands for nothing; write {name}, {provider} or {label.KEY}")) << unknown;
}

TEST(ProbeOptions, PagesAndListsOfHttp) {
  for (const char* good : {"Link", "/next", "[a=b]/next"}) EXPECT_EQ(http([&](auto& o) { o.next = good; }), "") << good;
  EXPECT_THAT(http([](auto& o) { o.next = "link"; }), StartsWith("probes[0].next: 'link' is not a path"));
  EXPECT_THAT(http([](auto& o) { o.next_parameter = "page"; }), StartsWith("probes[0].next_parameter: needs 'next'"));
  EXPECT_THAT(http([](auto& o) { o.next = "Link", o.next_parameter = "page"; }), HasSubstr("needs 'next', the path"));
  EXPECT_THAT(http([](auto& o) { o.max_pages = 0; }), StartsWith("probes[0].max_pages: 0 is not from 1"));
  const auto discover = [](Discover discover, bool batch = true, std::string provider = "p") {
    return complaint(
        {.name = "x", .kind = "http", .match = {.provider = std::move(provider)}, .http = {.url = "http://h"}},
        [&](auto& p) { p.http.discover = std::move(discover), p.http.batch = batch; });
  };
  EXPECT_EQ(discover({.list = "/a", .name = "{key}"}), "");
  EXPECT_EQ(discover({.name = "x{/id}"}), "");
  EXPECT_THAT(discover({.list = "/a"}), StartsWith("probes[0].discover.name: is empty; write {key}"));
  EXPECT_THAT(discover({.list = "a", .name = "{key}"}), StartsWith("probes[0].discover.list: 'a' is not a path"));
  EXPECT_THAT(discover({.list = "/{name}", .name = "{key}"}), StartsWith("probes[0].discover.list: has a placeholder"));
  EXPECT_THAT(discover({.list = "/a", .name = "x"}), StartsWith("probes[0].discover.name: 'x' is the same for all"));
  for (const char* wrong : {"{id}", "{key", "{", "x{/id}{}"})
    EXPECT_THAT(discover({.list = "/a", .name = wrong}), HasSubstr("has a brace that begins neither {key} nor"))
        << wrong;
  EXPECT_THAT(discover({.list = "/a", .name = "{/a~}"}), StartsWith("probes[0].discover.name: '/a~' is not a path"));
  EXPECT_THAT(discover({.list = "/a", .name = "{key}"}, false), StartsWith("probes[0].discover: needs one call"));
  EXPECT_THAT(discover({.list = "/a", .name = "{key}"}, true, "p*"),
              StartsWith("probes[0].discover: needs a provider"));
}

TEST(ProbeOptions, OAuthOfHttp) {
  const OAuth good{.token_url = "https://id/t", .client_id = "c", .client_secret_file = "/s"};
  const auto oauth = [&](const std::function<void(OAuth&)>& change) {
    return http([&](auto& o) { change(o.oauth = good); });
  };
  EXPECT_EQ(oauth([](auto&) {}), "");
  EXPECT_THAT(oauth([](auto& o) { o.token_url = "id/t"; }),
              StartsWith("probes[0].oauth.token_url: 'id/t' is not a URL"));
  EXPECT_THAT(oauth([](auto& o) { o.token_url = "https://h..h/"; }), StartsWith("probes[0].oauth.token_url: "));
  EXPECT_THAT(oauth([](auto& o) { o.client_id = ""; }), StartsWith("probes[0].oauth.client_id: is empty"));
  EXPECT_THAT(oauth([](auto& o) { o.client_secret_file = ""; }), StartsWith("probes[0].oauth.client_secret_file: is"));
  EXPECT_THAT(http([&](auto& o) { o.oauth = good, o.token_file = "/t"; }), StartsWith("probes[0].oauth: and a token"));
}

TEST(ProbeOptions, OfHttpHaveOneWayToLogIn) {
  const auto user = [](auto& o) { o.username = "u", o.password_file = "/p"; };
  const auto sigv4 = [](auto& o) { o.sigv4 = {.region = "r", .service = "s"}; };
  EXPECT_EQ(http([&](auto& o) { user(o); }), "");
  EXPECT_EQ(http([&](auto& o) { sigv4(o); }), "");
  EXPECT_EQ(http([&](auto& o) { o.token_file = "/t"; }), "");
  EXPECT_THAT(http([](auto& o) { o.username = "u"; }), StartsWith("probes[0].password_file: and username go together"));
  EXPECT_THAT(http([](auto& o) { o.password_file = "/p"; }), StartsWith("probes[0].password_file: and username"));
  EXPECT_THAT(http([&](auto& o) { user(o), o.token_file = "/t"; }), StartsWith("probes[0].token_file: and username"));
  EXPECT_THAT(http([](auto& o) { o.sigv4.region = "r"; }), StartsWith("probes[0].sigv4: needs both"));
  EXPECT_THAT(http([](auto& o) { o.sigv4.service = "s"; }), StartsWith("probes[0].sigv4: needs both"));
  EXPECT_THAT(http([&](auto& o) { sigv4(o), o.token_file = "/t"; }), StartsWith("probes[0].sigv4: and a token"));
  EXPECT_THAT(http([&](auto& o) { sigv4(o), user(o); }), StartsWith("probes[0].sigv4: and a token"));
}

TEST(ProbeOptions, OfSlurm) {
  EXPECT_EQ(slurm([](auto&) {}), "");
  EXPECT_EQ(slurm([](auto& o) { o.command = {"sinfo", "--json"}; }), "");
  EXPECT_THAT(slurm([](auto& o) { o.command = {""}; }), StartsWith("probes[0].command: names no program"));
  EXPECT_THAT(slurm([](auto& o) { o.scontrol = {std::string("a\0b", 3)}; }),
              StartsWith("probes[0].scontrol: holds a NUL"));
}

TEST(ProbeOptions, OfSlurmrestd) {
  const auto rest = [](auto change) {
    return slurm([&](SlurmOptions& o) {
      o.url = "http://head:6820";
      change(o);
    });
  };
  EXPECT_EQ(rest([](auto& o) { o.jwt_file = "/t", o.user = "me", o.api_version = "v0.0.40"; }), "");
  EXPECT_EQ(rest([](auto& o) { o.url = "unix:/run/slurmrestd.socket"; }), "");
  for (const auto* url : {"head:6820", "unix:run", "ftp://head"})
    EXPECT_THAT(rest([&](auto& o) { o.url = url; }), StartsWith(fmt::format("probes[0].url: '{}' is not a URL", url)));
  EXPECT_THAT(rest([](auto& o) { o.url = "http://head/?x"; }), StartsWith("probes[0].url: has a query"));
  for (const auto* version : {"40", "v0.0.", "v0.0.x", "v0.0.40/jobs"})
    EXPECT_THAT(rest([&](auto& o) { o.api_version = version; }),
                StartsWith(fmt::format("probes[0].api_version: '{}' is not a version", version)));
  EXPECT_THAT(rest([](auto& o) { o.command = {"sinfo"}; }), StartsWith("probes[0].url: and command, scontrol or conf"));
  EXPECT_THAT(rest([](auto& o) { o.conf = "/x"; }), StartsWith("probes[0].url: and command, scontrol or conf"));
  EXPECT_THAT(rest([](auto& o) { o.cluster = "west"; }), StartsWith("probes[0].cluster: is for Slurm's own commands"));
  EXPECT_THAT(rest([](auto& o) { o.user = "a\nb"; }), StartsWith("probes[0].user: has more than one line"));
  EXPECT_THAT(slurm([](auto& o) { o.jwt_file = "/t"; }), StartsWith("probes[0].jwt_file: belongs to slurmrestd"));
  EXPECT_THAT(slurm([](auto& o) { o.user = "me"; }), StartsWith("probes[0].user: belongs to slurmrestd"));
}

TEST(ProbeOptions, OfOneClusterOfSlurm) {
  EXPECT_EQ(slurm([](auto& o) { o.cluster = "west"; }), "");
  EXPECT_THAT(slurm([](auto& o) { o.cluster = "east,west"; }),
              StartsWith("probes[0].cluster: 'east,west' may be several clusters"));
  EXPECT_THAT(slurm([](auto& o) { o.cluster = "all"; }), StartsWith("probes[0].cluster: 'all' may be several"));
  EXPECT_THAT(slurm([](auto& o) { o.cluster = "west", o.command = {"sinfo"}; }),
              StartsWith("probes[0].cluster: is for Slurm's own commands; with a command, write -M into it"));
  EXPECT_EQ(slurm([](auto& o) { o.memory_per_unit = {1 << 20}; }), "");
  EXPECT_THAT(slurm([](auto& o) { o.memory_per_unit = {4096}; }),
              StartsWith("probes[0].memory_per_unit: 4096 bytes are less than 1M"));
}

TEST(ProbeOptions, OfOtherKindsDoNotMatter) {
  EXPECT_EQ(complaint({.name = "x"}, [](auto& p) { p.http.method = "", p.exec.nice = 99, p.slurm.command = {""}; }),
            "");
}

TEST(ProbeOptions, RatiosAreParts) {
  const auto ratio = [](double value) {
    return complaint({.name = "x"}, [&](auto& p) { p.levels.high = {.free = 1, .ratio = value}; });
  };
  EXPECT_EQ(ratio(0), "");
  EXPECT_EQ(ratio(1), "");
  EXPECT_THAT(ratio(1.01), StartsWith("probes[0].levels.high.ratio: is free units to all units"));
  EXPECT_THAT(ratio(-0.1), StartsWith("probes[0].levels.high.ratio: "));
  EXPECT_THAT(complaint({.name = "x"}, [](auto& p) { p.levels.medium.ratio = 2; }),
              StartsWith("probes[0].levels.medium.ratio: "));
}

TEST(ProbeOptions, HostsCanBeFound) {
  const auto url = [](std::string text) { return http([&](auto& o) { o.url = std::move(text); }); };
  for (const char* good : {"http://h", "http://h.example.org./x", "https://bücher.example/", "http://[::1]:80/",
                           "http://[fe80::1%25eth0]/", "http://{name}.example.org", "http://u%40:p@h/",
                           "http://10.0.0.1/..", "http://a_b/%00"})
    EXPECT_EQ(url(good), "") << good;
  for (const char* bad : {"http://.../", "http://h..h/", "http://h%00/", "http://.h/", "http://./", "http://h%41",
                          "http://a\u202Eb/", "http://a\u200Bb", "http://a\xFF"})
    EXPECT_THAT(url(bad),
                testing::AllOf(StartsWith("probes[0].url: '"), HasSubstr("' is no host; write a name such as")))
        << bad;
}

TEST(ProbeOptions, HeadersHaveNamesOfTheStandard) {
  for (const char* bad : {"A b: c", "A : c", " A: c", "\xC3\xA4: c", "A(b): c", "A\tb: c"}) {
    EXPECT_THAT(http([&](auto& o) { o.headers = {bad}; }), HasSubstr("is not the name of a header")) << bad;
    EXPECT_THAT(http([&](auto& o) { o.header_files = {bad}; }), HasSubstr("is not the name of a header")) << bad;
  }
  for (const char* bad : {"Content-Length: 5", "content-length:5", "Transfer-Encoding: chunked", "Connection: close"})
    EXPECT_THAT(http([&](auto& o) { o.headers = {bad}; }), HasSubstr("is sent by itself; leave it out")) << bad;
  EXPECT_EQ(http([](auto& o) { o.headers = {"X-Length: 5", "x_1.~: a", "Content-Type: a"}; }), "");
  EXPECT_EQ(http([](auto& o) { o.fail_if_header = {"X-Amz-Function-Error"}; }), "");
  for (const char* bad : {"", " ", "X Y", "X:"})
    EXPECT_THAT(http([&](auto& o) { o.fail_if_header = {"X", bad}; }), StartsWith("probes[0].fail_if_header[1]: '"))
        << bad;
  EXPECT_THAT(http([](auto& o) { o.username = "a:b", o.password_file = "/p"; }),
              StartsWith("probes[0].username: 'a:b' has a colon"));
}

TEST(ProbeOptions, GiveALevel) {
  const auto levels = [](Levels thresholds) {
    return complaint({.name = "x", .kind = "exec", .exec = {.command = {"q"}}},
                     [&](auto& p) { p.levels = thresholds; });
  };
  EXPECT_EQ(levels({.high = {.free = 1}, .medium = {.free = 0}}), "");
  EXPECT_EQ(levels({.high = {.free = 0, .ratio = 0.1}}), "");
  EXPECT_EQ(levels({.high = {.score = -3}}), "");
  EXPECT_EQ(levels({.high = {.free = 9007199254740992}}), "");
  for (const LevelRule& always : {LevelRule{.free = 0}, {.ratio = 0}, {.free = 0, .ratio = 0}})
    EXPECT_THAT(levels({.high = always}),
                StartsWith("probes[0].levels.high: is always reached, also with no unit free"));
  EXPECT_THAT(levels({.high = {.free = -1}}), StartsWith("probes[0].levels.high.free: -1 is no number of units"));
  EXPECT_THAT(levels({.high = {.free = 1e300}}),
              StartsWith("probes[0].levels.high.free: 1e+300 is no number of units"));
  EXPECT_THAT(levels({.medium = {.free = -1}}), StartsWith("probes[0].levels.medium.free: -1 is no"));
  EXPECT_THAT(levels({.high = {.score = -1e300}}), StartsWith("probes[0].levels.high.score: -1e+300 is reached"));

  using M = core::Measurement;
  const auto without = [](std::vector<core::NumberOf> absent, Levels thresholds, const char* level = "/level") {
    Pointers where{.level = level};
    for (const auto number : absent) where.numbers[number] = "";
    return complaint({.name = "x", .kind = "http", .http = {.url = "http://h"}},
                     [&](auto& p) { p.http.rules.pointers = where, p.levels = thresholds; });
  };
  EXPECT_THAT(without({&M::free, &M::total, &M::largest, &M::score, &M::price}, {}, ""),
              StartsWith("probes[0].pointers: name neither a level nor free units"));
  EXPECT_EQ(without({&M::score}, {}, ""), "");
  EXPECT_EQ(without({&M::free, &M::score}, {}), "");
  EXPECT_EQ(without({&M::free}, {.high = {.score = 3}}, ""), "");
  EXPECT_THAT(without({&M::free}, {}, ""), StartsWith("probes[0].pointers: "));
  EXPECT_THAT(
      without({&M::score}, {.high = {.score = 3}}),
      "probes[0].levels.high.score: is never reached: the probe gives no score, as its pointers say; give them");
  EXPECT_THAT(without({&M::total}, {.high = {.ratio = 0.5}}), StartsWith("probes[0].levels.high.ratio: is never"));
  EXPECT_THAT(without({&M::free}, {.medium = {.free = 1}}), StartsWith("probes[0].levels.medium.free: is never"));
  EXPECT_THAT(complaint({.name = "x", .kind = "slurm"}, [](auto& p) { p.levels.high.score = 3; }),
              StartsWith("probes[0].levels.high.score: is never reached: the probe gives no score"));
}

TEST(ProbeOptions, OfKubernetes) {
  const auto kubernetes = [](const std::function<void(KubernetesOptions&)>& change) {
    return complaint({.name = "x", .kind = "kubernetes", .match = {.provider = "p"}},
                     [&](auto& p) { change(p.kubernetes); });
  };
  EXPECT_EQ(kubernetes([](auto&) {}), "");
  EXPECT_EQ(kubernetes([](auto& o) { o.kubeconfig = "/c", o.context = "a"; }), "");
  EXPECT_EQ(kubernetes([](auto& o) { o.context = "a"; }),
            "probes[0].context: is that of a kubeconfig; give its file in 'kubeconfig'");
  EXPECT_THAT(kubernetes([](auto& o) { o.class_labels.clear(); }), StartsWith("probes[0].class_labels: is empty"));
  for (const char* label : {"", "a=b", "a b", "a: b"})
    EXPECT_THAT(kubernetes([&](auto& o) { o.class_labels = {"a", label}; }),
                StartsWith("probes[0].class_labels[1]: '"));
  EXPECT_EQ(kubernetes([](auto& o) { o.tolerations = {"a", "*", "a=b:NoSchedule"}; }), "");
  EXPECT_THAT(kubernetes([](auto& o) { o.tolerations = {""}; }), StartsWith("probes[0].tolerations[0]: is empty"));
  EXPECT_EQ(kubernetes([](auto& o) { o.unit_needs = {"cpu=500m", "memory=16Gi", "rdma/hca=1"}; }), "");
  for (const char* need : {"", "cpu", "cpu=", "=4", "cpu=0", "cpu=-1", "cpu=many", "cpu = 4"})
    EXPECT_THAT(kubernetes([&](auto& o) { o.unit_needs = {need}; }),
                StartsWith("probes[0].unit_needs[0]: '" + std::string(need) + "' is not an amount of a resource"));
  EXPECT_THAT(complaint({.name = "x", .kind = "kubernetes"}, [](auto& p) { p.kubernetes.discover = {{"*"}}; }),
              StartsWith("probes[0].discover: needs a provider to put the classes under"));
  EXPECT_THAT(complaint({.name = "x", .kind = "kubernetes"}, [](auto& p) { p.levels.high.score = 3; }),
              StartsWith("probes[0].levels.high.score: is never reached: the probe gives no score"));
  EXPECT_TRUE((ProbeConfig{.kind = "kubernetes"}.batched()));
}

TEST(ProbeOptions, DiscoversWhatItMeasures) {
  const auto found = [](std::string name, std::vector<std::string> patterns) {
    return complaint({.name = "x", .kind = "slurm", .match = {.provider = "p", .name = std::move(name)}},
                     [&](auto& p) { p.slurm.discover = {std::move(patterns)}; });
  };
  EXPECT_EQ(found("*", {"cpu*"}), "");
  EXPECT_EQ(found("gpu*", {"cpu*", "gpu-a"}), "");
  EXPECT_EQ(found("*-a", {"gpu*"}), "");
  EXPECT_EQ(found("gpu:a100", {"gpu"}), "");
  EXPECT_EQ(found("*:a100", {"gpu"}), "");
  for (const char* name : {"gpu*", "gpu", "cpux", "?", "gpu:*", "c?"})
    EXPECT_THAT(found(name, {"cpux1", "cxy"}), StartsWith("probes[0].match")) << name;
  EXPECT_THAT(found("gpu*", {"cpu*"}),
              StartsWith("probes[0].match.name: 'gpu*' covers none of the partitions that discover adds"));
}

TEST(ProbeOptions, EachBudgetHasAWindowOfItsOwn) {
  const auto budgets = [](std::vector<Budget> budget, std::optional<Budget> rate = {}) {
    return complaint({.name = "x"}, [&](auto& p) { p.budget = budget, p.rate = rate; });
  };
  EXPECT_EQ(budgets({{60, hours{1}}, {1000, hours{24}}}, Budget{2, seconds{1}}), "");
  EXPECT_THAT(budgets({{60, hours{1}}, {70, minutes{60}}}), HasSubstr("have a window of 1h; keep the smaller"));
  EXPECT_THAT(budgets({{60, hours{1}}}, Budget{2, hours{1}}), HasSubstr("have a window of 1h"));
  EXPECT_EQ(budgets({{1, hours{24 * 366}}}), "");
  EXPECT_THAT(budgets({{1, hours{24 * 366 + 1}}}), StartsWith("probes[0].budget"));
}

TEST(ProbeOptions, NamesAreShort) {
  const auto name = [](std::string text) { return complaint({.name = std::move(text)}, [](auto&) {}); };
  EXPECT_EQ(name(std::string(core::kMaxNameBytes, 'x')), "");
  EXPECT_THAT(name(std::string(core::kMaxNameBytes + 1, 'x')), StartsWith("probes[0].name: "));
  for (const auto* wrong : {"a/b", "a:b", "ä", "a@", "a[", "a`", "a{"})
    EXPECT_THAT(name(wrong), StartsWith("probes[0].name: ")) << wrong;
  for (const auto* right : {"a", "z", "A", "Z", "0", "9"}) EXPECT_EQ(name(right), "") << right;
}

TEST(ProbeOptions, SayWhatARunIs) {
  EXPECT_TRUE((ProbeConfig{.kind = "slurm"}.batched()));
  EXPECT_FALSE((ProbeConfig{.kind = "exec", .http = {.batch = true}}.batched()));
  EXPECT_TRUE((ProbeConfig{.kind = "exec", .exec = {.batch = true}}.batched()));
  EXPECT_TRUE((ProbeConfig{.kind = "http", .http = {.batch = true}}.batched()));
  EXPECT_FALSE((ProbeConfig{.kind = "http"}.batched()));
  EXPECT_FALSE((ProbeConfig{.kind = "exec", .slurm = {.discover = {{"*"}}}}.discovers()));
  EXPECT_EQ((ProbeConfig{.rate = Budget{1, seconds{1}}, .budget = {{2, hours{1}}}}.limits().size()), 2U);
  EXPECT_TRUE((ProbeConfig{}.limits().empty()));
}

template <class T>
std::string read(std::string_view text) {
  T value{};
  const auto done = assign(value, text);
  return done ? to_text(value) : "";
}

TEST(Scalars, AreReadAsAWhole) {
  EXPECT_EQ(read<Bytes>("4G"), "4G");
  EXPECT_EQ(read<Bytes>("4096M"), "4G");
  EXPECT_EQ(read<Bytes>("1500"), "1500");
  EXPECT_EQ(read<Bytes>("0"), "0");
  for (const auto* none : {"", "G", "4g", "4GB", "-1", "1.5G", "99999999999T"})
    EXPECT_EQ(read<Bytes>(none), "") << none;
  EXPECT_EQ(read<Budget>("60/1h"), "60/1h");
  EXPECT_EQ(read<Budget>(" 60 / 1h "), "60/1h");
  EXPECT_EQ(read<Budget>("1/1ms"), "1/1ms");
  for (const auto* wrong : {"", "60", "/1h", "60/", "0/1h", "60/0s", "1.5/1h", "60/1", "60/1h/2", "-1/1h", "1/999us"})
    EXPECT_EQ(read<Budget>(wrong), "") << wrong;
  EXPECT_EQ(read<double>("0.25"), "0.25");
  EXPECT_EQ(read<double>("-8"), "-8");
  EXPECT_EQ(read<double>("1e3"), "1000");
  for (const auto* wrong : {"", "x", "1x", "1,5", "nan", "inf", "1e999", " 1"})
    EXPECT_EQ(read<double>(wrong), "") << wrong;
  EXPECT_EQ(read<bool>("true"), "true");
  EXPECT_EQ(read<bool>("false"), "false");
  for (const auto* wrong : {"", "yes", "True", "1", "on"}) EXPECT_EQ(read<bool>(wrong), "") << wrong;
  EXPECT_EQ(read<Unit>("nodes"), "nodes");
  EXPECT_EQ(read<Unit>("cpus"), "cpus");
  EXPECT_EQ(read<Work>("sleep"), "sleep");
  EXPECT_EQ(read<std::uint16_t>("65535"), "65535");
  EXPECT_EQ(read<std::uint16_t>("65536"), "");
}

TEST(Scalars, ThatAreWrongLeaveTheValue) {
  Budget budget{7, seconds{7}};
  EXPECT_FALSE(assign(budget, "8/x"));
  EXPECT_EQ(budget, (Budget{7, seconds{7}}));
  std::optional<double> number = 7;
  EXPECT_FALSE(assign(number, "x"));
  EXPECT_EQ(number, 7);
}

}  // namespace
}  // namespace config
