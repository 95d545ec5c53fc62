#include "proxy/capture/derived.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <unistd.h>

#include "decoder/base/text.hpp"
#include "proxy/capture/derived_json.hpp"
#include "proxy/capture/lock_file.hpp"
#include "proxy/capture/reader.hpp"
#include "proxy/capture/row_store.hpp"
#include "proxy/capture/schema.hpp"

namespace eastap::capture {
namespace {

/// Entries of a list in a derived table: a body of nothing but statuses is not worth a table twice.
constexpr std::size_t kListed = 1000;

void append_text(std::string& json, std::string_view text) {
  std::string repaired;
  if (!is_utf8(text)) {
    repaired = repaired_utf8(text);
    text = repaired;
  }
  json.push_back('"');
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      json.push_back('\\');
      json.push_back(letter);
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      json += "\\u00";
      json += to_hex(std::string_view{&letter, 1});
    } else {
      json.push_back(letter);
    }
  }
  json.push_back('"');
}

/// One flat object; members without a value are left out.
class Object {
 public:
  explicit Object(std::string& json) : json_{json} { json_.push_back('{'); }
  ~Object() { json_.push_back('}'); }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    append_text(json_, value);
  }
  void number(std::string_view name, std::int64_t value) {
    key(name);
    json_ += std::to_string(value);
  }
  void count(std::string_view name, std::uint32_t value) {
    if (value != 0) number(name, value);
  }
  void number(std::string_view name, const std::optional<int>& value) {
    if (value) number(name, std::int64_t{*value});
  }

 private:
  void key(std::string_view name) {
    if (!first_) json_.push_back(',');
    first_ = false;
    json_.push_back('"');
    json_ += name;
    json_ += "\":";
  }
  std::string& json_;
  bool first_ = true;
};

template <class List, class Write>
std::string list_json(const List& list, Write write) {
  std::string json;
  if (list.empty()) return json;
  json.push_back('[');
  const std::size_t listed = std::min(list.size(), kListed);
  for (std::size_t index = 0; index < listed; ++index) {
    if (index != 0) json.push_back(',');
    Object object{json};
    write(object, list[index]);
  }
  json.push_back(']');
  return json;
}

/// Feeds the whole capture through the interpreter into fresh tables; the transaction is the
/// caller's.
Result<std::optional<RebuildCounts>> derive_all(Database& database, Reader& reader,
                                                const MakeInterpreter& make_interpreter,
                                                const std::string& file) {
  RowStore rows;
  int code = rows.attach(database.handle(), 0);
  const auto interpreter = make_interpreter(reader, [&](const pipeline::RecordPtr& record) {
    if (code != SQLITE_OK) return;
    if (const auto* exchange = std::get_if<pipeline::ExchangeRecord>(&record->what)) {
      code = rows.put_command(exchange->exchange.id, exchange->command);
    } else if (const auto* finding = std::get_if<findings::Finding>(&record->what)) {
      code = rows.put_finding(*finding);
    }
  });
  RebuildCounts counts;
  while (code == SQLITE_OK) {
    auto input = reader.next();
    if (!input) break;
    if (*input) {
      ++counts.inputs;
      if (!interpreter->take(std::move(**input))) return std::nullopt;
    } else {
      ++counts.unreadable;
      interpreter->unreadable(input->error());
    }
  }
  if (code == SQLITE_OK) interpreter->finish();
  if (code != SQLITE_OK) return tl::unexpected(open_error(database.failure(), file));
  // An exchange that was seen waiting and then answered, or a finding that grew, is one row.
  const auto rows_of = [&](const char* sql) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(database.number(sql), 0));
  };
  counts.commands = rows_of("SELECT count(*) FROM commands");
  counts.findings = rows_of("SELECT count(*) FROM findings");
  return counts;
}

