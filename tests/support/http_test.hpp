#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>

#include "base/runtime.hpp"
#include "probe/kinds.hpp"
#include "support/eventually.hpp"
#include "support/function_server.hpp"
#include "support/temp_dir.hpp"

namespace support {

/// Probes of kind http, and the server that they ask.
class HttpTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const char* proxy : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(proxy);
    server_ = std::make_unique<FunctionServer>();
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    if (server_->missing()) GTEST_SKIP() << "python3 is missing";
    runtime_.start();
  }

  static std::string url(const std::string& path) { return server_->url(path); }

  std::unique_ptr<probe::Probe> make(const config::HttpOptions& options, const config::Levels& levels = {},
                                     base::Duration timeout = kPatience) {
    return probe::make_probe({.name = "test", .kind = "http", .timeout = timeout, .levels = levels, .http = options},
                             runtime_.background().get_executor());
  }
  std::future<probe::Answer> begin(probe::Probe& probe, base::Duration timeout = kPatience,
                                   probe::Trace* trace = nullptr) {
    return start(runtime_.background(),
                 probe.measure(profiles_, {std::chrono::steady_clock::now() + timeout, stop_.get_token(), trace}));
  }
  probe::Result ask(const config::HttpOptions& options, base::Duration timeout = kPatience,
                    probe::Trace* trace = nullptr) {
    const auto probe = make(options, {}, timeout);
    return begin(*probe, timeout, trace).get().results.at(0);
  }
  std::string error(const config::HttpOptions& options, base::Duration timeout = kPatience) {
    const probe::Result result = ask(options, timeout);
    return result ? "no error" : result.error();
  }
  /// The reason of a HIGH, or what went wrong.
  std::string reason(const config::HttpOptions& options) {
    const probe::Result result = ask(options);
    return !result ? result.error() : result->level == core::Level::high ? result->reason : "not HIGH";
  }
  int requests(const std::string& path) {
    return static_cast<int>(*ask({.url = url("/count?path=" + path)}).value().free);
  }
  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(directory_ / name) << content;
    return directory_ / name;
  }

  static inline std::unique_ptr<FunctionServer> server_;
  TempDir directory_;
  base::Runtime runtime_{1};
  std::stop_source stop_;
  std::vector<core::Profile> profiles_ = {{.id = 7, .key = {"Amazon", "c5 \"large\""}, .labels = {{"zone", "a/b"}}}};
};

}  // namespace support
