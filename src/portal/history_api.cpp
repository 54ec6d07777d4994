#include "portal/history_api.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "feed/selection_query.hpp"
#include "portal/api.hpp"
#include "portal/csv.hpp"

namespace portal {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kDefaultRows = 100;
constexpr std::size_t kMostRows = 1000;
/// Clocks differ.
constexpr std::chrono::minutes kTolerance{1};

/// The parameters of a list that go together with `at`.
constexpr std::string_view kBoardParameters[] = {"at",    "set",   "q",         "provider",         "name",
                                                 "level", "after", "freshness", feed::kLabelPrefix, "limit"};

std::unexpected<base::Error> wrong(std::string message) {
  return base::fail(base::Errc::invalid, std::move(message));
}

/// Refuses what the past does not know.
base::Result<void> check_board_query(const http::Query& query) {
  for (const std::string_view name : feed::selection_parameters())
    if (std::ranges::find(kBoardParameters, name) == std::end(kBoardParameters) && query.get(name))
      return wrong(
          fmt::format("{} cannot go together with at; of a past time, set, q, provider, name, label.NAME, level and "
                      "freshness choose rows",
                      name));
  return query.only(kBoardParameters);
}

std::string transitions_csv(const HistoryAnswer& answer) {
  std::string csv = "at,until,level,freshness,reason\r\n";
  for (std::size_t i = 0; i < answer.transitions.size(); ++i) {
    const core::Transition& transition = answer.transitions[i];
    base::append_rfc3339(csv, transition.at);
    csv += ',';
    if (i + 1 < answer.transitions.size())
      base::append_rfc3339(csv, answer.transitions[i + 1].at);
    else if (answer.to < answer.now)
      base::append_rfc3339(csv, answer.to);
    csv += fmt::format(",{},{},", core::to_string(transition.level), core::to_string(transition.freshness));
    append_cell(csv, transition.reason, Cells::safe);
    csv += "\r\n";
  }
  return csv;
}

std::string numbers_csv(const HistoryAnswer& answer) {
  std::string csv = "number,at,count,min,max,mean\r\n";
  for (const core::Number& number : core::kNumbers)
    for (const core::Bucket& bucket : answer.numbers[number.value])
      csv += fmt::format("{},{},{},{},{},{}\r\n", number.name, base::to_rfc3339(bucket.begin), bucket.count,
                         base::number_text(bucket.least), base::number_text(bucket.most),
                         base::number_text(bucket.mean()));
  return csv;
}

}  // namespace

struct HistoryApi::Asked {
  core::ProfileId profile;
  feed::HistoryRange range;
};

std::expected<HistoryApi::Asked, http::Reply> HistoryApi::asked(const http::Request& request,
                                                                std::string_view further) const {
  std::vector<std::string_view> parameters(std::begin(feed::kRangeParameters), std::end(feed::kRangeParameters));
  if (!further.empty()) parameters.push_back(further);
  if (auto known = request.query.only(parameters); !known) return std::unexpected(http::problem(known.error()));
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) return std::unexpected(not_filled(*state));
  const core::RowPtr row = state->snapshot.find({request.parameters[0], request.parameters[1]});
  if (!row) return std::unexpected(no_such_profile());
  const auto range = feed::read_range(request.query, state->now(std::chrono::steady_clock::now()));
  if (!range) return std::unexpected(http::problem(range.error()));
  return Asked{row->profile.id, *range};
}

asio::awaitable<http::Reply> HistoryApi::json(const http::Request& request) {
  const auto ask = asked(request);
  if (!ask) co_return ask.error();
  const auto told = co_await history_.past(ask->profile, ask->range);
  if (!told) co_return told.error();
  co_return http::answer(request, *(*told)->prepared);
}

asio::awaitable<http::Reply> HistoryApi::csv(const http::Request& request) {
  auto ask = asked(request, "numbers");
  if (!ask) co_return ask.error();
  const std::string_view numbers = request.query.get("numbers").value_or("");
  if (!numbers.empty() && numbers != "1") co_return http::problem(400, "numbers must be 1 or left out");
  if (numbers.empty()) {
    ask->range.span.reset();
    ask->range.is_auto = false;
  }
  const auto told = co_await history_.past(ask->profile, ask->range);
  if (!told) co_return told.error();
  auto render = [document = *told, numbers = !numbers.empty()] {
    return http::Prepared("text/csv; charset=utf-8; header=present",
                          numbers ? numbers_csv(document->content) : transitions_csv(document->content));
  };
  const auto file =
      co_await history_.draw(fmt::format("csv {} {}", (*told)->prepared->etag(), numbers), std::move(render));
  if (!file) co_return file.error();
  // Later than asked for when the changes before it are too many.
  const std::string from = base::to_rfc3339((*told)->content.from);
  const http::FixedHeader headers[] = {{"Content-Disposition", "attachment; filename=\"history.csv\""},
                                       {"Vacancy-From", from}};
  co_return http::answer(request, *(*file)->prepared, "", headers);
}

asio::awaitable<http::Reply> HistoryApi::calibration(const http::Request& request) {
  const board::StatePtr state = board_.of_core(request.core).current();
  const auto range = feed::read_period(request.query, state->now(std::chrono::steady_clock::now()));
  if (!range) co_return http::problem(range.error());
  if (!state->filled) co_return not_filled(*state);
  const auto told = co_await history_.calibration(range->from, range->to);
  if (!told) co_return told.error();
  co_return http::answer(request, *(*told)->prepared);
}

asio::awaitable<http::Reply> HistoryApi::board_at(const http::Request& request) {
  if (auto known = check_board_query(request.query); !known) co_return http::problem(known.error());
  const auto time = feed::read_time(request.query, "at");
  if (!time) co_return http::problem(time.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) co_return not_filled(*state);
  const auto selection = feed::parse_selection(request.query, kDefaultRows, kMostRows, *state);
  if (!selection) co_return http::problem(selection.error());
  if (**time > state->now(std::chrono::steady_clock::now()) + kTolerance)
    co_return http::problem(400, "at is in the future; give a past time, or leave it out for the present");
  const auto told = co_await history_.board_at(**time, *selection, state->sets);
  if (!told) co_return told.error();
  co_return http::answer(request, *(*told)->prepared);
}

}  // namespace portal
