#include "alert/email.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fstream>

#include "support/scripted_transport.hpp"
#include "support/temp_dir.hpp"

namespace alert {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr base::Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 4} + std::chrono::hours{9}};

config::EmailOptions options() {
  return {.server = "smtp://mail.example", .from = "vacancy@example.org", .to = {"a@example.org", "b@example.org"}};
}

Message message() {
  Message message = test_message("m-1", kNow);
  message.kind = Kind::firing;
  message.rule = "gpus";
  message.group = {{"provider", "Amazon"}};
  message.title = "Amazon/c5 is HIGH";
  message.text = "Amazon/c5 is HIGH\n.\nRule gpus.";
  return message;
}

TEST(Email, IsAMail) {
  EXPECT_EQ(mail_of(options(), message(), kNow),
            "Date: Wed, 04 Nov 2026 09:00:00 +0000\r\n"
            "From: Vacancy <vacancy@example.org>\r\n"
            "To: a@example.org,\r\n b@example.org\r\n"
            "Subject: Amazon/c5 is HIGH\r\n"
            "Message-ID: <m-1@example.org>\r\n"
            "References: <53d31abe31ea2f2f177d61c339cd3a21@example.org>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "\r\n"
            "QW1hem9uL2M1IGlzIEhJR0gNCg0KQW1hem9uL2M1IGlzIEhJR0gNCi4NClJ1bGUgZ3B1cy4NCg==\r\n");
}

TEST(Email, ARepeatHasTheSameId) {
  EXPECT_THAT(mail_of(options(), message(), kNow + std::chrono::hours{1}), HasSubstr("Message-ID: <m-1@example.org>"));
}

TEST(Email, LinksToPages) {
  Message linked = message();
  linked.items = {{.subject = "Amazon/c5", .url = "https://v/1"}, {.subject = "Amazon/p4", .url = "https://v/2"}};
  const std::string mail = mail_of(options(), linked, kNow);
  EXPECT_THAT(mail, testing::EndsWith("\r\naHR0cHM6Ly92LzENCmh0dHBzOi8vdi8yDQo=\r\n")) << "the last lines in base64";
}

TEST(Email, NoLineIsTooLong) {
  Message large = message();
  large.title = std::string(3000, 't');
  large.text = std::string(10'000, 'x') + "\u00e4";
  const std::string mail = mail_of(options(), large, kNow);
  for (std::size_t at = 0; at < mail.size();) {
    const auto end = mail.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 78U);
    at = end + 2;
  }
  EXPECT_EQ(std::ranges::count(mail, '\n'), std::ranges::count(mail, '\r'));
}

TEST(Email, AHeaderCannotBeInjected) {
  Message message = alert::message();
  message.title = "a\r\nBcc: eve@example.org\r\n\r\nhello";
  const std::string mail = mail_of(options(), message, kNow);
  EXPECT_THAT(mail, HasSubstr("\r\nSubject: a  Bcc: eve@example.org    hello\r\nMessage-ID"));
}

TEST(Email, HeadersAreEncodedWhereTheyMustBe) {
  EXPECT_EQ(header_text("Amazon/c5 is HIGH: 4 of 8 <nodes>, \"idle\""), "Amazon/c5 is HIGH: 4 of 8 <nodes>, \"idle\"");
  EXPECT_EQ(header_text("\u00dcber"), "=?utf-8?B?w5xiZXI=?=");
  EXPECT_EQ(header_text("=?utf-8?B?w5xiZXI=?="), "=?utf-8?B?PT91dGYtOD9CP3c1eGlaWEk9Pz0=?=") << "it is no encoding";
  std::string umlauts;
  for (int i = 0; i < 30; ++i) umlauts += "\u00e4";
  EXPECT_EQ(header_text(umlauts + "x"),
            "=?utf-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOk?=\r\n "
            "=?utf-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkeA==?=");
  EXPECT_EQ(header_text("x" + umlauts),
            "=?utf-8?B?eMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?=\r\n "
            "=?utf-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?=")
      << "no character is cut";
}

using Replies = std::vector<std::pair<std::string, std::string>>;

