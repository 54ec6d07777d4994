// The history of a database: how large it is, how long questions take, what it costs to write and to prune.
// Usage: history STEP URL PASSWORD_FILE PROFILES [NUMBER]
//
//   fill NUMBER    adds PROFILES and NUMBER transitions of each over 90 days, and the numbers of a hundredth of them
//   ask            asks 1,000 times for the history of a profile, its numbers, a page of 100 rows at a past time
//   write NUMBER   measures all profiles NUMBER times, with and without history
//   prune NUMBER   prunes for a minute, of NUMBER old transitions, while 1,000 readings a second are written
//
// Each step prints one JSON object.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include "base/precompiled.hpp"
#include "store/buckets.hpp"
#include "store/open.hpp"
#include "store/transitions.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 512;
constexpr std::chrono::days kHistory{90};
constexpr std::chrono::seconds kPruning{60};
constexpr core::FreshnessRule kRule{1h, 30s, 5h};

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

class Bench {
 public:
  Bench(const std::string& url, const std::string& password_file, std::size_t profiles)
      : location_{.url = url, .password_file = password_file},
        store_(store::open_store(location_, 4, base::system_clock(), store::FirstContent::nothing).store),
        now_(base::system_clock().wall_now()) {
    std::vector<core::NewProfile> wanted;
    for (std::size_t i = 0; i < profiles; ++i)
      wanted.push_back({{fmt::format("provider-{}", i % 10), fmt::format("type-{:06}", i)}, {}});
    store_->add_missing(wanted);
    profiles_ = store_->profiles();
  }

  void fill(int count) {
    using core::Span;
    const double empty = bytes();
    fill_transitions(count, now_ - kHistory);
    const double transitions = static_cast<double>(profiles_.size()) * count;
    std::vector<double> sizes{bytes()};
    for (const auto& [span, from, to] :
         {std::tuple{Span::five_minutes, 14 * 24h, 0 * 24h}, std::tuple{Span::hour, 400 * 24h, 14 * 24h},
          std::tuple{Span::day, 1825 * 24h, 400 * 24h}}) {
      fill_numbers(span, now_ - from, now_ - to);
      sizes.push_back(bytes());
    }
    const auto of_one = [&](std::size_t i) {
      return (sizes[i] - sizes[i - 1]) / static_cast<double>(with_numbers().size());
    };
    fmt::print("{{\"bytes_per_transition\": {:.0f}, \"five_minutes\": {:.0f}, \"hours\": {:.0f}, \"days\": {:.0f}}}\n",
               (sizes[0] - empty) / transitions, of_one(1), of_one(2), of_one(3));
  }

