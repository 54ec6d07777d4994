#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <set>
#include <thread>

#include "app/commands/commands.hpp"
#include "app/commands/portal_link.hpp"
#include "app/commands/remote.hpp"
#include "app/commands/row_lines.hpp"
#include "app/commands/wait_progress.hpp"
#include "app/json_text.hpp"
#include "app/terminal.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "core/condition.hpp"
#include "core/sets.hpp"

namespace app {
namespace {

namespace json = boost::json;

/// As timeout(1) does.
constexpr int kTimedOut = 124;
/// One request lasts so long: the portal may have its own opinion above a minute, and proxies have theirs.
constexpr std::chrono::seconds kPoll{30};
/// An answer that is later than that will not come.
constexpr std::chrono::seconds kLate{5};
/// An answer that comes sooner, though it could have been held, is not asked for again at once.
constexpr std::chrono::seconds kEarly{1};
/// How much later than --timeout a portal that hangs may make the end.
constexpr std::chrono::milliseconds kOvertime{500};

struct Options {
  std::vector<std::string> profiles;
  std::string set;
  bool any = false;
  bool all = false;
  std::optional<std::string> at_least;
  std::optional<std::uint32_t> free;
  std::optional<std::uint32_t> total_free;
  std::string hold;
  std::string timeout;
  std::string form;
  bool quiet = false;
  std::shared_ptr<Access> access;
};

base::Duration duration_of(const std::string& option, const std::string& text, base::Duration otherwise) {
  if (text.empty()) return otherwise;
  const auto duration = base::parse_duration(text);
  if (!duration) throw base::UsageError(fmt::format("{}: {}", option, duration.error().message));
  return *duration;
}

/// The condition as the portal wants it. Throws base::UsageError before anything is sent.
std::string query_of(const Options& options) {
  if (options.profiles.empty() && options.set.empty())
    throw base::UsageError("say what to wait for: PROVIDER/NAME, or --set NAME");
  std::string query = fmt::format("match={}", options.all ? "all" : "any");
  if (!options.set.empty()) {
    if (const auto good = core::checked_set_name(options.set); !good)
      throw base::UsageError("--set: " + good.error().message);
    query += "&set=" + options.set;
  }
  for (const std::string& profile : options.profiles) {
    if (const auto pattern = core::parse_pattern(profile); !pattern) throw base::UsageError(pattern.error().message);
    query += "&profile=" + base::percent_encode(profile);
  }
  if (options.at_least) {
    const auto level = core::parse_at_least(*options.at_least);
    if (!level) throw base::UsageError("--at-least: " + level.error().message);
    query += fmt::format("&at_least={}", core::to_string(*level));
  }
  if (options.free) query += fmt::format("&free={}", *options.free);
  if (options.total_free) query += fmt::format("&total_free={}", *options.total_free);
  const base::Duration hold = duration_of("--for", options.hold, base::Duration{0});
  return query + "&for=" + base::to_string(hold);
}

Wished wished(const Options& options) {
  Wished wished{.profiles = options.profiles,
                .set = options.set,
                .all = options.all,
                .free = options.free,
                .total_free = options.total_free};
  const bool counts = options.free || options.total_free;
  const auto level = options.at_least ? core::parse_at_least(*options.at_least) : base::Result<core::Level>{};
  wished.at_least = options.at_least && level ? core::to_string(*level) : counts ? "LOW" : "MEDIUM";
  wished.hold = options.hold;
  return wished;
}

class Waiting {
 public:
  explicit Waiting(const Options& options)
      : options_(options),
        query_(query_of(options)),
        remote_(*options.access),
        link_(remote_.url(), options.quiet),
        progress_(wished(options), options.quiet) {
    const auto timeout = duration_of("--timeout", options.timeout, base::Duration::max());
    if (timeout != base::Duration::max()) deadline_ = std::chrono::steady_clock::now() + timeout;
  }

