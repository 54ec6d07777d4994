// Secrets that sources send back.
#include "probe/secrets.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "probe/url.hpp"

namespace probe {
namespace {

constexpr std::string_view kToken = "eyJhbGci/OiJI+UzI1\"NiIs<In=";

std::string blotted(std::string_view text, std::string_view secret = kToken) {
  Secrets secrets;
  secrets.add(secret);
  return secrets.blotted(text);
}

constexpr std::string_view kNotShown = "(not shown: a secret of this probe is in it, in another form)";

/// Also within other text.
bool is_hidden(const std::string& text, std::string_view secret = kToken) {
  const std::string alone = blotted(text, secret);
  constexpr std::size_t kLittle = 16;
  return (alone.size() <= kLittle || alone == kNotShown) && alone != text &&
         blotted("it says: " + text + " or so", secret) != "it says: " + text + " or so";
}

TEST(Secrets, AreFoundInEveryEscape) {
  for (const char* text : {R"(eyJhbGci/OiJI+UzI1"NiIs<In=)",                           // as it is
                           R"(eyJhbGci\/OiJI+UzI1\"NiIs<In=)",                         // JSON
                           R"(eyJhbGci\u002fOiJI\u002BUzI1\u0022NiIs\u003cIn\u003D)",  // JSON
                           R"(\u0065yJhbGci/OiJI+UzI1\"NiIs<In\u003d)",                // its ends
                           R"(eyJhbGci\\\/OiJI+UzI1\\\"NiIs<In=)",                     // JSON in JSON
                           R"(eyJhbGci\x2fOiJI\x2bUzI1\x22NiIs\x3cIn\x3d)",            // C
                           R"(eyJhbGci\u{2f}OiJI\u{2B}UzI1"NiIs<In=)",                 // JavaScript
                           "eyJhbGci%2FOiJI%2BUzI1%22NiIs%3CIn%3D",                    // a URL
                           "eyJhbGci%2fOiJI%2bUzI1%22NiIs%3cIn%3d",                    // in lower case
                           "%65%79%4A%68%62%47%63%69%2F%4F%69%4A%49%2B%55%7A%49%31%22%4E%69%49%73%3C%49%6E%3D",
                           "eyJhbGci%252FOiJI%252BUzI1%2522NiIs%253CIn%253D",       // twice
                           "eyJhbGci%u002FOiJI%u002bUzI1\"NiIs<In=",                // of old
                           "eyJhbGci&#47;OiJI&#43;UzI1&#34;NiIs&lt;In&#61;",        // HTML
                           "eyJhbGci&#x2F;OiJI&#x2b;UzI1&quot;NiIs&LT;In&equals;",  // HTML
                           "eyJhbGci&sol;OiJI&plus;UzI1&amp;quot;NiIs&lt;In=",      // HTML in HTML
                           "EYJHBGCI/OIJI+UZI1\"NIIS<IN=",                          // in upper case
                           "eyJhbGci/OiJI\n  +UzI1\"Ni\tIs<In=",                    // in lines
                           R"(eyJhbGci\/OiJI\n+UzI1\"NiIs\r\n<In=)",                // in lines of JSON
                           "eyJhb\xE2\x80\x8BGci/OiJI+Uz\xC2\xADI1\"NiIs<In=",      // with what nobody sees
                           "ZXlKaGJHY2kvT2lKSStVekkxIk5pSXM8SW49",                  // base64
                           "65794a686247636"
                           "92f4f694a492b557a49312"
                           "24e6949733c496e3d"})  // hexadecimal
    EXPECT_TRUE(is_hidden(text)) << text;
}

TEST(Secrets, LeaveTheRestAsItIs) {
  EXPECT_EQ(blotted("a%20b \\/ &amp; \"é\" eyJhbGci/OiJI+UzI1\"NiIs<In= c\n"), "a%20b \\/ &amp; \"é\" … c\n");
  EXPECT_EQ(blotted("EyJhbGci/OiJI+UzI1\"NiIs<In= eyjhbGci/OiJI+UzI1\"NiIs<In="), "… …") << "in either case";
  EXPECT_EQ(blotted("s3cr3t and s3cr3t", "s3cr3t"), "… and …");
  EXPECT_EQ(blotted("12 of 40 free, 100% & \\ % &# &#x \\u \\x %u", "s3cr3t"),
            "12 of 40 free, 100% & \\ % &# &#x \\u \\x %u");
  EXPECT_EQ(Secrets().blotted("anything"), "anything");
  EXPECT_EQ(blotted(""), "");
  EXPECT_EQ(blotted("the key is abc", "abc"), "the key is abc") << "too short to be told from other text";
  EXPECT_EQ(blotted("the key is abcd", "abcd"), "the key is …");
  EXPECT_EQ(blotted("the word is eyJhbGc, no more"), "the word is eyJhbGc, no more") << "seven are a word";
}

