#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <csignal>
#include <iostream>
#include <thread>

#include "app/commands/changes.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/portal_link.hpp"
#include "app/commands/remote.hpp"
#include "app/commands/row_lines.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "board/attention.hpp"
#include "feed/selection_query.hpp"
#include "http/sse.hpp"

namespace app {
namespace {

/// A portal sends a heartbeat every 4 s: one that has missed two is left.
constexpr std::chrono::seconds kSilence{10};
/// Of an answer that is no stream.
constexpr std::size_t kMostOfAnError = 64 * 1024;

struct Options {
  std::vector<std::string> profiles;
  bool as_json = false;
  bool changes_only = false;
  std::shared_ptr<Access> access;
};

/// The reader of a pipe may go while there is nothing to print.
bool is_read() {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return std::cout && (::poll(&output, 1, 0) <= 0 || (output.revents & POLLERR) == 0);
}

class Watch {
 public:
  explicit Watch(const Options& options) : Watch(options, patterns_of(options)) {}

  /// Returns when nobody reads the output. Throws std::runtime_error when there is no portal at the URL.
  void run() {
    while (is_read()) {
      const std::string problem = follow();
      // A stream that ends cleanly is a portal that goes; the next connection shows whether another one is there.
      if (!problem.empty()) link_.away(problem);
      std::this_thread::sleep_for(link_.next_pause());
    }
  }

 private:
  Watch(const Options& options, std::vector<core::Pattern> patterns)
      : options_(options),
        remote_(*options.access),
        link_(remote_.url()),
        named_(named_by(patterns)),
        changes_(std::move(patterns), std::max<std::size_t>(named_.size(), 1)) {}

  /// The profiles, if they are few and each is named. Whoever watches them by their names is known to, so that their
  /// probes measure them more often.
  static std::vector<core::ProfileKey> named_by(std::span<const core::Pattern> patterns) {
    std::vector<core::ProfileKey> keys = board::named_by(patterns);
    if (keys.size() != patterns.size()) return {};
    std::ranges::sort(keys);
    keys.erase(std::ranges::unique(keys).begin(), keys.end());
    return keys;
  }

  /// A view of each that is named, else everything.
  std::string target() const {
    std::string target = "/api/v1/events";
    for (const core::ProfileKey& key : named_) {
      const board::Selection one{.providers = {key.provider}, .names = {key.name}, .limit = 1};
      target += (target.contains('?') ? "&view=" : "?view=") + base::percent_encode(feed::to_query(one, 0));
    }
    return target;
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

  /// Follows one stream to its end. Returns its error, "" when it ended cleanly.
  std::string follow() {
    Ask ask{.target = target(), .headers = {"Accept: text/event-stream"}};
    if (!seen_.empty() && named_.empty()) ask.headers.push_back("Last-Event-ID: " + seen_);
    http::SseParser parser;
    Answer answer;
    std::string problem;
    const auto on_piece = [&](const Answer& head, std::string_view piece) {
      answer.status = head.status;
      answer.content_type = head.content_type;
      if (head.status != 200 || !head.content_type.starts_with("text/event-stream")) {
        // It has an end, but nobody wants all of a large one.
        answer.body += piece;
        return answer.body.size() < kMostOfAnError;
      }
      link_.back();
      problem = print(parser.feed(piece));
      return problem.empty() && !std::exchange(moved_, false) && is_read();
    };
    int status = 0;
    const std::string failed = remote_.follow(ask, kSilence, [] { return is_read(); }, on_piece, status);
    if (!failed.empty()) return failed;
    if (status >= 500 || status == 408 || status == 429) return fmt::format("it answers {}", status);
    answer.status = status;
    if (status == 401 || status == 403 || (status == 200 && answer.content_type.starts_with("text/html")))
      throw base::UsageError(remote_.refusal(answer));
    if (status != 0 && (status != 200 || !answer.body.empty()))
      throw std::runtime_error(fmt::format("{} answers {} to /api/v1/events", remote_.url(), status));
    return problem;
  }

  std::string print(const std::vector<http::SseEvent>& events) {
    for (const http::SseEvent& event : events) {
      try {
        if (event.event == "status") {
          tell_outage(boost::json::parse(boost::json::string_view(event.data)).as_object());
          continue;
        }
        if (event.event == "view") {
          moved_ = true;
          continue;
        }
        for (const Change& change : changes_.fold(event))
          if (!options_.changes_only || change.kind != Change::Kind::current)
            std::cout << (options_.as_json ? to_json(change) : to_line(change)) << '\n';
      } catch (const std::exception& bad) {
        seen_.clear();
        return fmt::format("it sent an event that cannot be read: {}", bad.what());
      }
      if (!std::exchange(told_unmatched_, changes_.filled()))
        for (const std::string& pattern : changes_.filled() ? changes_.unmatched() : std::vector<std::string>())
          std::cerr << fmt::format("vacancy: no profile matches {} yet\n", base::to_line(pattern));
      if (event.has_id) seen_ = event.id;
      link_.settled();
    }
    std::cout.flush();
    return "";
  }

  const Options& options_;
  Remote remote_;
  PortalLink link_;
  const std::vector<core::ProfileKey> named_;
  Changes changes_;
  /// The id of the latest event: where the next stream goes on.
  std::string seen_;
  /// A profile that is named has come or gone: the next stream has its row.
  bool moved_ = false;
  /// It is reported once, of the first snapshot.
  bool told_unmatched_ = false;
};

int watch(const Options& options) {
  // A reader that goes is the end, not an error: writing then fails instead.
  std::signal(SIGPIPE, SIG_IGN);
  Watch(options).run();
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
  options->access = add_access(*command);
  command->footer("Goes on when the portal comes back or another one takes over; ends with Ctrl-C.");
  return [options] { return watch(*options); };
}

}  // namespace app
