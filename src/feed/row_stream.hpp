#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/row.hpp"
#include "http/message.hpp"

namespace feed {

/// Appends one row to an answer.
using AppendRow = std::function<void(std::string&, const core::Row&)>;

/// Writes `head` and then each row, in pieces, so that a large answer takes little memory and delays no other request.
/// False when the client is gone. The references outlive the call.
boost::asio::awaitable<bool> write_rows(http::StreamWriter& out, std::string head,
                                        const std::vector<core::RowPtr>& rows, const AppendRow& append);

}  // namespace feed
