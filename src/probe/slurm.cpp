#include <algorithm>

#include "base/offload.hpp"
#include "base/text.hpp"
#include "probe/kinds.hpp"
#include "probe/program.hpp"
#include "probe/slurm_count.hpp"
#include "probe/slurm_source.hpp"
#include "probe/transfers.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxTraceBytes = 16 << 10;

class SlurmProbe final : public Probe {
 public:
  SlurmProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config),
        source_(config.slurm.url.empty() ? slurm_commands(config, std::move(executor))
                                         : slurm_rest(config, std::move(executor))) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    const auto heard = co_await source_->ask(call);
    if (!heard) co_return failed(profiles.size(), heard.error());
    // A large cluster takes a good part of a second to read.
    auto read = [&] { return answer(*heard, profiles); };
    co_return co_await readers_.run(read);
  }

 private:
  Answer answer(const Heard& heard, std::span<const core::Profile> profiles) const {
    const auto blotted = [&](std::string_view text) { return heard.secrets.blotted(text); };
    const auto seen = source_->read(heard);
    if (!seen) return same_for_all(profiles.size(), std::unexpected(blotted(seen.error())));
    Answer answer;
    for (const core::Profile& profile : profiles) {
      Result result = judged(*seen, profile.key.name);
      std::string& text = result ? result->reason : result.error();
      text = blotted(text);
      answer.results.push_back(std::move(result));
    }
    if (config_.discovers()) {
      answer.discovered = discovered(seen->cluster, profiles);
      std::erase_if(*answer.discovered, [&](const core::ProfileKey& key) { return blotted(key.name) != key.name; });
    }
    return answer;
  }

  Result judged(const Seen& seen, const std::string& name) const {
    auto observed = observe(seen.cluster, seen.queue.pending, name, config_.slurm);
    if (!observed) return std::unexpected(std::move(observed.error()));
    // Where no node takes jobs, no job that ends makes any free.
    if (config_.slurm.expected_start && observed->free == 0 && !observed->said)
      if (const auto counted = find_counted(seen.cluster, name, config_.slurm))
        observed->reason += expected_text(*counted, seen.queue.turns, base::system_clock().wall_now());
    return judge(std::move(*observed), config_.levels);
  }

  std::vector<core::ProfileKey> discovered(const Cluster& cluster, std::span<const core::Profile> known) const {
    std::vector<core::ProfileKey> keys;
    for (const std::string& name : discovered_names(cluster, config_.slurm, known))
      if (base::glob_match(config_.match.name, name))
        if (auto key = core::checked_key(config_.match.provider, name)) keys.push_back(std::move(*key));
    return keys;
  }

  const config::ProbeConfig config_;
  const std::unique_ptr<SlurmSource> source_;
  base::OffloadPool readers_{"slurm", 1, base::OffloadPool::Priority::low};
};

}  // namespace

void note(Trace* trace, std::string_view sent, std::string_view received) {
  if (trace == nullptr) return;
  if (!trace->sent.empty()) trace->sent += '\n';
  trace->sent += sent;
  trace->received += received.substr(0, kMaxTraceBytes - std::min(kMaxTraceBytes, trace->received.size()));
}

/// One run answers for all.
Kind kind_of(const config::SlurmOptions& options) {
  if (!options.url.empty()) return {make<SlurmProbe>, 1, kTransfersDescriptors, kTransferDescriptors};
  return {make<SlurmProbe>, 1, kStartDescriptors, kProgramDescriptors};
}

}  // namespace probe
