#include "feed/row_stream.hpp"

#include <utility>

namespace feed {
namespace {

constexpr std::size_t kPieceBytes = 60'000;

}  // namespace

boost::asio::awaitable<bool> write_rows(http::StreamWriter& out, std::string head,
                                        const std::vector<core::RowPtr>& rows, const AppendRow& append) {
  std::string piece = std::move(head);
  for (const core::RowPtr& row : rows) {
    append(piece, *row);
    if (piece.size() < kPieceBytes) continue;
    std::vector<http::Text> parts(1, std::make_shared<const std::string>(std::exchange(piece, std::string())));
    if (!co_await out.write(std::move(parts))) co_return false;
  }
  if (piece.empty()) co_return true;
  std::vector<http::Text> parts(1, std::make_shared<const std::string>(std::move(piece)));
  co_return co_await out.write(std::move(parts));
}

}  // namespace feed
