#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "base/runtime.hpp"
#include "probe/call.hpp"
#include "probe/kinds.hpp"
#include "support/eventually.hpp"
#include "support/function_server.hpp"
#include "support/temp_dir.hpp"

namespace support {

/// Probes of clouds, and the server of cloud_server.py, a new one for each test.
class CloudTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "AZURE_SUBSCRIPTION_ID",
          "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE",
          "AZURE_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_POD_IDENTITY_AUTHORITY_HOST",
          "GOOGLE_CLOUD_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST"})
      ::unsetenv(name);
    serve({});
    if (server_->missing()) GTEST_SKIP() << "python3 is missing";
    runtime_.start();
  }

  void serve(const std::vector<std::string>& arguments) {
    server_ = std::make_unique<FunctionServer>(arguments, "cloud_server.py");
  }
  std::string url(const std::string& path = "") const { return server_->url(path); }
  std::string host() const { return fmt::format("127.0.0.1:{}", server_->port()); }

  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(directory_ / name) << content;
    return directory_ / name;
  }

  std::unique_ptr<probe::Probe> make(config::ProbeConfig config) {
    config.name = "test";
    config.timeout = kPatience;
    return probe::make_probe(config, runtime_.background().get_executor());
  }
  std::future<probe::Answer> begin(probe::Probe& probe, const std::vector<core::Profile>& profiles,
                                   probe::Trace* trace = nullptr) {
    return start(runtime_.background(),
                 probe.measure(profiles, {std::chrono::steady_clock::now() + kPatience, stop_.get_token(), trace}));
  }
  probe::Answer ask(probe::Probe& probe, const std::vector<core::Profile>& profiles, probe::Trace* trace = nullptr) {
    return begin(probe, profiles, trace).get();
  }

  /// Sets members of the server's state, in JSON.
  void set(const std::string& state) { control("POST", state); }
  /// The requests so far whose path has this part.
  std::vector<boost::json::object> requests(const std::string& part) {
    std::vector<boost::json::object> out;
    const auto answer = boost::json::parse(control("GET", ""));
    for (const auto& each : answer.at("log").as_array())
      if (std::string_view(each.at("path").as_string()).contains(part)) out.push_back(each.as_object());
    return out;
  }
  int tokens() { return static_cast<int>(boost::json::parse(control("GET", "")).at("tokens").as_int64()); }

  std::unique_ptr<FunctionServer> server_;
  TempDir directory_;
  base::Runtime runtime_{1};
  std::stop_source stop_;

 private:
  std::string control(const std::string& method, const std::string& body) {
    const auto answer =
        probe::call({.method = method, .url = url("/control"), .body = body, .max_bytes = 64 << 20}, kPatience);
    if (!answer) throw std::runtime_error(answer.error().message);
    return answer->body;
  }
};

/// "LOW: reason", or the error.
inline std::string told(const probe::Result& result) {
  return result ? fmt::format("{}: {}", core::to_string(result->level), result->reason) : result.error();
}

}  // namespace support
