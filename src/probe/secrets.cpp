#include "probe/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

constexpr std::string_view kHidden = "…";
constexpr std::size_t kShortestSecret = 4;
/// Of a secret in another form, and of what is left of one that is cut off.
constexpr std::size_t kShortestPart = 6;
constexpr std::size_t kPiece = 16;
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kSignature = 64;
/// A JSON text in a JSON text, percent-encoded.
constexpr int kDeepest = 4;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_hex(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

// --- Escapes: each reader gives what `text` begins with, and how long that is

struct Escape {
  char32_t character = 0;
  std::size_t length = 0;
};

/// The number that the first `digits` bytes of `text` are.
std::optional<char32_t> number(std::string_view text, std::size_t digits, int base) {
  unsigned value = 0;
  text = text.substr(0, digits);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (digits == 0 || text.size() < digits || error != std::errc() || end != text.data() + digits || value > 0x10FFFF)
    return std::nullopt;
  return value;
}

/// After "\u" or "%u": four digits, or two times four for a character beyond 16 bits.
Escape utf16(std::string_view text) {
  const auto first = number(text.substr(2), 4, 16);
  if (!first) return {};
  const bool high = *first >= 0xD800 && *first < 0xDC00;
  if (const auto second = high && text.size() > 8 ? number(text.substr(8), 4, 16) : std::nullopt)
    return {0x10000 + ((*first & 0x3FFU) << 10U) + (*second & 0x3FFU), 12};
  return {*first, 6};
}

/// \/ \n \u002f \u{2f} \x2f
Escape backslash(std::string_view text) {
  if (text.size() < 2) return {};
  const char kind = text[1];
  if (text.substr(1).starts_with("u{")) {
    const std::size_t digits = std::min(text.find('}'), text.size()) - 3;
    const auto code = number(text.substr(3), digits, 16);
    return code ? Escape{*code, digits + 4} : Escape{};
  }
  if (kind == 'u' || kind == 'U') return utf16(text);
  if (const auto code = kind == 'x' ? number(text.substr(2), 2, 16) : std::nullopt) return {*code, 4};
  if (std::string_view("nrtbfv").contains(kind)) return {' ', 2};
  return std::ispunct(static_cast<unsigned char>(kind)) != 0 ? Escape{static_cast<char32_t>(kind), 2} : Escape{};
}

/// %2f %u002f
Escape percent(std::string_view text) {
  if (const auto code = number(text.substr(1), 2, 16)) return {*code, 3};
  return text.size() > 1 && lower(text[1]) == 'u' ? utf16(text) : Escape{};
}

/// &#47; &#x2f; &sol;
Escape entity(std::string_view text) {
  constexpr std::pair<std::string_view, char> kNames[] = {
      {"amp", '&'},    {"lt", '<'},     {"gt", '>'},     {"quot", '"'},   {"apos", '\''},  {"sol", '/'},
      {"bsol", '\\'},  {"plus", '+'},   {"equals", '='}, {"colon", ':'},  {"semi", ';'},   {"lowbar", '_'},
      {"period", '.'}, {"comma", ','},  {"excl", '!'},   {"num", '#'},    {"dollar", '$'}, {"percnt", '%'},
      {"ast", '*'},    {"commat", '@'}, {"quest", '?'},  {"hyphen", '-'}, {"dash", '-'},   {"nbsp", ' '}};
  const std::string_view name = text.substr(1, text.substr(0, 12).find(';') - 1);
  if (!name.starts_with('#')) {
    for (const auto& [known, character] : kNames)
      if (base::equals_ignoring_case(name, known)) return {static_cast<char32_t>(character), name.size() + 2};
    return {};
  }
  const bool hex = name.size() > 1 && lower(name[1]) == 'x';
  const std::string_view rest = text.substr(hex ? 3 : 2);
  std::size_t digits = 0;
  while (digits < std::min<std::size_t>(rest.size(), 7) && is_hex(rest[digits]) && (hex || rest[digits] <= '9'))
    ++digits;
  const auto code = number(rest, digits, hex ? 16 : 10);
  if (!code) return {};
  const std::size_t length = (hex ? 3 : 2) + digits;
  return {*code, length + (rest.substr(digits).starts_with(';') ? 1 : 0)};
}

Escape escape_at(std::string_view text) {
  switch (text.front()) {
    case '\\':
      return backslash(text);
    case '%':
      return percent(text);
    case '&':
      return entity(text);
    default:
      return {};
  }
}

// --- Forms of a secret

std::string from_base64(std::string_view digits) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : digits) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6U | static_cast<unsigned>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
  }
  return out;
}

std::string url_safe(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

/// The digits of `secret` in base64 wherever it stands within what is encoded: `before` bytes come first, and what
/// depends on them or on what comes after is left out.
std::string base64_within(std::string_view secret, std::size_t before) {
  const std::string all = base64(std::string(before, '\0').append(secret));
  const std::size_t from = (before * 8 + 5) / 6;
  return all.substr(from, (before + secret.size()) * 8 / 6 - from);
}

}  // namespace

/// A text, of which each byte knows where it stands in the original. Without blanks and what cannot be seen.
struct Secrets::Layer {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> places;

