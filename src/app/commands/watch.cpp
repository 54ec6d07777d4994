#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <iostream>

#include "app/commands/changes.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/portal_link.hpp"
#include "app/commands/row_lines.hpp"
#include "http/client.hpp"

namespace app {
namespace {
namespace asio = boost::asio;

/// A portal sends a comment every 15 s: one that is silent for longer than two is left.
constexpr std::chrono::seconds kSilence{35};

struct Options {
  std::vector<std::string> profiles;
  bool as_json = false;
  bool changes_only = false;
  std::string url;
};

class Watch {
 public:
  Watch(const Options& options, asio::io_context& context)
      : options_(options),
        context_(context),
        url_(parsed(options.url)),
        link_(options.url),
        changes_(patterns_of(options)),
        pause_(context),
        output_(context, ::dup(STDOUT_FILENO)) {}

  /// Returns when nobody reads what it prints. Throws std::runtime_error when there is no portal at the URL.
  asio::awaitable<void> run() {
    watch_output();
    while (std::cout) {
      const std::string problem = co_await follow();
      // A stream that ends cleanly is a portal that goes; the next connection tells whether another one is there.
      if (!problem.empty()) link_.away(problem);
      pause_.expires_after(link_.next_pause());
      co_await pause_.async_wait(asio::use_awaitable);
    }
  }

 private:
  static http::Url parsed(const std::string& text) {
    const auto url = http::parse_url(text);
    if (!url) throw base::UsageError(url.error().message);
    return *url;
  }

  static std::vector<core::Pattern> patterns_of(const Options& options) {
    std::vector<core::Pattern> patterns;
    for (const std::string& text : options.profiles) {
      auto pattern = core::parse_pattern(text);
      if (!pattern) throw base::UsageError(pattern.error().message);
      patterns.push_back(std::move(*pattern));
    }
    return patterns;
  }

  /// The reader of a pipe may go while there is nothing to print.
  void watch_output() {
    output_.async_wait(asio::posix::stream_descriptor::wait_error, [this](const boost::system::error_code& error) {
      if (!error) context_.stop();
    });
  }

  /// Follows one stream to its end. Returns what was wrong, "" when it ended cleanly.
  asio::awaitable<std::string> follow() {
    http::Client client(context_.get_executor(), {.read = kSilence});
    http::ClientRequest request{.target = "/api/v1/events", .headers = {{"Accept", "text/event-stream"}}};
    if (!seen_.empty()) request.headers.emplace_back("Last-Event-ID", seen_);
    const auto head = co_await client.send(url_, request);
    if (!head) co_return head.error().message;
    if (head->status >= 500) co_return fmt::format("it answers {}", head->status);
    if (head->status != 200 || !head->content_type.starts_with("text/event-stream"))
      throw std::runtime_error(fmt::format("{} answers {} to /api/v1/events", options_.url, head->status));
    link_.back();
    http::SseParser parser;
    while (std::cout) {
      const auto piece = co_await client.read_some();
      if (!piece) co_return piece.error().message;
      if (piece->empty()) break;
      if (const std::string problem = print(parser.feed(*piece)); !problem.empty()) co_return problem;
    }
    co_return "";
  }

  std::string print(const std::vector<http::SseEvent>& events) {
    for (const http::SseEvent& event : events) {
      try {
        if (event.event == "status") {
          tell_outage(boost::json::parse(boost::json::string_view(event.data)).as_object());
          continue;
        }
        for (const Change& change : changes_.fold(event))
          if (!options_.changes_only || change.kind != Change::Kind::current)
            std::cout << (options_.as_json ? to_json(change) : to_line(change)) << '\n';
      } catch (const std::exception& bad) {
        seen_.clear();
        return fmt::format("it sent an event that cannot be read: {}", bad.what());
      }
      if (event.has_id) seen_ = event.id;
      link_.settled();
    }
    std::cout.flush();
    return "";
  }

  const Options& options_;
  asio::io_context& context_;
  http::Url url_;
  PortalLink link_;
  Changes changes_;
  asio::steady_timer pause_;
  asio::posix::stream_descriptor output_;
  /// The id of the latest event: where the next stream goes on.
  std::string seen_;
};

int watch(const Options& options) {
  // A reader that goes is the end, not an error: writing then fails instead.
  std::signal(SIGPIPE, SIG_IGN);
  asio::io_context context(1);
  Watch watch(options, context);
  std::exception_ptr failed;
  asio::co_spawn(context, watch.run(), [&](std::exception_ptr error) {
    failed = error;
    context.stop();
  });
  context.run();
  if (failed) std::rethrow_exception(failed);
  return 0;
}

}  // namespace

Command add_watch(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("watch", "Print the profiles, then each change of a level, freshness or failure");
  const auto options = std::make_shared<Options>();
  command->add_option("PROVIDER/NAME", options->profiles,
                      "What to watch; * and ? stand for any text and any character (default all)");
  command->add_flag("--json", options->as_json, "Print one JSON object a line");
  command->add_flag("--changes-only", options->changes_only, "Leave out how the profiles are at the beginning");
  add_portal_url(*command, options->url);
  command->footer("Goes on when the portal comes back or another one takes over; ends with Ctrl-C.");
  return [options] { return watch(*options); };
}

}  // namespace app