TEST(Email, TellsWhomTheServerPutsOff) {
  const std::vector<std::string> to{"a@e", "b@e", "c@e"};
  const Replies replies{{"220", ""}, {"250", ""}, {"504", ""}, {"250", ""}, {"450", "grey"},
                        {"250", ""}, {"550", ""}, {"354", ""}, {"250", ""}, {"221", ""}};
  EXPECT_THAT(put_off(to, replies), ElementsAre("a@e"));
  EXPECT_THAT(put_off(to, {}), testing::IsEmpty());
  EXPECT_THAT(put_off(to, {{"450", ""}, {"354", ""}}), testing::IsEmpty()) << "a server that makes no sense";
}

/// Delivers message() and returns how that ended.
Delivery deliver(Receiver& receiver) {
  boost::asio::io_context context;
  auto ended = boost::asio::co_spawn(context, receiver.deliver(message(), {.now = kNow}), boost::asio::use_future);
  context.run();
  return ended.get();
}

TEST(Email, AnAddressThatIsPutOffGetsTheMailLater) {
  probe::Response answer{.status = 250, .body = "450 4.2.0 greylisted\r\n"};
  answer.headers = {{"250", ""}, {"450", ""}, {"250", ""}, {"354", ""}, {"250", ""}};
  support::ScriptedTransport transport([&](const auto&) { return answer; });
  const auto receiver = receiver_of(options(), transport.transport());
  const Delivery first = deliver(*receiver);
  EXPECT_EQ(first.outcome, Outcome::failed);
  EXPECT_EQ(first.error, "the mail server refuses an address for now: 450 4.2.0 greylisted");
  transport.answer([](const auto&) { return std::unexpected("the mail server refuses: 450 (RCPT failed: 450)"); });
  EXPECT_EQ(deliver(*receiver).outcome, Outcome::failed);
  transport.answer([](const auto&) { return probe::Response{.status = 250}; });
  EXPECT_EQ(deliver(*receiver).outcome, Outcome::delivered);
  EXPECT_EQ(deliver(*receiver).outcome, Outcome::delivered);
  std::vector<std::vector<std::string>> to;
  for (const probe::Request& call : transport.calls()) to.push_back(call.mail_to);
  const std::vector<std::string> all = options().to, late{"a@example.org"};
  EXPECT_THAT(to, ElementsAre(all, late, late, all)) << "nobody gets it twice";
  EXPECT_THAT(transport.calls()[1].body, HasSubstr("To: a@example.org,\r\n b@example.org"));
}

TEST(Email, AnAddressThatIsRefusedInTheEndHoldsUpNothing) {
  probe::Response answer{.status = 250, .body = "450 4.2.0 greylisted\r\n"};
  answer.headers = {{"250", ""}, {"250", ""}, {"450", ""}, {"354", ""}, {"250", ""}};
  support::ScriptedTransport transport([&](const auto&) { return answer; });
  const auto receiver = receiver_of(options(), transport.transport());
  deliver(*receiver);
  transport.answer([](const auto&) { return std::unexpected("refuses: 550 (RCPT failed: 550 (last error))"); });
  const Delivery last = deliver(*receiver);
  EXPECT_EQ(last.outcome, Outcome::delivered);
  EXPECT_THAT(last.error, HasSubstr("550"));
  EXPECT_EQ(deliver(*receiver).outcome, Outcome::failed) << "to all again, who refuse it";
}

TEST(Email, TheCallSaysWhoGetsItAndHow) {
  const support::TempDir dir;
  const std::string file = dir.path() / "password";
  std::ofstream(file) << "pass-of-mail\n";
  auto options = alert::options();
  options.username = "vacancy";
  options.password_file = file;
  const auto call = email_call(options, message(), kNow);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->request.url, "smtp://mail.example");
  EXPECT_EQ(call->request.mail_from, "vacancy@example.org");
  EXPECT_THAT(call->request.mail_to, ElementsAre("a@example.org", "b@example.org"));
  EXPECT_FALSE(call->request.plain_mail);
  EXPECT_TRUE(call->request.direct);
  EXPECT_EQ(call->request.password, "pass-of-mail");
  EXPECT_THAT(call->secrets.blotted("535 pass-of-mail"), Not(HasSubstr("pass")));
  options.tls = false;
  EXPECT_TRUE(email_call(options, message(), kNow)->request.plain_mail);
  options.password_file = "/none";
  EXPECT_THAT(email_call(options, message(), kNow).error(), HasSubstr("'/none'"));
}

}  // namespace
}  // namespace alert
