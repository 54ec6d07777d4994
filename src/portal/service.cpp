#include "portal/service.hpp"

#include "base/task_group.hpp"
#include "base/url.hpp"
#include "board/meters.hpp"
#include "portal/problem_page.hpp"

namespace portal {
namespace asio = boost::asio;
namespace {

feed::ReaderOptions reader_options(const config::PortalConfig& config) {
  feed::ReaderOptions options{.urls = {}, .poll_period = config.poll_interval, .poll_timeout = config.poll_timeout};
  for (const std::string& text : config.hardware_urls) {
    auto url = base::parse_url(text);
    if (!url) throw base::UsageError(fmt::format("portal.hardware_urls: {}", url.error().message));
    options.urls.push_back(std::move(*url));
  }
  return options;
}

/// The sites that may show a page in a frame, for the end of its policy.
std::string frame_ancestors_of(const std::vector<std::string>& sites) {
  std::string sources = "; frame-ancestors 'self'";
  for (const std::string& site : sites) {
    if (site == "none") return "; frame-ancestors 'none'";
    sources += ' ' + site;
  }
  return sources;
}

}  // namespace

Service::Service(const config::PortalConfig& config, base::Runtime& runtime, base::Metrics& metrics)
    : board_(runtime),
      reader_(board_, runtime.background().get_executor(), reader_options(config), metrics),
      events_(board_, runtime.cores(), metrics, "portal", feed::kBrowserHeartbeat, &attention_),
      profile_metrics_(board_),
      api_(board_, runtime.cores()),
      history_(reader_.replicas(), runtime.background().get_executor(), metrics),
      history_api_(board_, history_),
      history_page_(board_, history_),
      past_page_(board_, history_),
      observations_(
          reader_.replicas(), [this] { return reader_.followed(); }, runtime.background().get_executor(),
          config.observer_token_file),
      change_feed_(board_, history_, config.public_url),
      wait_(board_, attention_, metrics),
      demand_(board_, attention_, reader_.replicas(), runtime.background().get_executor(), metrics),
      page_(board_, runtime.cores(), config.public_url),
      profile_page_(board_, runtime.cores(), config.public_url),
      set_page_(board_, runtime.cores(), config.public_url),
      sets_(board_, runtime.cores()),
      assets_(runtime.cores()),
      badge_(board_, runtime.cores()),
      cors_(config.allow_origin),
      frame_ancestors_(frame_ancestors_of(config.frame_ancestors)),
      first_snapshot_wait_(config.first_snapshot_wait),
      rows_at_scrape_(board::meter(board_, metrics, "portal")) {}

http::Router Service::routes() {
  http::Router router(show_problem);
  router.at_end([this](const http::Request& request, http::Reply& reply) {
    cors_.open(request, reply);
    for (auto& [name, value] : reply.headers)
      if (name == "Content-Security-Policy") value += frame_ancestors_;
  });
  router.add("GET", "/", http::to(page_, &Page::handle));
  router.add("GET", "/profile/{provider}/{name}", http::to(profile_page_, &ProfilePage::handle));
  router.add("GET", "/set/{set}", http::to(set_page_, &SetPage::handle));
  router.add("GET", "/profile/{provider}/{name}/history", http::to(history_page_, &HistoryPage::handle));
  router.add("GET", "/at", http::to(past_page_, &PastPage::handle));
  router.add("GET", "/assets/{name}", http::to(assets_, &Assets::handle));
  const auto open = [&](const char* pattern, http::Handler handler) { cors_.add(router, pattern, std::move(handler)); };
  open("/api/v1/hardware", [this](const http::Request& request) -> http::Answer {
    if (!request.query.get("at")) return api_.list(request);
    return history_api_.board_at(request);
  });
  open("/api/v1/hardware.csv", http::to(api_, &Api::csv));
  open("/api/v1/hardware/{provider}/{name}", http::to(api_, &Api::one));
  open("/api/v1/sets", http::to(sets_, &SetsApi::list));
  open("/api/v1/sets/{set}", http::to(sets_, &SetsApi::one));
  open("/api/v1/sets/{set}/first", http::to(sets_, &SetsApi::first));
  open("/api/v1/hardware/{provider}/{name}/history", http::to(history_api_, &HistoryApi::json));
  open("/api/v1/hardware/{provider}/{name}/history.csv", http::to(history_api_, &HistoryApi::csv));
  open("/api/v1/calibration", http::to(history_api_, &HistoryApi::calibration));
  router.add("POST", "/api/v1/observations", http::to(observations_, &Observations::add), observations_.route());
  open("/feed.atom", http::to(change_feed_, &ChangeFeed::handle));
  open("/api/v1/wait", http::to(wait_, &Wait::handle));
  open("/api/v1/events", http::to(events_, &feed::EventStream::handle));
  open("/badge.svg", http::to(badge_, &Badge::list));
  open("/badge/{provider}", http::to(badge_, &Badge::provider));
  open("/badge/{provider}/{name}", http::to(badge_, &Badge::profile));
  open("/set/{set}/badge.svg", http::to(badge_, &Badge::set));
  open("/openapi.yaml", http::to(assets_, &Assets::openapi));
  return router;
}

http::Router Service::admin_routes() {
  return http::Router().add("GET", "/metrics/profiles", http::to(profile_metrics_, &feed::ProfileMetrics::handle));
}

asio::awaitable<void> Service::run() {
  base::TaskGroup group(co_await asio::this_coro::executor);
  group.spawn("ageing", board_.run());
  group.spawn("feed reader", reader_.run());
  group.spawn("demand", demand_.run());
  co_await group.wait();
  co_await history_.wait();
  co_await observations_.wait();
}

void Service::stop() {
  demand_.stop();
  reader_.stop();
  board_.stop();
}

}  // namespace portal
