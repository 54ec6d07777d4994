// What sources repeat of the secrets they get.
#include "probe/secrets.hpp"

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
    EXPECT_EQ(blotted(text), "…") << text;
}

TEST(Secrets, LeaveTheRestAsItIs) {
  EXPECT_EQ(blotted("a%20b \\/ &amp; \"é\" eyJhbGci\\/OiJI+UzI1\\\"NiIs<In= c\n"), "a%20b \\/ &amp; \"é\" … c\n");
  EXPECT_EQ(blotted("s3cr3t and s3cr3t", "s3cr3t"), "… and …");
  EXPECT_EQ(blotted("12 of 40 free, 100% & \\ % &# &#x \\u \\x %u", "s3cr3t"),
            "12 of 40 free, 100% & \\ % &# &#x \\u \\x %u");
  EXPECT_EQ(Secrets().blotted("anything"), "anything");
  EXPECT_EQ(blotted(""), "");
  EXPECT_EQ(blotted("the key is abc", "abc"), "the key is abc") << "too short to be told from other text";
  EXPECT_EQ(blotted("the key is abcd", "abcd"), "the key is …");
  EXPECT_EQ(blotted("the word is eyJhbGci/OiJI, no more"), "the word is eyJhbGci/OiJI, no more");
}

TEST(Secrets, AreFoundInOtherEncodedText) {
  // "x": "TOKEN" and the like, at each of the three places that base64 has for a byte.
  const std::string secret = "hidden-token-0123456789";
  for (const std::string& before : {"", "a", "ab", "abc", "{\"token\": \""}) {
    for (const std::string& after : {"", "y", "yz", "\"}"}) {
      const std::string seen = blotted("got " + base64(before + secret + after), secret);
      EXPECT_NE(seen.find("…"), std::string::npos) << seen;
      EXPECT_LE(seen.size(), 4 + 3 + base64(before).size() + base64(after).size() + 8) << seen;
    }
  }
  EXPECT_EQ(blotted("-_-_-_-_", std::string("\xFB\xFF\xBF\xFB\xFF\xBF")), "…") << "base64 for URLs";
}

TEST(Secrets, AreFoundInPieces) {
  const std::string secret = "abcdefghijklmnopqrstuvwxyz0123456789";
  EXPECT_EQ(blotted("starts with abcdefghijklmnopqrs and so on", secret), "starts with … and so on");
  EXPECT_EQ(blotted("ends ...ijklmnopqrstuvwxyz0123456789 with", secret), "ends ...… with");
  EXPECT_EQ(blotted("a text cut at abcdefghi", secret), "a text cut at …");
  EXPECT_EQ(blotted("456789 is the end of one", secret), "… is the end of one");
  EXPECT_EQ(blotted("abcde", secret), "abcde") << "shorter pieces are words";
}

TEST(Secrets, AreHiddenInWholeCharacters) {
  const std::string secret = "漢字漢字漢字漢字";
  EXPECT_EQ(blotted("a字漢字漢字漢字漢b", secret), "a…b") << "sixteen bytes of it, which begin within a character";
}

TEST(Secrets, OfALogin) {
  Secrets secrets;
  secrets.add_login("me", "open sesame");
  EXPECT_EQ(secrets.blotted("not open sesame, open%20sesame, open+sesame, open  sesame"), "not …, …, …, …");
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
  EXPECT_EQ(of(kUrl, "p@ssw0rd p%40ssw0rd k/1234567 k%2f1234567 hunter22 eu-west-1"), "… … … … … eu-west-1");
  EXPECT_EQ(of(kUrl, base64("me:p@ssw0rd")), "…");
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
}

}  // namespace
}  // namespace probe
