#pragma once

#include <boost/json/fwd.hpp>
#include <expected>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "config/path.hpp"
#include "core/profile.hpp"
#include "probe/judge.hpp"
#include "probe/probe.hpp"
#include "probe/secrets.hpp"

/// Answers of sources in JSON, for all kinds of probes. Pure; thread-safe.
namespace probe {

/// The source of an answer.
struct Source {
  /// Where its values stand, and what they mean.
  config::Rules rules{};
  /// Secrets that must not be repeated.
  Secrets secrets{};
  /// When it answered, on this machine's clock.
  base::Time now = base::system_clock().wall_now();
  /// How sentences about it begin: about all of it, and about a place in it.
  std::string_view whole = "the answer ";
  std::string_view place = "in the answer, ";
  /// Behind `whole`, where it is a list instead of one object.
  std::string_view a_list = "is a list; set 'batch: true', or pointers such as /0/free";
  /// The answer is of a format without types: a text may be a number, and one element a list.
  bool untyped = false;
  /// What placeholders in paths stand for; may be null.
  const core::Profile* profile = nullptr;
  /// Gets a line about each rule that was used, for people; may be null.
  std::string* notes = nullptr;

  /// Adds what `line` returns, if somebody reads it.
  void note(const auto& line) const {
    if (notes != nullptr) notes->append(line()) += '\n';
  }
};

/// Reads a source's JSON about one profile, and judges it. Fails with a sentence.
Result read_json(std::string_view text, const Source& source, const config::Levels& levels);

/// Reads the part of an answer that is about the source's profile, and judges it. Fails with a sentence.
Result read_part(const boost::json::value& answer, const Source& source, const config::Levels& levels);

/// The path of the configuration `text`, with the values of the source's profile.
config::Path path_in(const Source& source, std::string_view text);

/// Reads {"level": …, "free": …, "reason": …}, all of core::kNumbers, and when that was measured, each of them optional
/// and at the place that the source's pointers give. Fails with a sentence that names place and value when one has
/// another type or makes no sense, or when none is there.
std::expected<Unjudged, std::string> read_object(const boost::json::value& value, const Source& source);

/// Reads a source's list of objects, each with "provider" and "name" beside its values, and judges it for each of
/// `profiles`. One that the list does not name, or names twice, has failed.
Answer read_json_list(std::string_view text, const Source& source, std::span<const core::Profile> profiles,
                      const config::Levels& levels);
Answer read_list(const boost::json::value& value, const Source& source, std::span<const core::Profile> profiles,
                 const config::Levels& levels);

/// What a batch is asked: [{"provider": …, "name": …, "attributes": {…}}, …].
std::string to_json(std::span<const core::Profile> profiles);

}  // namespace probe
