// Files that are read, and what looks like one.
#include "base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "support/temp_dir.hpp"

namespace base {
namespace {

TEST(ReadFile, ReadsRegularFiles) {
  const support::TempDir dir;
  const std::string path = dir / "file";
  const std::string content = std::string("a\0b\n", 4) + std::string(100'000, 'x');
  std::ofstream(path) << content;
  EXPECT_EQ(read_file(path, content.size()).value(), content);
  EXPECT_EQ(read_file(path, content.size() - 1).error(), "it is larger than 100003 bytes");
  std::ofstream(path, std::ios::trunc).close();
  EXPECT_EQ(read_file(path, 10).value(), "");
}

TEST(ReadFile, NamesWhatIsNone) {
  const support::TempDir dir;
  const std::string pipe = dir / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(read_file(pipe, 10).error(), "it is a pipe; give a regular file");
  EXPECT_EQ(read_file("/dev/zero", 10).error(), "it is a device; give a regular file");
  EXPECT_EQ(read_file(dir.path(), 10).error(), "it is a directory");
  EXPECT_EQ(read_file(dir / "none", 10).error(), "No such file or directory");
  EXPECT_EQ(read_file("/proc/self/mem", 10).error(), "Input/output error") << "it is opened, and cannot be read";
}

TEST(MakeSecret, WantsNoPlaceForOneThatIsThere) {
  EXPECT_FALSE(make_secret("/proc/self/status", 0400)) << "a directory where no file can be made";
  EXPECT_THROW(make_secret("/proc/self/none", 0400), UsageError);
}

TEST(ReadSecret, NamesWhatIsNoSecret) {
  const support::TempDir dir;
  const auto error = [](const std::string& file) -> std::string {
    try {
      return read_secret("the token", file);
    } catch (const UsageError& error) {
      return error.what();
    }
  };
  const std::string path = dir / "secret";
  std::ofstream(path) << " 0123 \n";
  EXPECT_EQ(read_secret("the token", path), "0123");
  std::ofstream(path) << "\n";
  EXPECT_EQ(error(path), "cannot read the token from the file '" + path + "': it is empty");
  const std::string pipe = dir / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error(pipe), "cannot read the token from the file '" + pipe + "': it is a pipe; give a regular file");
}

}  // namespace
}  // namespace base
