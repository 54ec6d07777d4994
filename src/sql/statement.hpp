#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>

namespace sql {

/// A prepared statement of one database's client. Callers use it through Query. Parameters count from 1, columns from
/// 0. Every call may throw sql::Error.
class Statement {
 public:
  Statement() = default;
  virtual ~Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  virtual void bind_null(int parameter) = 0;
  virtual void bind_int(int parameter, std::int64_t value) = 0;
  virtual void bind_real(int parameter, double value) = 0;
  /// `value` must live until give_back().
  virtual void bind_text(int parameter, std::string_view value) = 0;

  /// Moves to the next row; false after the last.
  virtual bool step() = 0;
  /// Rows that the statement changed.
  virtual std::int64_t affected() const = 0;

  virtual int columns() const = 0;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t as_int(int column) const = 0;
  virtual double as_real(int column) const = 0;
  /// Valid until the next step() or give_back(). NULL is "".
  virtual std::string_view as_text(int column) const = 0;

  /// Marks it as used by one caller, until give_back().
  void take() {
    assert(!in_use_ && "a statement is used twice at the same time");
    in_use_ = true;
  }
  void give_back() noexcept {
    reset();
    in_use_ = false;
  }

 protected:
  /// Ends the execution, frees its locks and forgets what was bound.
  virtual void reset() noexcept = 0;

 private:
  bool in_use_ = false;
};

}  // namespace sql
