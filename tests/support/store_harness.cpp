#include "support/store_harness.hpp"

#include "sql/open.hpp"
#include "store/open.hpp"
#include "support/memory_store.hpp"
#include "support/temp_dir.hpp"

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

class SqliteHarness final : public StoreHarness {
 public:
  explicit SqliteHarness(const base::Clock& clock) : clock_(clock), store_(open_store(url_, 2, clock).store) {}
  Store& store() override { return *store_; }
  void insert_plain(const std::string& provider, const std::string& name) override {
    sql::open(url_, clock_)->run("INSERT INTO hardware (provider, name) VALUES (?, ?)", provider, name);
  }

 private:
  const base::Clock& clock_;
  support::TempDir dir_;
  std::string url_ = "sqlite:" + dir_ / "test.db";
  std::unique_ptr<Store> store_;
};

template <class T>
std::unique_ptr<StoreHarness> make(const base::Clock& clock) {
  return std::make_unique<T>(clock);
}

}  // namespace

const std::vector<StoreKind>& store_kinds() {
  static const std::vector<StoreKind> kKinds = {{"memory", make<MemoryHarness>}, {"sqlite", make<SqliteHarness>}};
  return kKinds;
}

}  // namespace store
