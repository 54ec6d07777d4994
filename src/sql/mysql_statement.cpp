#include "sql/mysql_statement.hpp"

#include <fmt/format.h>

#include "sql/mysql_client.hpp"

namespace sql {
namespace {

/// Longer texts are fetched a second time, into a buffer that has grown for good.
constexpr std::size_t kFirstTextBytes = 256;

bool is_integer(enum_field_types type) {
  return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 || type == MYSQL_TYPE_LONG ||
         type == MYSQL_TYPE_LONGLONG;
}

bool is_real(enum_field_types type) {
  return type == MYSQL_TYPE_FLOAT || type == MYSQL_TYPE_DOUBLE || type == MYSQL_TYPE_DECIMAL ||
         type == MYSQL_TYPE_NEWDECIMAL;
}

}  // namespace

MysqlStatement::MysqlStatement(MYSQL* connection, std::string_view sql, bool& lost)
    : lost_(lost), statement_(mysql_stmt_init(connection)) {
  if (!statement_) throw std::bad_alloc();
  if (mysql_stmt_prepare(statement_.get(), sql.data(), static_cast<unsigned long>(sql.size())) != 0) fail();
  parameters_.resize(mysql_stmt_param_count(statement_.get()));
  numbers_.resize(parameters_.size());
  describe_columns();
}

void MysqlStatement::describe_columns() {
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> fields(mysql_stmt_result_metadata(statement_.get()),
                                                                        &mysql_free_result);
  if (!fields) return;
  const unsigned int count = mysql_num_fields(fields.get());
  columns_.resize(count);
  results_.resize(count);
  for (unsigned int i = 0; i < count; ++i) {
    const auto type = mysql_fetch_field_direct(fields.get(), i)->type;
    if (is_integer(type)) {
      results_[i].buffer_type = MYSQL_TYPE_LONGLONG;
    } else if (is_real(type)) {
      results_[i].buffer_type = MYSQL_TYPE_DOUBLE;
    } else {
      results_[i].buffer_type = MYSQL_TYPE_STRING;
      columns_[i].text.resize(kFirstTextBytes);
    }
  }
  bind_columns();
}

void MysqlStatement::bind_columns() {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    const bool text = results_[i].buffer_type == MYSQL_TYPE_STRING;
    results_[i].buffer = text ? static_cast<void*>(column.text.data()) : static_cast<void*>(&column.number);
    results_[i].buffer_length = text ? static_cast<unsigned long>(column.text.size()) : sizeof(Number);
    results_[i].length = &column.length;
    results_[i].is_null = &column.null;
  }
  if (mysql_stmt_bind_result(statement_.get(), results_.data()) != 0) fail();
}

void MysqlStatement::fail() {
  const unsigned int number = mysql_stmt_errno(statement_.get());
  const ErrorKind kind = mysql_error_kind(number);
  if (kind == ErrorKind::lost) lost_ = true;
  throw Error(kind, fmt::format("database: {} (error {})", mysql_stmt_error(statement_.get()), number));
}

MYSQL_BIND& MysqlStatement::parameter(int number, enum_field_types type) {
  MYSQL_BIND& bind = parameters_.at(static_cast<std::size_t>(number) - 1);
  bind = {};
  bind.buffer_type = type;
  bind.buffer = &numbers_[static_cast<std::size_t>(number) - 1];
  return bind;
}

void MysqlStatement::bind_null(int number) {
  parameter(number, MYSQL_TYPE_NULL);
}

void MysqlStatement::bind_int(int number, std::int64_t value) {
  parameter(number, MYSQL_TYPE_LONGLONG);
  numbers_[static_cast<std::size_t>(number) - 1].integer = value;
}

void MysqlStatement::bind_real(int number, double value) {
  parameter(number, MYSQL_TYPE_DOUBLE);
  numbers_[static_cast<std::size_t>(number) - 1].real = value;
}

void MysqlStatement::bind_text(int number, std::string_view value) {
  MYSQL_BIND& bind = parameter(number, MYSQL_TYPE_STRING);
  bind.buffer_length = static_cast<unsigned long>(value.size());
  // libmariadb copies from it when the statement is executed, and takes a null pointer for NULL.
  if (!value.empty()) bind.buffer = const_cast<char*>(value.data());
}

void MysqlStatement::execute() {
  if (!parameters_.empty() && mysql_stmt_bind_param(statement_.get(), parameters_.data()) != 0) fail();
  if (mysql_stmt_execute(statement_.get()) != 0) fail();
  // Of some statements MySQL says only now what they return.
  if (columns_.empty() && mysql_stmt_field_count(statement_.get()) > 0) describe_columns();
  if (!columns_.empty() && mysql_stmt_store_result(statement_.get()) != 0) fail();
  executed_ = true;
}

bool MysqlStatement::step() {
  if (!executed_) execute();
  if (columns_.empty()) return false;
  const int code = mysql_stmt_fetch(statement_.get());
  if (code == MYSQL_NO_DATA) return false;
  if (code == MYSQL_DATA_TRUNCATED)
    fetch_long_texts();
  else if (code != 0)
    fail();
  return true;
}

void MysqlStatement::fetch_long_texts() {
  bool grown = false;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    if (results_[i].buffer_type != MYSQL_TYPE_STRING || column.null || column.length <= column.text.size()) continue;
    column.text.resize(column.length);
    results_[i].buffer = column.text.data();
    results_[i].buffer_length = column.length;
    if (mysql_stmt_fetch_column(statement_.get(), &results_[i], static_cast<unsigned int>(i), 0) != 0) fail();
    grown = true;
  }
  if (grown) bind_columns();
}

std::int64_t MysqlStatement::affected() const {
  return static_cast<std::int64_t>(mysql_stmt_affected_rows(statement_.get()));
}

std::int64_t MysqlStatement::as_int(int column) const {
  if (is_null(column)) return 0;
  const bool real = results_[static_cast<std::size_t>(column)].buffer_type == MYSQL_TYPE_DOUBLE;
  return real ? static_cast<std::int64_t>(at(column).number.real) : at(column).number.integer;
}

double MysqlStatement::as_real(int column) const {
  if (is_null(column)) return 0;
  const bool integer = results_[static_cast<std::size_t>(column)].buffer_type == MYSQL_TYPE_LONGLONG;
  return integer ? static_cast<double>(at(column).number.integer) : at(column).number.real;
}

std::string_view MysqlStatement::as_text(int column) const {
  return is_null(column) ? std::string_view() : std::string_view(at(column).text.data(), at(column).length);
}

void MysqlStatement::reset() noexcept {
  if (executed_) mysql_stmt_free_result(statement_.get());
  executed_ = false;
}

}  // namespace sql
