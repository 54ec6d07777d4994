#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace probe {

/// What a probe must not repeat: the secrets it sends, which its source may answer with. Whatever leaves a probe goes
/// through blotted(). Reading is thread-safe.
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

  /// `text` with … for each secret in it and for 16 bytes or more of one: as it is, in JSON, percent, HTML and other
  /// escapes, those within others, in base64 and in hexadecimal digits, in either case, with blanks between. What a
  /// secret has in common with an end of `text`, which may be cut there, goes too.
  std::string blotted(std::string_view text) const;

 private:
  struct Layer;
  /// Looks up views.
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  void add_form(std::string_view form, std::size_t shortest);
  void mark(const Layer& layer, std::vector<bool>& hidden) const;

  /// Without blanks, in lower case.
  std::vector<std::string> forms_;
  /// Each run of 16 bytes in the longer ones.
  std::unordered_set<std::string, Hash, std::equal_to<>> pieces_;
  bool signatures_ = false;
};

/// RFC 4648, section 4, with '=' at the end.
std::string base64(std::string_view bytes);

}  // namespace probe