  void add(std::string_view bytes, std::size_t begin, std::size_t end) {
    for (const char c : bytes) {
      if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) continue;
      text += lower(c);
      places.emplace_back(begin, end);
    }
  }

  static Layer of(std::string_view original) {
    Layer layer;
    for (std::size_t i = 0; i < original.size();) {
      const std::size_t skipped = invisible_bytes(original.substr(i, 4));
      if (skipped == 0) layer.add(original.substr(i, 1), i, i + 1);
      i += std::max<std::size_t>(skipped, 1);
    }
    return layer;
  }

  /// With every escape replaced by what it stands for.
  Layer decoded() const {
    Layer out;
    for (std::size_t i = 0; i < text.size();) {
      const auto [character, length] = escape_at(std::string_view(text).substr(i));
      std::string bytes(1, text[i]);
      if (length > 0) bytes.clear();
      // Percent-encoding and \x write bytes.
      const bool byte = text[i] == '%' || (text[i] == '\\' && text.substr(i + 1, 1) == "x");
      if (length > 0 && byte && character < 0x100)
        bytes = static_cast<char>(character);
      else if (length > 0)
        base::append_utf8(bytes, character);
      const std::size_t last = i + std::max<std::size_t>(length, 1) - 1;
      if (invisible_bytes(bytes) == 0) out.add(bytes, places[i].first, places[last].second);
      i = last + 1;
    }
    return out;
  }
};

void Secrets::add_form(std::string_view form, std::size_t shortest) {
  std::string text = Layer::of(form).text;
  if (text.size() < shortest || std::ranges::find(forms_, text) != forms_.end()) return;
  for (std::size_t i = 0; i + kPiece <= text.size(); ++i) pieces_.insert(text.substr(i, kPiece));
  forms_.push_back(std::move(text));
}

void Secrets::add(std::string_view secret) {
  secret = base::trim(secret);
  if (secret.size() < kShortestSecret) return;
  add_form(secret, kShortestSecret);
  std::string form_encoded(secret);
  std::ranges::replace(form_encoded, ' ', '+');
  add_form(form_encoded, kShortestSecret);
  std::string hex;
  for (const char c : secret) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  std::vector<std::string> forms = {hex, base64(secret)};
  for (const std::size_t before : {0U, 1U, 2U}) forms.push_back(base64_within(secret, before));
  for (std::string& form : forms) {
    add_form(form, kShortestPart);
    add_form(url_safe(std::move(form)), kShortestPart);
  }
}

void Secrets::add_login(std::string_view user, std::string_view password) {
  add(password);
  if (password.size() >= kShortestSecret) add(fmt::format("{}:{}", user, password));
}

void Secrets::add_header(std::string_view value) {
  add(value);
  constexpr std::string_view kSeparators = " \t,;=\"";
  std::vector<std::string_view> words;
  for (std::string_view rest = value; !rest.empty();) {
    const auto end = std::min(rest.find_first_of(kSeparators), rest.size());
    if (end > 0) words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (std::size_t i = words.size() > 1 ? 1 : 0; i < words.size(); ++i)
    if (words[i].size() >= kShortestPart) add(words[i]);
  if (words.size() < 2 || !base::equals_ignoring_case(words[0], "Basic")) return;
  const std::string login = from_base64(words[1]);
  if (const auto colon = login.find(':'); colon != std::string::npos)
    add_login(login.substr(0, colon), login.substr(colon + 1));
}

void Secrets::mark(const Layer& layer, std::vector<bool>& hidden) const {
  const std::string_view text = layer.text;
  const auto hide = [&](std::size_t at, std::size_t count) {
    if (count == 0) return;
    for (std::size_t i = layer.places[at].first; i < layer.places[at + count - 1].second; ++i) hidden[i] = true;
  };
  for (const std::string_view form : forms_) {
    for (auto at = text.find(form); at != std::string_view::npos; at = text.find(form, at + 1)) hide(at, form.size());
    for (std::size_t part = std::min(form.size(), text.size()); part >= kShortestPart; --part) {
      if (text.starts_with(form.substr(form.size() - part))) hide(0, part);
      if (text.ends_with(form.substr(0, part))) hide(text.size() - part, part);
    }
  }
  for (std::size_t i = 0; !pieces_.empty() && i + kPiece <= text.size(); ++i)
    if (pieces_.contains(text.substr(i, kPiece))) hide(i, kPiece);
  for (std::size_t i = 0, run = 0; signatures_ && i < text.size(); ++i) {
    run = is_hex(text[i]) ? run + 1 : 0;
    if (run >= kSignature) hide(i + 1 - run, run);
  }
}

std::string Secrets::blotted(std::string_view text) const {
  if (forms_.empty() && !signatures_) return std::string(text);
  std::vector<bool> hidden(text.size());
  Layer layer = Layer::of(text);
  for (int depth = 0; depth < kDeepest; ++depth) {
    mark(layer, hidden);
    Layer next = layer.decoded();
    if (next.text == layer.text) break;
    layer = std::move(next);
  }
  // Whole characters.
  const auto inner = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80; };
  for (std::size_t i = 1; i < text.size(); ++i)
    if (inner(i) && hidden[i - 1]) hidden[i] = true;
  for (std::size_t i = text.size(); i-- > 1;)
    if (inner(i) && hidden[i]) hidden[i - 1] = true;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!hidden[i]) out += text[i];
    if (hidden[i] && (i == 0 || !hidden[i - 1])) out += kHidden;
  }
  return out;
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

}  // namespace probe
