#include "proxy/capture/sqlite.hpp"

#include <cstring>

#include "decoder/base/text.hpp"

namespace eastap::capture {

int Database::open(const std::string& name, int flags, const std::string& vfs) {
  close();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX,
                                   vfs.empty() ? nullptr : vfs.c_str());
  handle_.reset(handle);  // SQLite gives a handle with most failures too
  if (code == SQLITE_OK) {
    sqlite3_extended_result_codes(handle, 1);
    return SQLITE_OK;
  }
  open_failure_ = {code, 0, sqlite3_errstr(code)};
  if (handle != nullptr) {
    open_failure_ = {sqlite3_extended_errcode(handle), sqlite3_system_errno(handle),
                     sqlite3_errmsg(handle)};
  }
  handle_.reset();
  return open_failure_.code;
}

void Database::close() { handle_.reset(); }

int Database::run(const char* sql) {
  return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
}

std::int64_t Database::number(const char* sql, std::int64_t fallback) {
  Statement statement;
  if (statement.prepare(handle_.get(), sql) != SQLITE_OK || statement.step() != SQLITE_ROW ||
      statement.type(0) != SQLITE_INTEGER) {
    return fallback;
  }
  return statement.number(0);
}

std::string Database::words(const char* sql) {
  Statement statement;
  if (statement.prepare(handle_.get(), sql) != SQLITE_OK || statement.step() != SQLITE_ROW) {
    return {};
  }
  return std::string{statement.octets(0)};
}

SqlFailure Database::failure() const {
  if (!handle_) return open_failure_;
  return {sqlite3_extended_errcode(handle_.get()), sqlite3_system_errno(handle_.get()),
          sqlite3_errmsg(handle_.get())};
}

int Statement::prepare(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  bind_code_ = SQLITE_OK;
  return code;
}

void Statement::bind_octets(int index, std::string_view octets) {
  // A null pointer would bind NULL; "no octets" is an empty value.
  const char* data = octets.data() == nullptr ? "" : octets.data();
  keep(sqlite3_bind_blob64(handle_.get(), index, data, octets.size(), SQLITE_STATIC));
}

void Statement::bind_words(int index, std::string_view words) {
  if (!is_utf8(words) || words.find('\0') != std::string_view::npos) {
    bind_octets(index, words);
    return;
  }
  const char* data = words.data() == nullptr ? "" : words.data();
  keep(sqlite3_bind_text64(handle_.get(), index, data, words.size(), SQLITE_STATIC, SQLITE_UTF8));
}

int Statement::step() {
  if (bind_code_ != SQLITE_OK) return bind_code_;
  return sqlite3_step(handle_.get());
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
  bind_code_ = SQLITE_OK;
}

int Statement::execute() {
  int code = step();
  while (code == SQLITE_ROW) code = step();
  reset();
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

std::string_view Statement::octets(int column) const {
  // The value first, then its size: the order that SQLite's manual asks for.
  const void* data = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  if (data == nullptr || size <= 0) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

void distrust_schema(Database& database) {
  sqlite3* handle = database.handle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
  sqlite3_limit(handle, SQLITE_LIMIT_COLUMN, 200);
}

}  // namespace eastap::capture