  int run() {
    // The first answer comes at once: it reports patterns without a match now, and the end of an outage.
    for (base::Duration poll{0};;) {
      const auto begin = std::chrono::steady_clock::now();
      const bool answered = ask(poll);
      if (satisfied_) return print();
      if (left() == base::Duration{0}) return give_up();
      const bool early = std::chrono::steady_clock::now() - begin < std::min<base::Duration>(poll, kEarly);
      if (answered && !early)
        link_.settled();
      else
        // It is away, or drains and sends its clients elsewhere.
        std::this_thread::sleep_for(std::min(link_.next_pause(), left()));
      poll = answered ? std::min<base::Duration>(kPoll, left()) : base::Duration{0};
    }
  }

 private:
  base::Duration left() const {
    if (!deadline_) return base::Duration::max();
    const auto left = *deadline_ - std::chrono::steady_clock::now();
    return std::max(std::chrono::ceil<base::Duration>(left), base::Duration{0});
  }

  /// False: the present rows are unknown.
  bool ask(base::Duration poll) {
    std::string target = fmt::format("/api/v1/wait?{}&timeout={}", query_, base::to_string(poll));
    if (!held_.empty()) target += "&held=" + base::percent_encode(held_);
    const base::Duration late = deadline_ ? std::min<base::Duration>(kLate, left() - poll + kOvertime) : kLate;
    try {
      const Answer answer = remote_.send({.target = target, .connect = late, .limit = poll + late});
      if (answer.status == 400) throw base::UsageError(detail_of(answer));
      // A proxy had enough of it, or of us.
      if (answer.status >= 500 || answer.status == 408 || answer.status == 429) throw base::Lost(detail_of(answer));
      if (answer.status == 401 || answer.status == 403 ||
          (answer.status == 200 && answer.content_type.starts_with("text/html")))
        throw base::UsageError(remote_.refusal(answer));
      if (answer.status != 200)
        throw std::runtime_error(fmt::format("{} answers {} to /api/v1/wait", remote_.url(), answer.status));
      read(answer.body);
    } catch (const base::Lost& lost) {
      progress_.clear();
      link_.away(lost.what());
      return false;
    }
    progress_.clear();
    link_.back();
    if (!satisfied_ && left() != base::Duration{0}) progress_.tell(list("rows"), flag("more"));
    return true;
  }

  void read(const std::string& body) {
    boost::system::error_code error;
    const json::value value = json::parse(json::string_view(body), error);
    const json::value* satisfied = !error && value.is_object() ? value.get_object().if_contains("satisfied") : nullptr;
    if (satisfied == nullptr || !satisfied->is_bool()) throw base::Lost("it sent an answer that cannot be read");
    answer_ = value.get_object();
    satisfied_ = satisfied->get_bool();
    held_ = text_of(answer_, "held");
    for (const json::value& pattern : list("unmatched"))
      if (pattern.is_string())
        warn(fmt::format("no profile matches {} yet", base::to_line(std::string_view(pattern.get_string()))));
    if (!satisfied_)
      for (const std::string& warning : never(wished(options_), list("rows"), flag("more"))) warn(warning);
    // Once each time that it begins: the condition cannot hold before it ends.
    const bool outage = answer_.contains("outage") && !answer_.at("outage").is_null();
    if (outage && !outage_told_ && !options_.quiet) {
      progress_.clear();
      tell_outage(answer_);
    }
    outage_told_ = outage;
  }

  /// Once for each warning.
  void warn(const std::string& warning) {
    if (options_.quiet || !warned_.insert(warning).second) return;
    progress_.clear();
    std::cerr << fmt::format("vacancy: {}\n", warning);
  }

  json::array list(std::string_view key) const {
    const json::value* value = answer_.if_contains(key);
    return value != nullptr && value->is_array() ? value->get_array() : json::array();
  }

  bool flag(std::string_view key) const {
    const json::value* value = answer_.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
  }

