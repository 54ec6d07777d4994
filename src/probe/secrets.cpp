#include "probe/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <functional>
#include <span>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "probe/decodings.hpp"

namespace probe {
namespace {

constexpr std::string_view kHidden = "…";
constexpr std::string_view kNotShown = "(not shown: a secret of this probe is in it, in another form)";
constexpr std::size_t kShortestSecret = 4;
/// The shortest part of a secret that is hidden where a text is cut off.
constexpr std::size_t kShortestPart = 6;
constexpr std::size_t kPiece = sizeof(std::uint64_t);
/// A shorter secret is looked for as a whole.
constexpr std::size_t kLongSecret = 16;
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kSignature = 64;
/// Such as base64 of a JSON text in a JSON text, percent-encoded.
constexpr int kDeepest = 7;
/// A text that would take longer is not shown.
constexpr std::size_t kMostBytes = 2 << 20;

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

/// How letters beyond ASCII are reduced: kept, dropped, or without their accent.
enum class Letters : std::uint8_t { all, none, plain };
constexpr Letters kLetters[] = {Letters::all, Letters::none, Letters::plain};

/// From U+00C0 on.
constexpr std::string_view kPlain = "aaaaaa ceeeeiiii nooooo ouuuuy  aaaaaa ceeeeiiii nooooo ouuuuy y";

/// Letters and digits alone, in lower case.
std::string squeezed(std::string_view text, Letters letters) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_ascii(c) ? std::isalnum(static_cast<unsigned char>(c)) != 0 : letters == Letters::all) {
      out += base::lower(c);
    } else if (c == '\xC3' && letters == Letters::plain && i + 1 < text.size()) {
      const char plain = kPlain[static_cast<unsigned char>(text[i + 1]) & 0x3FU];
      if (plain != ' ') out += plain;
    }
  }
  return out;
}

std::uint64_t piece_of(const char* text) {
  std::uint64_t piece = 0;
  std::memcpy(&piece, text, kPiece);
  return piece;
}

/// The runs of visible characters in bytes that may be no text.
std::string readable(std::string_view text) {
  std::string out;
  const auto is_seen = [](char c) { return c >= ' ' && c <= '~'; };
  while (!text.empty()) {
    text.remove_prefix(static_cast<std::size_t>(std::ranges::find_if(text, is_seen) - text.begin()));
    const auto run = text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, is_seen) - text.begin()));
    text.remove_prefix(run.size());
    if (run.size() >= kShortestPart) out.append(run).append("\n");
  }
  return out;
}

/// Hides every `secret` in `text`, of which `small` is the same in lower case.
void hide(std::string& text, std::string& small, std::string_view secret) {
  for (auto at = small.find(secret); at != std::string::npos; at = small.find(secret, at + kHidden.size())) {
    text.replace(at, secret.size(), kHidden);
    small.replace(at, secret.size(), kHidden);
  }
}

void hide_signatures(std::string& text) {
  for (std::size_t i = 0, run = 0; i <= text.size(); ++i) {
    if (i < text.size() && std::isxdigit(static_cast<unsigned char>(text[i])) != 0) {
      ++run;
      continue;
    }
    if (run >= kSignature) {
      text.replace(i - run, run, kHidden);
      i = i - run + kHidden.size() - 1;
    }
    run = 0;
  }
}

}  // namespace

void Secrets::add_form(std::string form, bool pieces) {
  if (form.size() < kShortestPart || std::ranges::find(forms_, form) != forms_.end()) return;
  for (std::size_t i = 0; pieces && i + kPiece <= form.size(); ++i) pieces_.insert(piece_of(form.data() + i));
  forms_.push_back(std::move(form));
}

void Secrets::add_plain(std::string_view secret) {
  plain_.push_back(base::lower(secret));
  // The longest first: a short one may be a part of it.
  std::ranges::sort(plain_, std::ranges::greater(), &std::string::size);
}

void Secrets::add(std::string_view secret) {
  secret = base::trim(secret);
  if (secret.size() < kShortestSecret) return;
  add_plain(secret);
  for (const Letters letters : kLetters) add_form(squeezed(secret, letters), secret.size() >= kLongSecret);
}

void Secrets::add_login(std::string_view user, std::string_view password) {
  add(password);
  if (password.size() >= kShortestSecret) add(base64(std::string(user).append(":").append(password)));
}

