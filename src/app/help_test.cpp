#include "app/help.hpp"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

namespace app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Program {
  Program() {
    CLI::App* sub = program.add_subcommand(
        "list", "Show what there is, in a sentence that is so long that it does not fit one line");
    sub->add_option("WORD", words, "What to look for")->required();
    sub->add_option("-o,--output", form, "How it looks")->type_name("FORM")->check(CLI::IsMember({"a", "b"}));
    sub->add_option("--secret", hidden, "Not shown")->group("");
    sub->add_flag("--a-flag-with-a-long-name", flag, ".starts with a dot \\ and more");
    sub->footer("A note.");
    program.add_subcommand("wait", "Wait")->group("");
    program.require_subcommand(1);
    set_help(program);
  }
  CLI::App program{"About it.", "vacancy"};
  std::vector<std::string> words;
  std::string form, hidden;
  bool flag = false;
};

TEST(Help, IsMadeOfWhatTheCommandTakes) {
  Program one;
  EXPECT_EQ(to_text(describe(*one.program.get_subcommand("list"))),
            "Show what there is, in a sentence that is so long that it does not fit one line\n"
            "\n"
            "Usage: vacancy list [FLAGS] WORD…\n"
            "\n"
            "Arguments:\n"
            "  WORD                    What to look for\n"
            "\n"
            "Flags:\n"
            "  -o, --output FORM       How it looks\n"
            "      --a-flag-with-a-long-name\n"
            "                          .starts with a dot \\ and more\n"
            "  -h, --help              Print this help and exit\n"
            "\n"
            "A note.\n");
  EXPECT_EQ(to_text(describe(one.program), 60),
            "About it.\n"
            "\n"
            "Usage: vacancy COMMAND [FLAGS]\n"
            "\n"
            "Commands:\n"
            "  list                    Show what there is, in a sentence\n"
            "                          that is so long that it does not\n"
            "                          fit one line\n"
            "\n"
            "Flags:\n"
            "  -h, --help              Print this help and exit\n")
      << "a command without a group is not shown";
}

TEST(Help, IsAManualPageToo) {
  Program one;
  const std::string page = to_man(*one.program.get_subcommand("list"), "1.2");
  EXPECT_THAT(page, HasSubstr(".TH VACANCY\\-LIST 1 \"\" \"vacancy 1.2\"\n.SH NAME\nvacancy\\-list \\- Show"));
  EXPECT_THAT(page, HasSubstr(".TP\n.B \\-o, \\-\\-output FORM\nHow it looks\n"));
  EXPECT_THAT(page, HasSubstr("\n\\&.starts with a dot \\e and more\n"));
  EXPECT_THAT(to_man(one.program, "1.2"), HasSubstr(".SH SEE ALSO\n.BR vacancy\\-list (1)\n"));
}

TEST(Help, KnowsWhatWasMeant) {
  Program one;
  EXPECT_THAT(commands_of(one.program), ElementsAre("list"));
  EXPECT_THAT(flags_of(*one.program.get_subcommand("list")),
              ElementsAre("--output", "--a-flag-with-a-long-name", "--help"));
  EXPECT_EQ(suggestion("lits", {"list", "wait"}), "; did you mean 'list'?");
  EXPECT_EQ(suggestion("compl", {"completion", "wait"}), "; did you mean 'completion'?");
  EXPECT_EQ(suggestion("frobnicate", {"list", "wait"}), "");
}

}  // namespace
}  // namespace app
