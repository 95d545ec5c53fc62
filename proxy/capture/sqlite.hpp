#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

/// A thin skin over SQLite's C interface, for this folder. Results are SQLite's extended codes:
/// what a caller does about one depends on the code.
namespace eastap::capture {

struct SqlFailure {
  int code = SQLITE_OK;  ///< extended result code
  int system_error = 0;  ///< errno behind it; 0 when there is none
  std::string words;
};

class Database {
 public:
  Database() = default;

  /// `flags` as of sqlite3_open_v2. On failure `failure()` tells why and the database stays closed.
  int open(const std::string& name, int flags, const std::string& vfs);
  /// Statements must be gone.
  void close();

  [[nodiscard]] bool is_open() const { return handle_ != nullptr; }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

  /// Runs one or several statements without result.
  int run(const char* sql);
  /// The first column of the first row; `fallback` when there is none or the statement fails.
  std::int64_t number(const char* sql, std::int64_t fallback = 0);
  std::string words(const char* sql);

  /// What the last call on this database (or `open`) met.
  [[nodiscard]] SqlFailure failure() const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }
  };
  std::unique_ptr<sqlite3, Closer> handle_;
  SqlFailure open_failure_;
};

/// A prepared statement. Bound octets are borrowed until `reset`.
class Statement {
 public:
  Statement() = default;

  int prepare(sqlite3* database, std::string_view sql);
  void finalize() { handle_.reset(); }
  [[nodiscard]] bool is_prepared() const { return handle_ != nullptr; }

  void bind(int index, std::int64_t value) {
    keep(sqlite3_bind_int64(handle_.get(), index, value));
  }
  void bind_null(int index) { keep(sqlite3_bind_null(handle_.get(), index)); }
  void bind_octets(int index, std::string_view octets);
  /// TEXT where it is clean UTF-8 without NUL, else a BLOB: a person sees words, and nothing
  /// changes.
  void bind_words(int index, std::string_view words);

  /// SQLITE_ROW, SQLITE_DONE or an error; an error of an earlier `bind` comes out here.
  int step();
  void reset();
  /// `step` to the end and `reset`: SQLITE_OK or the error.
  int execute();

  [[nodiscard]] int type(int column) const { return sqlite3_column_type(handle_.get(), column); }
  [[nodiscard]] std::int64_t number(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
  }
  /// Octets of a TEXT or BLOB; valid until `step` or `reset`.
  [[nodiscard]] std::string_view octets(int column) const;

 private:
  void keep(int code) {
    if (code != SQLITE_OK && bind_code_ == SQLITE_OK) bind_code_ = code;
  }
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
  int bind_code_ = SQLITE_OK;
};

/// Switches off what a file could use against its reader: schema code, triggers, extensions.
void distrust_schema(Database& database);

}  // namespace eastap::capture
