#include "core/word.hpp"

#include <functional>
#include <mutex>
#include <set>

namespace core {

Word::Word(std::string_view text) {
  // Never destroyed: words outlive other static objects.
  static const auto& kEmpty = *new std::string;
  if (text.empty()) {
    text_ = &kEmpty;
    return;
  }
  static auto& words = *new std::set<std::string, std::less<>>;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  auto place = words.find(text);
  if (place == words.end()) place = words.emplace(text).first;
  text_ = &*place;
}

}  // namespace core
