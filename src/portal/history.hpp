#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/metrics.hpp"
#include "base/offload.hpp"
#include "board/selection.hpp"
#include "feed/history_meters.hpp"
#include "feed/history_query.hpp"
#include "portal/flights.hpp"
#include "portal/history_answer.hpp"
#include "portal/history_source.hpp"

namespace portal {

struct HistoryLimits {
  /// From a question to its answer.
  base::Duration deadline = std::chrono::seconds{1};
  /// Questions to the hardware service at a time, and drawings likewise; further ones are refused.
  std::size_t most_under_way = 8;
  /// How long an answer is shown.
  base::Duration kept = std::chrono::seconds{3};
};

/// A page, a file or a feed about the past.
struct Drawn {
  /// Of a feed, as in Last-Modified.
  std::string updated{};
};
using Drawing = Told<Drawn>;

/// A drawing for all cores, compressed by the thread that made it.
std::shared_ptr<const Document<Drawn>> drawing_of(http::Prepared prepared, Drawn content = {});

/// The past, as the hardware service tells it: the one thing that the portal does not answer from memory. Answers and
/// drawings are kept for some seconds, and made once for all who ask for the same. Called on every core; the awaits
/// resume there.
class History {
 public:
  /// `replicas` belong to `background`. The references outlive it.
  History(http::Replicas& replicas, boost::asio::any_io_executor background, base::Metrics& metrics,
          HistoryLimits limits = {});

  /// A profile's past. A problem is a reply in application/problem+json; show_problem() makes a page of its status.
  boost::asio::awaitable<Told<HistoryAnswer>> past(core::ProfileId profile, feed::HistoryRange range);

  /// The board at a time. `selection`: its words, providers, names, labels, levels and freshness choose rows, its limit
  /// and `after` a part of them. A part may have fewer rows than its limit although more follow.
  boost::asio::awaitable<Told<PastBoard>> board_at(base::Time time, board::Selection selection,
                                                   std::shared_ptr<const core::Sets> sets);

  /// The latest transitions of `profiles`, a hundred at most; of all profiles when there are none.
  boost::asio::awaitable<Told<LatestTransitions>> latest(std::vector<core::ProfileId> profiles, std::size_t limit);

  /// Launches by what was said when they began: the hardware service's answer.
  boost::asio::awaitable<Drawing> calibration(base::Time from, base::Time to);

  /// What `render` draws, which is all in `key`.
  boost::asio::awaitable<Drawing> draw(std::string key, std::function<http::Prepared()> render);
  /// The same of a drawing in several steps, which runs on the background thread.
  boost::asio::awaitable<Drawing> draw(std::string key, boost::asio::awaitable<Drawing> drawing);

  /// Runs `job`, a step of a drawing, on the thread that reads answers.
  template <class F>
  boost::asio::awaitable<std::invoke_result_t<F&>> work(F job) {
    return pool_.run(std::move(job));
  }

  /// Returns when no question and no drawing is under way. On the background thread.
  boost::asio::awaitable<void> wait();

 private:
  template <class T>
  struct Question {
    std::string target;
    std::function<base::Result<Document<T>>(std::string body)> read;
  };

  /// Counts what is refused. Nothing while there is room.
  std::optional<http::Reply> refusal(std::size_t under_way);
  boost::asio::awaitable<Drawing> draw_once(std::string key, boost::asio::awaitable<Drawing> drawing);
  template <class T>
  boost::asio::awaitable<Told<T>> answer(Flights<T>& flights, std::string key, Question<T> question);
  template <class T>
  boost::asio::awaitable<Told<T>> fetch(Question<T> question);

  boost::asio::any_io_executor background_;
  HistoryLimits limits_;
  feed::HistoryMeters meters_;
  HistorySource source_;
  Flights<HistoryAnswer> pasts_;
  Flights<PastBoard> boards_;
  Flights<LatestTransitions> latest_;
  Flights<Drawn> drawings_;
  std::size_t under_way_ = 0;
  std::size_t drawings_under_way_ = 0;
  base::Event idle_;
  base::OffloadPool pool_{"past", 1, base::OffloadPool::Priority::low};
};

}  // namespace portal