void Secrets::add_header(std::string_view value) {
  constexpr std::string_view kSeparators = " \t,;=\"";
  std::vector<std::string_view> words;
  for (std::string_view rest = value; !rest.empty();) {
    const auto end = std::min(rest.find_first_of(kSeparators), rest.size());
    if (end > 0) words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  // Parts of the whole may be the name of its scheme.
  if (words.size() > 1) add_plain(base::trim(value));
  for (std::size_t i = words.size() > 1 ? 1 : 0; i < words.size(); ++i)
    if (words[i].size() >= kShortestPart) add(words[i]);
  if (words.size() < 2) return add(value);
  if (!base::equals_ignoring_case(words[0], "Basic")) return;
  const std::string login = from_base64(words[1]).value_or("");
  if (const auto colon = login.find(':'); colon != std::string::npos)
    add_login(login.substr(0, colon), login.substr(colon + 1));
}

bool Secrets::is_in_form(std::string_view text, Ends ends) const {
  for (const std::string_view form : forms_) {
    if (text.contains(form)) return true;
    for (std::size_t part = std::min(form.size(), text.size()); part >= kShortestPart; --part)
      if ((ends.first && text.starts_with(form.substr(form.size() - part))) ||
          (ends.last && text.ends_with(form.substr(0, part))))
        return true;
  }
  for (std::size_t i = 0; !pieces_.empty() && i + kPiece <= text.size(); ++i)
    if (pieces_.contains(piece_of(text.data() + i))) return true;
  return false;
}

bool Secrets::is_in(std::string_view text, Ends ends) const {
  const std::string small = base::lower(text);
  const auto shown = [&](const std::string& secret) { return small.contains(secret); };
  if (std::ranges::any_of(plain_, shown)) return true;
  if (std::string signs(text); signatures_ && (hide_signatures(signs), signs != text)) return true;
  const bool ascii = std::ranges::all_of(text, is_ascii);
  return std::ranges::any_of(std::span(kLetters).first(ascii ? 1 : std::size(kLetters)),
                             [&](Letters letters) { return is_in_form(squeezed(text, letters), ends); });
}

/// Looks for secrets in a text, and in all texts that it may encode.
class Secrets::Search {
 public:
  Search(const Secrets& secrets, std::size_t& left, Ends ends = {}) : secrets_(secrets), left_(left), ends_(ends) {}

  bool finds(std::string_view text, int depth = 0) {
    if (!seen_.insert(std::hash<std::string_view>()(text)).second) return false;
    if (text.size() > left_ || secrets_.is_in(text, ends_)) return true;
    left_ -= text.size();
    if (depth == kDeepest) return false;
    return std::ranges::any_of(decodings(text), [&](const std::string& next) {
      return secrets_.is_in(next, ends_) || finds(base::is_utf8(next) ? next : readable(next), depth + 1);
    });
  }

 private:
  const Secrets& secrets_;
  /// Bytes that may still be looked at, of all searches in one text.
  std::size_t& left_;
  Ends ends_;
  std::unordered_set<std::size_t> seen_;
};

std::string Secrets::blotted(std::string_view text) const {
  std::string out(text);
  if (plain_.empty() && !signatures_) return out;
  std::string small = base::lower(out);
  for (const std::string& secret : plain_) hide(out, small, secret);
  if (signatures_) hide_signatures(out);
  std::size_t left = kMostBytes;
  if (!Search(*this, left).finds(out)) return out;
  std::string words;
  for (std::string_view rest = out; !rest.empty();) {
    const auto blanks = rest.substr(0, rest.find_first_not_of(kBlanks));
    const auto word = rest.substr(blanks.size(), rest.find_first_of(kBlanks, blanks.size()) - blanks.size());
    const Ends ends{.first = words.empty(), .last = blanks.size() + word.size() == rest.size()};
    words += blanks;
    words += Search(*this, left, ends).finds(word) ? kHidden : word;
    rest.remove_prefix(blanks.size() + word.size());
  }
  return Search(*this, left).finds(words) ? std::string(kNotShown) : words;
}

std::string base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U; };
    const unsigned bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (const int shift : {18, 12, 6, 0}) out += kDigits[bits >> shift & 63];
    if (i + 2 >= bytes.size())
      out.replace(out.size() - (i + 3 - bytes.size()), std::string::npos, i + 3 - bytes.size(), '=');
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  bool ends = false;
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    const auto digit = kDigits.find(c);
    if (c == '=') {
      ends = true;
      continue;
    }
    if (ends || digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6U | static_cast<unsigned>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
  }
  // One digit more makes no byte: some are missing.
  if (count == 6) return std::nullopt;
  return out;
}

}  // namespace probe