TEST(Secrets, AreFoundInFurtherForms) {
  const std::string hex_pairs = [] {
    std::string out;
    for (const char c : kToken) out += fmt::format("{:02x}:", static_cast<unsigned char>(c));
    return out;
  }();
  const std::string hex_bytes = [] {
    std::string out;
    for (const char c : kToken) out += fmt::format("0x{:02X} ", static_cast<unsigned char>(c));
    return out;
  }();
  const std::string wide = [] {
    std::string out;
    for (const char c : kToken) out += {c, '\0'};
    return out;
  }();
  const std::string url = "eyJhbGci%2FOiJI%2BUzI1%22NiIs%3CIn%3D";
  for (const std::string& text :
       {std::string(R"(\U00000065yJhbGci\U0000002FOiJI+UzI1\"NiIs<In=)"),
        std::string("&#000000101;yJhbGci&#x0000002f;OiJI"),
        std::string("&#x00065;&#x00079;&#x0004a;&#x00068;&#x00062;&#x00047;&#x00063;&#x00069;"),
        std::string(R"(eyJhbG\143i\057OiJI+)"),
        std::string(R"(eyJh\62 Gci\2f OiJI+)"),
        std::string("eyJhbG=63i=2FOiJI=2B"),
        hex_pairs,
        hex_bytes,
        wide,
        base64(wide),
        base64(base64(kToken)),
        base64(base64(base64(kToken))),
        base64(url),
        base64(hex_pairs),
        base64("\"eyJ\\u0068bGc\\u0069\\/OiJI\""),
        std::string("eyJh\" + \"bGci/Oi\" + \"JI+UzI1"),
        std::string("eyJhbG<br/>ci/Oi<wbr>JI+UzI1"),
        std::string("eyJhb\\\nGci/OiJI+UzI1"),
        std::string("token eyJhbGci/OiJIUz... bad"),
        std::string("****UzI1\"NiIs<In="),
        std::string("..UzI1\"NiIs.."),
        std::string("eyJhbG-ci"),
        std::string("%2525253665yJ%25252568bGci%2525252FOiJI"),
        std::string(R"(eyJhbG\\\\\\\\\\\u0063i)"),
        std::string("eyJhbG&amp;amp;amp;amp;#99;i/OiJI")})
    EXPECT_TRUE(is_hidden(text)) << text;
}

TEST(Secrets, WithLettersBeyondAscii) {
  constexpr std::string_view kPassword = "pässwört-é7";
  for (const char* text : {"pässwört-é7", "PÄSSWÖRT-É7", "pÃ¤sswÃ¶rt-Ã©7", "p%E4ssw%F6rt-%E97",
                           "p%c3%a4ssw%c3%b6rt-%C3%A97", R"(p\xe4ssw\xf6rt-\xe97)", R"(p\u00e4ssw\u00F6rt-\u00e97)",
                           "pa\xCC\x88sswo\xCC\x88rt-e\xCC\x81"
                           "7",
                           "p%u00E4ssw%u00F6rt-%u00e97", "p&auml;ssw&ouml;rt-&eacute;7",
                           "p\xE4ssw\xF6rt-\xE9"
                           "7",
                           "p&#228;ssw&#xf6;rt-&#0233;7", "p?ssw?rt-?7"})
    EXPECT_TRUE(is_hidden(text, kPassword)) << text;
  EXPECT_TRUE(is_hidden(base64(kPassword), kPassword));
  EXPECT_TRUE(is_hidden("漢字漢字漢字", "漢字漢字漢字漢字")) << "a part";
  EXPECT_EQ(blotted("a漢字漢字漢字漢字b", "漢字漢字漢字漢字"), "a…b");
}

TEST(Secrets, AreFoundInOtherEncodedText) {
  // "x": "TOKEN" and the like, at each of the three places that base64 has for a byte.
  const std::string secret = "hidden-token-0123456789";
  for (const std::string& before : {"", "a", "ab", "abc", "{\"token\": \""})
    for (const std::string& after : {"", "y", "yz", "\"}"})
      EXPECT_EQ(blotted("got " + base64(before + secret + after), secret), "got …") << before << after;
  EXPECT_EQ(blotted("got " + base64("me:abc4"), "abc4"), "got …");
  EXPECT_EQ(blotted("-_-_-_-_-_-_", std::string("\xFB\xFF\xBF\xFB\xFF\xBF\xFB\xFF\xBF")), "…") << "of URLs";
}

TEST(Secrets, AreFoundInPieces) {
  const std::string secret = "abcdefghijklmnopqrstuvwxyz0123456789";
  EXPECT_EQ(blotted("starts with abcdefghijklmnopqrs and so on", secret), "starts with … and so on");
  EXPECT_EQ(blotted("ends ...ijklmnopqrstuvwxyz0123456789 with", secret), "ends … with");
  EXPECT_EQ(blotted("a text cut at abcdefghi", secret), "a text cut at …");
  EXPECT_EQ(blotted("a text cut at abcdef", secret), "a text cut at …");
  EXPECT_EQ(blotted("456789 is the end of one", secret), "… is the end of one");
  EXPECT_EQ(blotted("has klmnopqr within", secret), "has … within");
  EXPECT_EQ(blotted("has klmno pqrst within", secret), kNotShown) << "in two words";
  EXPECT_EQ(blotted("abcde", secret), "abcde");
  EXPECT_EQ(blotted("klmnopq", secret), "klmnopq");
  EXPECT_EQ(blotted("the lazy dog of hunter2", "hunter22x9"), "the lazy dog of …") << "cut off";
  EXPECT_EQ(blotted("the hunter2 is lazy", "hunter22x9"), "the hunter2 is lazy") << "a part of a short one is a word";
}

