#pragma once

#include <string>

#include "decoder/base/result.hpp"
#include "proxy/capture/sqlite.hpp"

namespace eastap::capture {

/// "EASC" in SQLite's application_id.
inline constexpr int kApplicationId = 0x45415343;
/// user_version: raised when stored tables change. What is derived has a version of its own.
inline constexpr int kSchemaVersion = 1;

/// Lays out a new capture: stored tables, derived tables, views, meta. One transaction.
int create_schema(Database& database, const std::string& program_version,
                  const std::string& decoder_version);

/// Empties the derived tables by dropping and creating them. Inside the caller's transaction.
int renew_derived(Database& database, const std::string& decoder_version, bool complete);

/// Whether the open database is a capture that this program reads: application id, version, and
/// plain tables under the names it uses. `file` is for messages.
[[nodiscard]] Result<void> check_schema(Database& database, const std::string& file);

/// Value of a row of `meta`; empty when it is missing.
[[nodiscard]] std::string meta_value(Database& database, const char* key);
int set_meta(Database& database, const char* key, const std::string& value);

/// Errors for a file that SQLite could not open or read.
[[nodiscard]] Error open_error(const SqlFailure& failure, const std::string& file);

}  // namespace eastap::capture
