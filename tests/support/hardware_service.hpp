#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <mutex>
#include <optional>
#include <string>

#include "hardware/service.hpp"
#include "sql/error.hpp"
#include "support/gated_store.hpp"
#include "support/raw_client.hpp"
#include "support/serving.hpp"
#include "support/temp_dir.hpp"

namespace hardware {

inline constexpr std::string_view kToken = "a-token-of-some-length";

/// A store whose changes of profiles, or outbox, may fail. It knows for how long tasks were leased.
class RefusingStore final : public support::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  void refuse(std::optional<sql::ErrorKind> kind) {
    const std::lock_guard lock(mutex_);
    kind_ = kind;
  }

  std::vector<store::Added> add_all(std::span<const core::NewProfile> profiles) override {
    check();
    return MemoryStore::add_all(profiles);
  }
  base::Result<core::Profile> change(core::ProfileId id, const core::ProfileKey& key,
                                     const std::optional<core::Labels>& labels) override {
    check();
    return MemoryStore::change(id, key, labels);
  }
  base::Result<void> remove(core::ProfileId id) override {
    check();
    return MemoryStore::remove(id);
  }
  store::Claimed claim(const store::Wanted& wanted) override {
    lease_ = wanted.lease;
    return MemoryStore::claim(wanted);
  }
  base::Duration lease() const { return lease_; }
  void want(std::span<const core::ProfileId> profiles, base::Duration period) override {
    ++wants_;
    MemoryStore::want(profiles, period);
  }
  int wants() const { return wants_; }
  std::vector<core::Transition> transitions(core::ProfileId profile, const store::Between& between,
                                            std::size_t limit) override {
    gate.pass();
    if (endless) return std::vector<core::Transition>(limit);
    return MemoryStore::transitions(profile, between, limit);
  }
  /// For questions about history.
  support::Gate gate;
  /// Each profile has more transitions than one may ask for.
  std::atomic<bool> endless = false;
  void refuse_outbox(bool refuse) { refuses_outbox_ = refuse; }
  store::DueMessages due_messages(const std::string& receiver, std::size_t limit) override {
    if (refuses_outbox_) throw base::Lost("the outbox is away");
    return MemoryStore::due_messages(receiver, limit);
  }

 private:
  void check() {
    const std::lock_guard lock(mutex_);
    if (kind_) throw sql::Error(*kind_, "the statement is refused");
  }

  std::mutex mutex_;
  std::optional<sql::ErrorKind> kind_;
  std::atomic<base::Duration> lease_{};
  std::atomic<int> wants_ = 0;
  std::atomic<bool> refuses_outbox_ = false;
};

/// A service on a store in memory, with its routes on a port.
class ServiceTest : public testing::Test {
 protected:
  /// `lost`: its database is away, to begin with.
  explicit ServiceTest(base::Duration poll_interval = std::chrono::milliseconds{10}, bool lost = false,
                       base::Duration lease = config::Config{}.hardware.lease) {
    store_.lose(lost);
    config_.hardware.lease = lease;
    config_.probes = {{.name = "fails",
                       .match = {.provider = "bad"},
                       .ttl = kHour,
                       .timeout = kTick,
                       .simulated = {.duration = kHour}},
                      {.name = "simulated", .ttl = kHour, .budget = {{1000, kHour}}, .simulated = {.duration = kTick}}};
    config_.hardware.poll_interval = poll_interval;
    config_.hardware.admin_token_file = directory_ / "token";
    std::ofstream(config_.hardware.admin_token_file) << kToken;
    runtime_.start();
    service_ = std::make_unique<Service>(config_, runtime_, metrics_, store_, store_);
    run_ = support::start(runtime_.background(), service_->run());
    serving_ = std::make_unique<support::Serving>(runtime_, service_->routes(), http::ServerOptions{},
                                                  [this] { service_->end_streams(); });
  }
  ~ServiceTest() override {
    serving_.reset();
    support::on(runtime_.background(), [this] { service_->stop(); });
    EXPECT_TRUE(support::ready(run_));
  }

  std::string ask(std::string_view method, std::string_view path, std::string_view body = "",
                  std::string_view token = kToken) {
    support::RawClient client(serving_->port());
    client.send(
        fmt::format("{} {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\nContent-Type: "
                    "application/json\r\nContent-Length: {}\r\n\r\n{}",
                    method, path, token, body.size(), body));
    return client.read_all();
  }
  bool lists(std::string_view text) {
    return support::eventually([&] { return ask("GET", "/hardware/").find(text) != std::string::npos; });
  }

  static constexpr base::Duration kHour = std::chrono::hours{1}, kTick = std::chrono::milliseconds{1};

  const support::TempDir directory_;
  config::Config config_;
  base::Metrics metrics_;
  RefusingStore store_{base::system_clock()};
  base::Runtime runtime_{1};
  std::unique_ptr<Service> service_;
  std::future<void> run_;
  std::unique_ptr<support::Serving> serving_;
};

}  // namespace hardware