TEST(Secrets, OrdinaryAnswersAreShown) {
  std::string page = "<html><head><title>502 Bad Gateway</title></head><body>";
  for (int i = 0; i < 200; ++i)
    page +=
        fmt::format("<p class=\"x{}\">The server at https://h.example/a?b=c%20d&amp;e={} \\u00e9 answered=3D{}</p>\n",
                    i, i * 7919, base64(std::to_string(i * 104729)));
  EXPECT_EQ(blotted(page), page);
  EXPECT_EQ(blotted(page + "eyJhbG&#99;i"), page + "…");
}

TEST(Secrets, OfALogin) {
  Secrets secrets;
  secrets.add_login("me", "open sesame");
  EXPECT_EQ(secrets.blotted("not open sesame, Open Sesame"), "not …, …");
  for (const char* text : {"open%20sesame", "open+sesame"}) EXPECT_EQ(secrets.blotted(text), "…") << text;
  for (const char* text : {"open  sesame", "OPEN\nSESAME"}) EXPECT_EQ(secrets.blotted(text), kNotShown) << text;
  EXPECT_EQ(secrets.blotted("Basic bWU6b3BlbiBzZXNhbWU="), "Basic …");
  EXPECT_EQ(secrets.blotted("Basic bWU6b3BlbiBzZXNhbWU"), "Basic …");
  Secrets none;
  none.add_login("a user", "");
  EXPECT_EQ(none.blotted("a user"), "a user");
}

TEST(Secrets, OfAHeader) {
  const auto of = [](std::string_view header, std::string_view text) {
    Secrets secrets;
    secrets.add_header(header);
    return secrets.blotted(text);
  };
  EXPECT_EQ(of("Bearer abcdefgh", "a Bearer token, not abcdefgh"), "a Bearer token, not …");
  EXPECT_EQ(of("token abcdefgh", "abcdefgh"), "…");
  EXPECT_EQ(of("abcdefgh", "abcdefgh"), "…") << "without a scheme";
  EXPECT_EQ(of("Digest username=\"me\", response=\"6629fae49393a0\"", "got 6629fae49393a0"), "got …");
  EXPECT_EQ(of("session=0a1b2c3d; other=4e5f6a7b", "0a1b2c3d"), "…");
  EXPECT_EQ(of("Basic bWU6b3BlbiBzZXNhbWU=", "wrong password open sesame"), "wrong password …");
}

TEST(Secrets, OfASignatureThatIsMadeLater) {
  Secrets secrets;
  secrets.add_signatures();
  const std::string signature(64, 'a');
  EXPECT_EQ(secrets.blotted("Signature=" + signature + ", not " + signature.substr(1)),
            "Signature=…, not " + signature.substr(1));
}

TEST(Secrets, OfAUrl) {
  const auto of = [](std::string_view url, std::string_view text) {
    Secrets secrets;
    add_url_secrets(secrets, url);
    return secrets.blotted(text);
  };
  constexpr std::string_view kUrl = "https://me:p%40ssw0rd@h/a?api_key=k%2F1234567&code=hunter22&zone=eu-west-1#x";
  EXPECT_EQ(of(kUrl, "p@ssw0rd k/1234567 k%2f1234567 hunter22 eu-west-1"), "… … … … eu-west-1");
  EXPECT_EQ(of(kUrl, "got p%40ssw0rd, no"), "got … no");
  EXPECT_EQ(of(kUrl, base64("me:p@ssw0rd")), "…");
  for (const char* name : {"appid", "p", "P", "sid", "pat", "app_id", "ticket", "apikey"})
    EXPECT_EQ(of(fmt::format("https://h/?{}=abcdefgh", name), "abcdefgh"), "…") << name;
  EXPECT_EQ(of("https://token-as-user@h/", "token-as-user"), "…");
  EXPECT_EQ(of("https://h/?%6Bey=abcdefgh", "abcdefgh"), "…");
  EXPECT_EQ(of("no url", "no url"), "no url");
}

TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xFB\xFF\xBF"), "+/+/");
  EXPECT_EQ(from_base64("+/+/"), "\xFB\xFF\xBF");
  EXPECT_EQ(from_base64("Zm8="), "fo");
  EXPECT_EQ(from_base64("Zg"), "f");
  EXPECT_EQ(from_base64(""), "");
}

TEST(Base64, IsReadAsAWholeOrNotAtAll) {
  EXPECT_EQ(from_base64("Zm9v\nZm9v\r\nZg==\n"), "foofoof") << "in lines";
  for (const char* wrong : {"Zm9v!", "Zm9v Zm9v", "Zm9v\tZg==", "Zm_v", "Zg==Zg==", "Zm9vZ"})
    EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace probe
