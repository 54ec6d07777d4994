#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/row.hpp"

namespace portal {

/// The labels that any of `rows` has, in order: each is a column.
std::vector<std::string> labels_of(std::span<const core::RowPtr> rows);

/// The first line: the columns that all files have, and "label.region" for each label.
std::string csv_head(std::span<const std::string> labels = {});

/// The form of texts: `safe` has "'" before a text that a spreadsheet would take for a formula, `raw` has none.
enum class Cells : std::uint8_t { safe, raw };

/// Appends one text as a cell.
void append_cell(std::string& out, std::string_view text, Cells cells);

/// Appends one row as a line of CSV (RFC 4180), as it is at `now`, with a column for each of `labels`.
void append_csv(std::string& out, const core::Row& row, base::Time now, Cells cells,
                std::span<const std::string> labels = {});

}  // namespace portal
