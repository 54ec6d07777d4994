#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "base/clock.hpp"
#include "sql/statement.hpp"

namespace sql {

/// How many values a list in a statement has ("id IN (?, ?, …)"). A fixed number, so that there is one statement to
/// prepare; shorter lists repeat their last value.
inline constexpr std::size_t kListSize = 256;

/// "`before` IN (?, ?, …)`after`" with kListSize places. Keep it: the text is long.
std::string with_list(std::string_view before, std::string_view after = "");

/// A statement that takes any number of rows, "INSERT INTO t (a, b) VALUES " for example. It is prepared for a few
/// numbers of rows only, and run as often as it takes. Make it once: the texts are long.
class RowsStatement {
 public:
  RowsStatement(std::string_view head, std::size_t columns);

  /// Calls `bind(query, item)` for each of `items`, which binds one row.
  template <class Session, class T, class Bind>
  void run(Session& session, std::span<const T> items, Bind bind) const;

 private:
  static constexpr std::array<std::size_t, 3> kRows{64, 8, 1};
  std::array<std::string, kRows.size()> texts_;
};

/// One use of a prepared statement: binds, steps, and resets it at the end of its scope. Text that is bound must live
/// as long. Not thread-safe.
class Query {
 public:
  /// `changed`, which outlives it, counts the rows that run() changes.
  Query(Statement& statement, std::int64_t& changed) : statement_(&statement), changed_(&changed) {}
  Query(Query&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), changed_(other.changed_), bound_(other.bound_) {}
  Query& operator=(Query&&) = delete;
  ~Query() {
    if (statement_) statement_->give_back();
  }

  /// Binds the next parameters: integers, doubles, texts, times, durations, nullptr, optionals of them, and spans of
  /// 1 to kListSize ids for a list.
  template <class... Ts>
  void bind(const Ts&... values) {
    (bind_one(values), ...);
  }

  bool step() { return statement_->step(); }
  std::int64_t run() {
    while (step()) continue;
    *changed_ += statement_->affected();
    return statement_->affected();
  }

  /// A column as std::int64_t, double, bool, std::string, std::string_view (valid until the next step), base::Time,
  /// base::Duration, or std::optional of one of them, which is empty for NULL.
  template <class T>
  T get(int column) const {
    if constexpr (is_optional<T>) {
      if (statement_->is_null(column)) return std::nullopt;
      return get<typename T::value_type>(column);
    } else if constexpr (std::is_same_v<T, double>) {
      return statement_->as_real(column);
    } else if constexpr (std::is_same_v<T, base::Time>) {
      return base::Time{base::Duration{statement_->as_int(column)}};
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, base::Duration>) {
      return T(statement_->as_int(column));
    } else {
      return T(statement_->as_text(column));
    }
  }

 private:
  template <class T>
  static constexpr bool is_optional = false;
  template <class T>
  static constexpr bool is_optional<std::optional<T>> = true;

  void bind_one(std::nullptr_t) { statement_->bind_null(++bound_); }
  void bind_one(double value) { statement_->bind_real(++bound_, value); }
  void bind_one(std::string_view value) { statement_->bind_text(++bound_, value); }
  void bind_one(base::Duration value) { bind_one(value.count()); }
  void bind_one(base::Time value) { bind_one(value.time_since_epoch()); }
  void bind_one(std::span<const std::int64_t> list);
  template <class T>
    requires std::is_integral_v<T>
  void bind_one(T value) {
    statement_->bind_int(++bound_, static_cast<std::int64_t>(value));
  }
  template <class T>
  void bind_one(const std::optional<T>& value) {
    if (value)
      bind_one(*value);
    else
      bind_one(nullptr);
  }

  Statement* statement_;
  std::int64_t* changed_;
  int bound_ = 0;
};

template <class Session, class T, class Bind>
void RowsStatement::run(Session& session, std::span<const T> items, Bind bind) const {
  for (std::size_t size = 0; size < kRows.size(); ++size) {
    for (; items.size() >= kRows[size]; items = items.subspan(kRows[size])) {
      Query query = session.query(texts_[size]);
      for (const T& item : items.first(kRows[size])) bind(query, item);
      query.run();
    }
  }
}

/// Calls `visit` with the parts of `items` that fit a list.
template <class T, class F>
void for_each_list(std::span<const T> items, F&& visit) {
  for (std::size_t begin = 0; begin < items.size(); begin += kListSize)
    visit(items.subspan(begin, std::min(kListSize, items.size() - begin)));
}

}  // namespace sql
