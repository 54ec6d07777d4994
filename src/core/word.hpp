#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace core {

/// A text of which many rows have the same, such as the name of their probe. Each text is kept once, until the process
/// ends: for words of the configuration, not for what changes from reading to reading. Thread-safe as an int is.
class Word {
 public:
  Word() : Word(std::string_view()) {}
  Word(std::string_view text);
  Word(const std::string& text) : Word(std::string_view(text)) {}
  Word(const char* text) : Word(std::string_view(text)) {}

  const std::string& text() const { return *text_; }
  operator const std::string&() const { return *text_; }
  operator std::string_view() const { return *text_; }
  bool empty() const { return text_->empty(); }

  /// A template, so that other texts become no words for it.
  template <std::same_as<Word> Other>
  friend bool operator==(const Word& a, const Other& b) {
    return a.text_ == b.text_;
  }
  friend bool operator==(const Word& a, std::string_view b) { return *a.text_ == b; }

 private:
  const std::string* text_;
};

}  // namespace core