  int print() const {
    if (!options_.form.empty())
      print_first();
    else if (!options_.quiet)
      print_rows(list("rows"), base::parse_rfc3339(text_of(answer_, "now")).value_or(base::Time{}),
                 {.color = wants_color("auto", STDOUT_FILENO)});
    return 0;
  }

  /// The one to take, for a script.
  void print_first() const {
    const json::array rows = list("rows");
    const json::object* row = rows.empty() ? nullptr : rows.front().if_object();
    if (row == nullptr) throw std::runtime_error(fmt::format("{} tells no profile that satisfies", remote_.url()));
    std::cout << (options_.form == "json"      ? to_json(*row)
                  : options_.form == "profile" ? name_of(*row)
                                               : text_of(*row, options_.form))
              << '\n';
  }

  int give_up() {
    progress_.clear();
    const std::string now = now_there(list("rows"), flag("more"));
    if (!options_.quiet)
      std::cerr << fmt::format("vacancy: timed out after {}{}\n", options_.timeout, now.empty() ? "" : "; now " + now);
    return kTimedOut;
  }

  const Options& options_;
  std::string query_;
  Remote remote_;
  PortalLink link_;
  WaitProgress progress_;
  std::optional<base::SteadyTime> deadline_;
  /// The portal's latest answer.
  json::object answer_;
  std::string held_;
  bool satisfied_ = false;
  std::set<std::string> warned_;
  bool outage_told_ = false;
};

}  // namespace

Command add_wait(CLI::App& program) {
  CLI::App* command = program.add_subcommand("wait",
                                             "Wait until hardware is available, print its profiles, and exit "
                                             "with 0: vacancy wait 'Azure/*' && sbatch job.sh");
  const auto options = std::make_shared<Options>();
  CLI::Option* profiles = command->add_option("PROVIDER/NAME", options->profiles,
                                              "What to wait for; * and ? stand for any text and any character");
  command
      ->add_option("--set", options->set,
                   "One profile of this set of the configuration, the most preferred of those that satisfy")
      ->type_name("NAME")
      ->excludes(profiles);
  CLI::Option* any = command->add_flag("--any", options->any, "One profile that matches suffices (the default)");
  CLI::Option* all =
      command->add_flag("--all", options->all, "Every profile that matches, and at least one for each PROVIDER/NAME")
          ->excludes(any);
  command
      ->add_option("--at-least", options->at_least,
                   "LOW, MEDIUM or HIGH (default MEDIUM; LOW with --free and --total-free)")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"LOW", "MEDIUM", "HIGH"}, CLI::ignore_case));
  const CLI::Range units(std::uint32_t{0}, core::kMostFree);
  command
      ->add_option(
          "--free", options->free,
          "One request for so many units fits: by the largest piece if the source reports it, else by the free units")
      ->check(units)
      ->type_name("N");
  command->add_option("--total-free", options->total_free, "So many units are free in all, in however many pieces")
      ->check(units)
      ->type_name("N");
  command
      ->add_option("--for", options->hold, "It stays so for that long: one and the same profile, without interruption")
      ->type_name("TIME");
  command
      ->add_option("--timeout", options->timeout,
                   "Give up after that long, and exit with 124; 0 looks once (default never)")
      ->type_name("TIME");
  command
      ->add_option("--print", options->form,
                   "Print only this of the profile to take: name, provider, profile (PROVIDER/NAME) or json, as in "
                   "sbatch -p $(vacancy wait --set cfd-large --print name)")
      ->type_name("FORM")
      ->check(CLI::IsMember({"name", "provider", "profile", "json"}))
      ->excludes(all);
  command->add_flag("--quiet", options->quiet, "Print nothing but mistakes, and what --print asks for");
  options->access = add_access(*command);
  command->footer("Durations are 30s, 5m, 6h. Only FRESH rows count. A portal that is away is waited for.");
  return [options] { return Waiting(*options).run(); };
}

}  // namespace app