/// An ordinary file that this user may write: SQLite would open any other to read.
Result<void> check_writable(const std::string& file) {
  if (access(file.c_str(), W_OK) == 0) return {};
  return tl::unexpected(Error{Errc::io, 0,
                              file + " cannot be written: " + std::strerror(errno) +
                                  ". Change its owner or mode, or work on a copy"});
}

}  // namespace

std::string statuses_json(const eas::Command& command) {
  return list_json(command.statuses, [](Object& object, const eas::Status& status) {
    object.text("scope", status.scope);
    object.number("code", std::int64_t{status.code});
    object.text("place", status.place);
    object.text("name", status.name);
  });
}

std::string collections_json(const eas::Command& command) {
  return list_json(command.collections, [](Object& object, const eas::Collection& collection) {
    object.text("id", collection.id);
    object.text("class", collection.class_name);
    object.text("folder", collection.folder_name);
    object.text("sync_key", collection.sync_key);
    object.text("new_sync_key", collection.new_sync_key);
    object.number("status", collection.status);
    object.count("client_adds", collection.client_adds);
    object.count("client_changes", collection.client_changes);
    object.count("client_deletes", collection.client_deletes);
    object.count("client_fetches", collection.client_fetches);
    object.count("adds", collection.adds);
    object.count("changes", collection.changes);
    object.count("deletes", collection.deletes);
    object.count("soft_deletes", collection.soft_deletes);
    object.count("fetches", collection.fetches);
    object.count("more_available", collection.more_available ? 1 : 0);
  });
}

std::string diagnostics_json(const eas::Command& command) {
  return list_json(command.diagnostics, [](Object& object, const Diagnostic& diagnostic) {
    object.text("code", to_string(diagnostic.code));
    object.text("part", diagnostic.part);
    object.number("offset", static_cast<std::int64_t>(diagnostic.offset));
    object.text("text", diagnostic.text);
  });
}

std::string_view severity_word(findings::Severity severity) {
  switch (severity) {
    case findings::Severity::info: return "info";
    case findings::Severity::notice: return "notice";
    case findings::Severity::warning: return "warning";
    case findings::Severity::error: return "error";
  }
  return "unknown";
}

Result<std::optional<RebuildCounts>> rebuild_derived(const std::filesystem::path& path,
                                                     const std::string& decoder_version,
                                                     const MakeInterpreter& make_interpreter) {
  const std::string file = path.string();
  auto opened = Reader::open(path);
  if (!opened) return tl::unexpected(opened.error());
  std::optional<Reader> reader{std::move(*opened)};
  if (auto writable = check_writable(file); !writable) return tl::unexpected(writable.error());
  auto lock = LockFile::acquire(path);
  if (!lock) return tl::unexpected(lock.error());
  Database database;
  if (database.open(file, SQLITE_OPEN_READWRITE, {}) != SQLITE_OK) {
    return tl::unexpected(open_error(database.failure(), file));
  }
  distrust_schema(database);
  const auto failed = [&] { return tl::unexpected(open_error(database.failure(), file)); };
  // With a write-ahead log the reader sees the old state while the new one is made.
  if (database.run("PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = "
                   "NORMAL; BEGIN IMMEDIATE") != SQLITE_OK) {
    return failed();
  }
  if (renew_derived(database, decoder_version, true) != SQLITE_OK) return failed();
  auto counts = derive_all(database, *reader, make_interpreter, file);
  const bool complete = counts && *counts;
  if (complete) {
    if (database.run("COMMIT") != SQLITE_OK) return failed();
  } else if (sqlite3_get_autocommit(database.handle()) == 0) {
    database.run("ROLLBACK");
  }
  reader.reset();  // its connection would keep the log in place
  // With another reader in the file the log stays, and is folded in when that is gone.
  const int code = database.run("PRAGMA journal_mode = DELETE") & 0xFF;
  const bool in_use = code == SQLITE_BUSY || code == SQLITE_LOCKED;
  if (complete && code != SQLITE_OK && !in_use) return failed();
  return counts;
}

}  // namespace eastap::capture
