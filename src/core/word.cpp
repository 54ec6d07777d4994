#include "core/word.hpp"

#include <functional>
#include <mutex>
#include <set>

namespace core {

Word::Word(std::string_view text) {
  static const std::string kEmpty;
  if (text.empty()) {
    text_ = &kEmpty;
    return;
  }
  // Never destroyed: words outlive other static objects.
  static auto& words = *new std::set<std::string, std::less<>>;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  auto place = words.find(text);
  if (place == words.end()) place = words.emplace(text).first;
  text_ = &*place;
}

}  // namespace core
