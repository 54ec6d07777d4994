#include "portal/atom.hpp"

#include <fmt/format.h>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "base/text.hpp"
#include "portal/picture.hpp"

namespace portal {
namespace {

/// A URN of a UUID that is made of `identity` (RFC 9562, section 5.5): the same on every server.
std::string id_of(const std::string& identity) {
  static const boost::uuids::uuid kVacancy = boost::uuids::string_generator()("6d0f6c1b-5a4f-4c1e-9a55-0c2f4f1d7b3e");
  return "urn:uuid:" + boost::uuids::to_string(boost::uuids::name_generator_sha1(kVacancy)(identity));
}

std::string text_of(std::string_view text) {
  return escaped(base::to_utf8(text));
}

void append_entry(std::string& out, const AtomEntry& entry) {
  fmt::format_to(std::back_inserter(out),
                 "<entry>\n<id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n"
                 "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n<summary>{}</summary>\n</entry>\n",
                 id_of(entry.identity), text_of(entry.title), base::to_rfc3339(entry.updated), text_of(entry.url),
                 text_of(entry.summary));
}

}  // namespace

std::string to_atom(const AtomFeed& feed) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n"
      "<id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n<author><name>Vacancy</name></author>\n"
      "<link rel=\"self\" type=\"{}\" href=\"{}\"/>\n<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n",
      id_of(feed.identity), text_of(feed.title), base::to_rfc3339(feed.updated()), kAtomType, text_of(feed.self),
      text_of(feed.alternate));
  for (const AtomEntry& entry : feed.entries) append_entry(out, entry);
  return out += "</feed>\n";
}

}  // namespace portal
