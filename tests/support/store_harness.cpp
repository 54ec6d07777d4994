#include "support/store_harness.hpp"

#include "store/open.hpp"
#include "support/memory_store.hpp"
#include "support/test_database.hpp"

namespace store {
namespace {

class MemoryHarness final : public StoreHarness {
 public:
  explicit MemoryHarness(const base::Clock& clock) : store_(clock) {}
  Store& store() override { return store_; }
  void insert_plain(const std::string& provider, const std::string& name) override {
    store_.insert_plain(provider, name);
  }

 private:
  support::MemoryStore store_;
};

class SqlHarness final : public StoreHarness {
 public:
  SqlHarness(const support::DatabaseKind& kind, const base::Clock& clock) : clock_(clock), database_(kind.make()) {
    migrate(*database_->open(clock));
    store_ = open_migrated(2, [this] { return database_->open(clock_); }, clock_);
  }
  Store& store() override { return *store_; }
  void insert_plain(const std::string& provider, const std::string& name) override {
    database_->open(clock_)->run("INSERT INTO hardware (provider, name) VALUES (?, ?)", provider, name);
  }

 private:
  const base::Clock& clock_;
  std::unique_ptr<support::TestDatabase> database_;
  std::unique_ptr<Store> store_;
};

}  // namespace

const std::vector<StoreKind>& store_kinds() {
  static const std::vector<StoreKind> kKinds = [] {
    std::vector<StoreKind> kinds = {{"memory",
                                     [](const base::Clock& clock) { return std::make_unique<MemoryHarness>(clock); },
                                     [] { return std::string(); }}};
    for (const support::DatabaseKind& kind : support::database_kinds())
      kinds.push_back({kind.name,
                       [&kind](const base::Clock& clock) { return std::make_unique<SqlHarness>(kind, clock); },
                       kind.missing});
    return kinds;
  }();
  return kKinds;
}

}  // namespace store
