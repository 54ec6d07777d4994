#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace probe {

/// The secrets that a probe sends, and that its source may send back. All text from a probe goes through blotted().
/// Reading is thread-safe.
class Secrets {
 public:
  /// Secrets of fewer than four bytes are left alone: to blot them would garble every text.
  void add(std::string_view secret);
  /// A user's password, also as basic authentication has it.
  void add_login(std::string_view user, std::string_view password);
  /// The value of a header whose value nobody should see, and each word of it but the name of its scheme: "token" and
  /// the value in "Authorization: token VALUE". Basic authentication has a password in it.
  void add_header(std::string_view value);
  /// Signatures, which are made when a request is sent: 64 hexadecimal digits in a row.
  void add_signatures() { signatures_ = true; }

  /// `text` with … for each secret that stands there as it is, in either case, and for each word with a secret in any
  /// other form: with signs between, in escapes, base64 or hexadecimal digits, and these within others. The same for
  /// eight letters and digits in a row of a secret of sixteen bytes or more, and for six at an end of `text`, which may
  /// be cut there. A sentence instead of all of `text` where a secret is still in it, such as one with blanks between.
  std::string blotted(std::string_view text) const;

 private:
  class Search;
  void add_plain(std::string_view secret);
  /// Looks for it without its signs. `pieces`: in parts, too.
  void add_form(std::string form, bool pieces);
  /// Where a text may be cut off.
  struct Ends {
    bool first = true;
    bool last = true;
  };
  bool is_in(std::string_view text, Ends ends) const;
  bool is_in_form(std::string_view text, Ends ends) const;

  /// As they are, in lower case.
  std::vector<std::string> plain_;
  /// Of letters and digits alone, in lower case.
  std::vector<std::string> forms_;
  /// Each eight bytes in a row of the longer ones.
  std::unordered_set<std::uint64_t> pieces_;
  bool signatures_ = false;
};

/// RFC 4648, section 4, with '=' at the end.
std::string base64(std::string_view bytes);
/// The bytes in `text`, which may have line ends, and no '=' at the end. Nothing when it is no base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace probe
