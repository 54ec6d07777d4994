#pragma once

#include <mysql.h>

#include <memory>
#include <vector>

#include "sql/statement.hpp"

namespace sql {

/// A statement that the server has prepared. Results are fetched whole before the first row is seen, so that other
/// statements can run on the connection meanwhile.
class MysqlStatement final : public Statement {
 public:
  /// `lost` is set when the connection is lost; it and `connection` outlive the statement.
  MysqlStatement(MYSQL* connection, std::string_view sql, bool& lost);

  void bind_null(int parameter) override;
  void bind_int(int parameter, std::int64_t value) override;
  void bind_real(int parameter, double value) override;
  void bind_text(int parameter, std::string_view value) override;

  bool step() override;
  std::int64_t affected() const override;

  int columns() const override { return static_cast<int>(columns_.size()); }
  bool is_null(int column) const override { return at(column).null != 0; }
  std::int64_t as_int(int column) const override;
  double as_real(int column) const override;
  std::string_view as_text(int column) const override;

 private:
  struct Close {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };
  union Number {
    std::int64_t integer;
    double real;
  };
  /// The buffer of a column of the current row.
  struct Column {
    Number number{};
    std::vector<char> text;
    unsigned long length = 0;
    my_bool null = 0;
  };

  void reset() noexcept override;
  void execute();
  void describe_columns();
  void bind_columns();
  void fetch_long_texts();
  const Column& at(int column) const { return columns_[static_cast<std::size_t>(column)]; }
  MYSQL_BIND& parameter(int number, enum_field_types type);
  [[noreturn]] void fail();

  bool& lost_;
  std::unique_ptr<MYSQL_STMT, Close> statement_;
  std::vector<MYSQL_BIND> parameters_;
  std::vector<Number> numbers_;
  std::vector<MYSQL_BIND> results_;
  std::vector<Column> columns_;
  bool executed_ = false;
};

}  // namespace sql