  void ask() {
    const auto time = [&](auto job) {
      std::vector<double> times;
      for (int i = 0; i < 1000; ++i) {
        const core::Profile& profile = profiles_[random_() % profiles_.size()];
        const base::Time at = now_ - std::chrono::seconds(random_() % std::chrono::seconds(kHistory).count());
        const auto begin = Clock::now();
        job(profile, at);
        times.push_back(milliseconds_since(begin));
      }
      return fmt::format("[{:.2f}, {:.2f}]", percentile(times, 0.5), percentile(times, 0.99));
    };
    const std::string history = time([&](const core::Profile& profile, base::Time) {
      store_->transitions(profile.id, {now_ - kHistory, now_}, 10'000);
    });
    const std::string board =
        time([&](const core::Profile& profile, base::Time at) { store_->board_at(at, profile.key, 100); });
    const std::string latest = time([&](const core::Profile&, base::Time) { store_->latest_transitions(100); });
    const std::string hours = time([&](const core::Profile&, base::Time) {
      store_->numbers(with_numbers()[random_() % with_numbers().size()].id, &core::Measurement::free, core::Span::hour,
                      {now_ - 30 * 24h, now_}, 10'000);
    });
    const std::string days = time([&](const core::Profile&, base::Time) {
      store_->numbers(with_numbers()[random_() % with_numbers().size()].id, &core::Measurement::free, core::Span::day,
                      {now_ - 400 * 24h, now_}, 10'000);
    });
    fmt::print("{{\"history\": {}, \"board\": {}, \"latest\": {}, \"hours\": {}, \"days\": {}}}\n", history, board,
               latest, hours, days);
  }

  void write(int rounds) {
    assign();
    std::string text;
    for (const char* mode : {"steady", "random", "numbers"}) {
      double with = 0, without = 0;
      for (int round = 0; round < rounds; ++round)
        for (double* const seconds : {&without, &with}) {
          if (seconds == &with)
            store_->keep({});
          else
            store_->keep({0s, 0s, 0s, 0s});
          measure(mode);  // the first readings after that begin their history
          *seconds += measure(mode);
        }
      const double readings = static_cast<double>(profiles_.size()) * rounds;
      text += fmt::format("{}\"{}\": [{:.0f}, {:.0f}]", text.empty() ? "" : ", ", mode, readings / with,
                          readings / without);
    }
    fmt::print("{{{}}}\n", text);
  }

  void prune(int count) {
    const int each = count / static_cast<int>(profiles_.size());
    fill_transitions(each, now_ - 3 * kHistory);
    assign();
    measure("steady");
    const auto quiet = claims_while([] { std::this_thread::sleep_for(kPruning / 4); });
    std::int64_t rows = 0;
    double longest = 0;
    const auto begin = Clock::now();
    const auto busy = claims_while([&] {
      for (store::Pruned step{0, true}; step.more && Clock::now() < begin + kPruning; rows += step.rows) {
        const auto from = Clock::now();
        step = store_->prune();
        const auto took = Clock::now() - from;
        longest = std::max(longest, std::chrono::duration<double, std::milli>(took).count());
        std::this_thread::sleep_for(std::max<Clock::duration>(2 * took, 25ms));  // as hardware/housekeeper.cpp
      }
    });
    fmt::print(
        "{{\"rows\": {}, \"seconds\": {:.1f}, \"longest_step\": {:.1f}, \"claim_p99\": [{:.2f}, {:.2f}],"
        " \"finish_longest\": [{:.1f}, {:.1f}]}}\n",
        rows, milliseconds_since(begin) / 1000, longest, percentile(quiet.claims, 0.99), percentile(busy.claims, 0.99),
        percentile(quiet.finishes, 1), percentile(busy.finishes, 1));
  }

 private:
  struct Times {
    std::vector<double> claims, finishes;
  };

  std::span<const core::Profile> with_numbers() const {
    return std::span(profiles_).first(std::max<std::size_t>(profiles_.size() / 100, 1));
  }

  /// Of the whole database.
  double bytes() const {
    const auto session = sql::open(location_, base::system_clock());
    if (session->dialect().single_writer) {
      auto query = session->query("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()");
      query.step();
      return query.get<double>(0);
    }
    session->execute_script("ANALYZE TABLE transition, summary");
    auto query = session->query(
        "SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema = DATABASE()");
    query.step();
    return query.get<double>(0);
  }

  /// Calls `write(session, part)` with the profiles, `size` at a time, each in a transaction.
  template <class F>
  void in_parts(std::span<const core::Profile> profiles, std::size_t size, F write) {
    for (; !profiles.empty(); profiles = profiles.subspan(std::min(size, profiles.size()))) {
      const auto session = sql::open(location_, base::system_clock());
      sql::Transaction change(*session, sql::Access::write);
      write(*session, profiles.first(std::min(size, profiles.size())));
      change.commit();
    }
  }

  /// In the order of time, as they come.
  void fill_transitions(int count, base::Time from) {
    const auto session = sql::open(location_, base::system_clock());
    auto query = session->query("SELECT revision FROM board");
    query.step();
    core::Revision revision = query.get<core::Revision>(0);
    for (int round = 0; round < count; ++round)
      in_parts(profiles_, 10'000, [&](sql::Session& session, std::span<const core::Profile> part) {
        ++revision;
        std::vector<core::LoggedTransition> rows;
        for (const core::Profile& profile : part)
          rows.push_back({revision,
                          profile.id,
                          {from + kHistory * round / count + std::chrono::seconds(random_() % 3600),
                           static_cast<core::Level>(1 + random_() % 3), core::Freshness::fresh,
                           fmt::format("{} of 64 nodes idle", random_() % 64)}});
        store::write_transitions(session, rows);
        session.run("UPDATE board SET revision = ?", revision);
      });
  }

  /// Two numbers: one varies, one does not.
  void fill_numbers(core::Span span, base::Time from, base::Time to) {
    in_parts(with_numbers(), 10, [&](sql::Session& session, std::span<const core::Profile> part) {
      for (const core::Profile& profile : part)
        for (base::Time begin = store::block_of(span, profile.id, from); begin < to; begin += store::block_length(span))
          session.run("REPLACE INTO summary (profile_id, span, begins, revision, buckets) VALUES (?, ?, ?, ?, ?)",
                      profile.id, std::to_underlying(span), begin, std::int64_t{1} << 62, block(span, begin));
    });
  }

  std::string block(core::Span span, base::Time begin) {
    const std::int64_t readings = core::length_of(span) / 1min;
    store::Buckets buckets;
    for (base::Time at = begin; at < begin + store::block_length(span); at += core::length_of(span)) {
      const double least = random_() % 64, most = least + random_() % 5;
      const double sum = least * static_cast<double>(readings) + random_() % 5;
      buckets[&core::Measurement::free][at] = {at, readings, least, most, sum};
      buckets[&core::Measurement::total][at] = {at, readings, 64, 64, 64.0 * static_cast<double>(readings)};
    }
    return store::block_text(buckets, span, begin);
  }

  void assign() {
    store_->prepare("p", kRule.ttl, false);
    std::vector<store::Assignment> assignments;
    for (const core::Profile& profile : profiles_) assignments.push_back({profile.id, "p", kRule.ttl});
    for (std::span rest(assignments); !rest.empty(); rest = rest.subspan(std::min<std::size_t>(2000, rest.size())))
      store_->assign(rest.first(std::min<std::size_t>(2000, rest.size())));
  }

  std::vector<store::Outcome> outcomes_of(const std::vector<store::Claim>& claims, std::string_view mode) {
    std::vector<store::Outcome> outcomes;
    for (const store::Claim& claim : claims) {
      core::Measurement measured{.level = core::Level::high, .reason = "42 of 64 nodes idle"};
      if (mode == "random") measured.level = static_cast<core::Level>(1 + random_() % 3);
      if (mode == "numbers") {
        measured.free = static_cast<double>(random_() % 64);
        measured.total = 64;
      }
      outcomes.push_back({.task = claim.task, .token = claim.token, .batched = false, .rule = kRule});
      outcomes.back().findings.push_back({claim.profiles.front(), measured});
    }
    return outcomes;
  }

  /// Measures each profile once; returns the seconds that claims and finishes took.
  double measure(std::string_view mode) {
    sql::open(location_, base::system_clock())->run("UPDATE task SET due = ?, phase = 0", now_ - 1min);
    double seconds = 0;
    for (;;) {
      const auto begin = Clock::now();
      const auto claimed = store_->claim({"p", "bench", kBatch, 15s});
      if (claimed.claims.empty()) return seconds;
      const auto outcomes = outcomes_of(claimed.claims, mode);
      store_->finish(outcomes);
      seconds += milliseconds_since(begin) / 1000;
    }
  }

  /// Writes 1,000 readings a second while `job` runs.
  template <class F>
  Times claims_while(F job) {
    Times times;
    std::atomic<bool> over = false;
    std::jthread other([&] {
      job();
      over = true;
    });
    for (auto next = Clock::now(); !over; next += 100ms) {
      std::this_thread::sleep_until(next);
      if (times.claims.size() % 600 == 0)
        sql::open(location_, base::system_clock())->run("UPDATE task SET due = ?, phase = 0", now_ - 1min);
      auto begin = Clock::now();
      const auto claimed = store_->claim({"p", "bench", 100, 15s});
      times.claims.push_back(milliseconds_since(begin));
      const auto outcomes = outcomes_of(claimed.claims, "random");
      begin = Clock::now();
      store_->finish(outcomes);
      times.finishes.push_back(milliseconds_since(begin));
    }
    return times;
  }

  const sql::Location location_;
  const std::unique_ptr<store::Store> store_;
  const base::Time now_;
  std::vector<core::Profile> profiles_;
  std::minstd_rand random_{1};
};

}  // namespace

int main(int count, char** words) {
  if (count < 5) return 2;
  const std::string step = words[1];
  Bench bench(words[2], words[3], static_cast<std::size_t>(std::atoi(words[4])));
  const int number = count > 5 ? std::atoi(words[5]) : 1;
  if (step == "fill") bench.fill(number);
  if (step == "ask") bench.ask();
  if (step == "write") bench.write(number);
  if (step == "prune") bench.prune(number);
}
