#include "probe/cloud_place.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace probe {
namespace {

std::string label_of(const core::Profile& profile, const char* key) {
  const auto found = profile.labels.find(key);
  return found != profile.labels.end() ? std::string(base::trim(found->second)) : std::string();
}

std::string plain(std::string_view place) {
  std::string text = base::lower(place);
  std::erase(text, ' ');
  return text;
}

}  // namespace

CloudPlace place_of(const core::Profile& profile) {
  const std::string& name = profile.key.name;
  const auto at = std::min(name.rfind('@'), name.size());
  CloudPlace place{.type = label_of(profile, "instance_type"),
                   .region = plain(label_of(profile, "region")),
                   .zone = plain(label_of(profile, "zone"))};
  if (place.type.empty()) place.type = name.substr(0, at);
  if (place.region.empty()) place.region = plain(std::string_view(name).substr(std::min(at + 1, name.size())));
  return place;
}

}  // namespace probe
