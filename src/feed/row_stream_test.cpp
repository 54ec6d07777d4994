#include "feed/row_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/eventually.hpp"
#include "support/rows.hpp"

namespace feed {
namespace {

/// Takes so many pieces, and is gone then.
class Taker final : public http::StreamWriter {
 public:
  explicit Taker(std::size_t most) : most_(most) {}

  boost::asio::awaitable<bool> write(std::vector<http::Text> parts) override {
    std::string piece;
    for (const http::Text& part : parts) piece += *part;
    pieces.push_back(std::move(piece));
    co_return pieces.size() < most_;
  }
  void watch(std::function<void()>) override {}
  void unwatch() override {}
  bool gone() const override { return pieces.size() >= most_; }

  std::vector<std::string> pieces;

 private:
  std::size_t most_;
};

/// Writes rows that take about 1 KB each: "HEAD", then their names.
bool write(Taker& taker, int count, std::string head = "HEAD") {
  const auto rows = support::many_rows(count);
  boost::asio::io_context context;
  const AppendRow append = [](std::string& text, const core::Row& row) {
    text.append(1000, '.').append(row.profile.key.name);
  };
  auto done = support::start(context, write_rows(taker, std::move(head), rows, append));
  context.run();
  return done.get();
}

TEST(RowStream, SendsPiecesThatTogetherAreAll) {
  Taker taker(1000);
  EXPECT_TRUE(write(taker, 200));
  EXPECT_EQ(taker.pieces.size(), 4U);
  std::string all;
  for (const std::string& piece : taker.pieces) {
    EXPECT_LT(piece.size(), 70'000U) << "no more is held in memory";
    all += piece;
  }
  EXPECT_TRUE(all.starts_with("HEAD."));
  EXPECT_TRUE(all.ends_with(".000200"));
  EXPECT_EQ(all.size(), 4 + 200 * 1006U);
}

TEST(RowStream, OfNoRowsIsItsHead) {
  Taker taker(1000);
  EXPECT_TRUE(write(taker, 0));
  EXPECT_THAT(taker.pieces, testing::ElementsAre("HEAD"));
  Taker empty(1000);
  EXPECT_TRUE(write(empty, 0, ""));
  EXPECT_THAT(empty.pieces, testing::IsEmpty());
}

TEST(RowStream, EndsWithItsReader) {
  Taker taker(2);
  EXPECT_FALSE(write(taker, 1000));
  EXPECT_EQ(taker.pieces.size(), 2U);
}

}  // namespace
}  // namespace feed
