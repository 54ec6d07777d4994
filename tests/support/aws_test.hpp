#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/runtime.hpp"
#include "probe/call.hpp"
#include "probe/kinds.hpp"
#include "support/eventually.hpp"
#include "support/function_server.hpp"
#include "support/temp_dir.hpp"

namespace support {

/// Probes of kind aws, and the server of aws_server.py that they ask, with no credentials but those that a test sets.
class AwsTest : public testing::Test {
 protected:
  static constexpr const char* kVariables[] = {"AWS_ACCESS_KEY_ID",
                                               "AWS_SECRET_ACCESS_KEY",
                                               "AWS_SESSION_TOKEN",
                                               "AWS_PROFILE",
                                               "AWS_REGION",
                                               "AWS_DEFAULT_REGION",
                                               "AWS_SHARED_CREDENTIALS_FILE",
                                               "AWS_CONFIG_FILE",
                                               "AWS_WEB_IDENTITY_TOKEN_FILE",
                                               "AWS_ROLE_ARN",
                                               "AWS_ENDPOINT_URL_EC2",
                                               "AWS_ENDPOINT_URL_STS",
                                               "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                               "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                               "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                               "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"};

  static void SetUpTestSuite() {
    for (const char* proxy : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(proxy);
    server_ = std::make_unique<FunctionServer>(std::vector<std::string>(), "aws_server.py");
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    if (server_->missing()) GTEST_SKIP() << "python3-botocore is missing";
    get("/reset?0");
    forget();
    set("HOME", directory_.path().string());
    set("AWS_ENDPOINT_URL", url(""));
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url(""));
    use_keys_of("ENVIRONMENT");
    runtime_.start();
  }
  void TearDown() override {
    forget();
    ::unsetenv("AWS_ENDPOINT_URL");
  }

  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
  /// No credentials in the environment.
  static void forget() {
    for (const char* name : kVariables) ::unsetenv(name);
    set("AWS_EC2_METADATA_DISABLED", "true");
  }
  static void use_keys_of(const std::string& place) {
    set("AWS_ACCESS_KEY_ID", "AKID" + place);
    set("AWS_SECRET_ACCESS_KEY", secret_of(place));
  }
  static std::string secret_of(const std::string& place) { return "secret/+of-" + place + "-0123456789"; }
  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(directory_ / name) << content;
    return directory_ / name;
  }

  std::unique_ptr<probe::Probe> make(const config::AwsOptions& options = {.regions = {"eu-central-1"}},
                                     const config::Levels& levels = {}) {
    return probe::make_probe({.name = "test", .kind = "aws", .timeout = kPatience, .levels = levels, .aws = options},
                             runtime_.background().get_executor());
  }
  probe::Answer measure(probe::Probe& probe, const std::vector<core::Profile>& profiles, probe::Trace* trace = nullptr,
                        base::Duration limit = kPatience) {
    return start(runtime_.background(), probe.measure(profiles, {std::chrono::steady_clock::now() + limit, {}, trace}))
        .get();
  }
  static core::Profile profile(const std::string& name, core::Labels labels = {}) {
    return {.id = 1, .key = {"aws", name}, .labels = std::move(labels)};
  }
  /// Of a probe of its own.
  probe::Result ask(const std::string& type, core::Labels labels = {}, probe::Trace* trace = nullptr) {
    const auto probe = make();
    return measure(*probe, {profile(type, std::move(labels))}, trace).results.at(0);
  }
  std::string error(const std::string& type) {
    const probe::Result result = ask(type);
    return result ? "no error" : result.error();
  }

  static std::string url(const std::string& path) { return server_->url(path); }
  static std::string get(const std::string& path) { return probe::call({.url = url(path)}, kPatience).value().body; }
  static boost::json::value seen() { return boost::json::parse(get("/seen")); }
  static std::int64_t count(const std::string& action) {
    const auto all = seen();
    const auto* found = all.at("counts").as_object().if_contains(action);
    return found != nullptr ? found->as_int64() : 0;
  }
  static std::string latest_key() {
    const auto all = seen();
    const auto& used = all.at("used").as_array();
    return used.empty() ? "" : std::string(used.back().as_string());
  }

  static inline std::unique_ptr<FunctionServer> server_;
  TempDir directory_;
  base::Runtime runtime_{1};
};

}  // namespace support
