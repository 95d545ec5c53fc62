#include "proxy/capture/schema.hpp"

#include <array>
#include <chrono>
#include <cstring>

#include <unistd.h>

#include "decoder/base/text.hpp"
#include "decoder/base/time.hpp"

namespace eastap::capture {
namespace {

// Times are microseconds since 1970-01-01 UTC. Blobs stand last in a row: whoever reads only the
// columns before them never touches their pages.
constexpr const char* kStored = R"sql(
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT
) WITHOUT ROWID;

-- One row each time an eastap wrote this file; `ended` is NULL when it was killed.
CREATE TABLE sessions (
  id              INTEGER PRIMARY KEY,
  program_version TEXT,
  host            TEXT,
  started         INTEGER NOT NULL,
  ended           INTEGER,
  first_seq       INTEGER NOT NULL
);

-- Facts of client connections, as known at a time; `id` is the number shown, `row` what others refer to.
CREATE TABLE connections (
  row          INTEGER PRIMARY KEY,
  id           INTEGER NOT NULL,
  opened       INTEGER NOT NULL,
  client       TEXT,
  host         TEXT,
  port         INTEGER,
  tls          INTEGER,
  sni          TEXT,
  client_tls   TEXT,
  upstream_tls TEXT,
  upstream     TEXT
);
CREATE INDEX connections_by_id ON connections (id);

-- `seq_open`: place in the order of all inputs when the request was complete; `seq_end`: when it ended.
CREATE TABLE exchanges (
  id                     INTEGER PRIMARY KEY,
  seq_open               INTEGER,
  seq_end                INTEGER,
  connection             INTEGER NOT NULL,
  connection_at_end      INTEGER,
  ending                 TEXT NOT NULL,
  error                  TEXT,
  delivered_octets       INTEGER NOT NULL,
  bodies_dropped_at_open INTEGER NOT NULL,
  bodies_dropped         INTEGER NOT NULL,
  request_began          INTEGER NOT NULL,
  request_ended          INTEGER NOT NULL,
  request_body_size      INTEGER NOT NULL,
  request_wire_size      INTEGER NOT NULL,
  request_complete       INTEGER NOT NULL,
  response_began         INTEGER,
  response_ended         INTEGER,
  response_body_size     INTEGER,
  response_wire_size     INTEGER,
  response_complete      INTEGER,
  request_head           BLOB NOT NULL,
  response_head          BLOB,
  request_body           BLOB NOT NULL,
  response_body          BLOB,
  ended                  INTEGER
);
CREATE INDEX exchanges_by_seq_open ON exchanges (seq_open) WHERE seq_open IS NOT NULL;
CREATE INDEX exchanges_by_seq_end ON exchanges (seq_end) WHERE seq_end IS NOT NULL;

-- Only where the end of an exchange told another request than its beginning (bodies dropped between).
CREATE TABLE requests_at_end (
  exchange  INTEGER PRIMARY KEY,
  began     INTEGER NOT NULL,
  ended     INTEGER NOT NULL,
  body_size INTEGER NOT NULL,
  wire_size INTEGER NOT NULL,
  complete  INTEGER NOT NULL,
  head      BLOB NOT NULL,
  body      BLOB NOT NULL
);

CREATE TABLE connection_events (
  seq         INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL,
  time        INTEGER NOT NULL,
  connection  INTEGER,
  reason      TEXT,
  detail      TEXT,
  octets_up   INTEGER NOT NULL,
  octets_down INTEGER NOT NULL
);

CREATE VIEW v_exchanges AS
SELECT e.id,
       strftime('%Y-%m-%dT%H:%M:%S', e.request_began / 1000000, 'unixepoch')
         || printf('.%06dZ', e.request_began % 1000000) AS time,
       c.id AS connection, c.client, c.host,
       substr(e.request_line, 1, instr(e.request_line, ' ') - 1) AS method,
       substr(e.request_line, instr(e.request_line, ' ') + 1,
              length(e.request_line) - instr(e.request_line, ' ') - 9) AS target,
       CAST(substr(e.status_line, instr(e.status_line, ' ') + 1, 3) AS INTEGER) AS http_status,
       d.name AS command, d.user, d.device_id, d.device_type, d.protocol_version, d.eas_status,
       d.sync_key, d.new_sync_key, d.detail,
       e.ending, e.error,
       CAST((e.ended - e.request_began) / 1000.0 AS INTEGER) AS duration_ms,
       e.request_body_size AS request_bytes, e.response_body_size AS response_bytes,
       e.delivered_octets, e.bodies_dropped,
       e.request_head, e.request_body, e.response_head, e.response_body
FROM (SELECT *,
        rtrim(CAST(substr(request_head, 1, instr(request_head, x'0a')) AS TEXT),
              char(13, 10)) AS request_line,
        rtrim(CAST(substr(response_head, 1, instr(response_head, x'0a')) AS TEXT),
              char(13, 10)) AS status_line
      FROM exchanges) AS e
LEFT JOIN connections AS c ON c.row = coalesce(e.connection_at_end, e.connection)
LEFT JOIN commands AS d ON d.exchange = e.id;

CREATE VIEW v_connection_events AS
SELECT v.seq,
       strftime('%Y-%m-%dT%H:%M:%S', v.time / 1000000, 'unixepoch')
         || printf('.%06dZ', v.time % 1000000) AS time,
       v.kind, v.reason, c.id AS connection, c.client, c.host, c.port, c.upstream,
       v.octets_up, v.octets_down, v.detail
FROM connection_events AS v LEFT JOIN connections AS c ON c.row = v.connection;

CREATE VIEW v_findings AS
SELECT f.session, f.id,
       strftime('%Y-%m-%dT%H:%M:%S', f.time / 1000000, 'unixepoch')
         || printf('.%06dZ', f.time % 1000000) AS time,
       f.severity, f.rule, f.user, f.device_id, f.device_type, f.host, f.count,
       f.summary, f.explanation, f.next_step, f.source, f.exchanges, f.because_of
FROM findings AS f;
)sql";

constexpr const char* kDropDerived =
    "DROP TABLE IF EXISTS commands; DROP TABLE IF EXISTS findings;";

// `statuses`, `collections`, `diagnostics`, `exchanges`, `because_of` are JSON, for json_each().
constexpr const char* kDerived = R"sql(
CREATE TABLE commands (
  exchange         INTEGER PRIMARY KEY,
  name             TEXT,
  user             TEXT,
  device_id        TEXT,
  device_type      TEXT,
  user_agent       TEXT,
  protocol_version TEXT,
  policy_key       TEXT,
  http_status      INTEGER,
  eas_status       INTEGER,
  sync_key         TEXT,
  new_sync_key     TEXT,
  detail           TEXT,
  statuses         TEXT,
  collections      TEXT,
  diagnostics      TEXT
);
-- `session` 0: derived again from the whole capture; else numbered as that run showed them.
CREATE TABLE findings (
  session     INTEGER NOT NULL,
  id          INTEGER NOT NULL,
  rule        TEXT NOT NULL,
  severity    TEXT NOT NULL,
  time        INTEGER NOT NULL,
  host        TEXT,
  user        TEXT,
  device_id   TEXT,
  device_type TEXT,
  count       INTEGER NOT NULL,
  first       INTEGER NOT NULL,
  last        INTEGER NOT NULL,
  exchanges   TEXT NOT NULL,
  because_of  TEXT NOT NULL,
  summary     TEXT,
  explanation TEXT,
  next_step   TEXT,
  source      TEXT,
  PRIMARY KEY (session, id)
) WITHOUT ROWID;
)sql";

constexpr std::array<const char*, 6> kTables{"meta",      "sessions",        "connections",
                                             "exchanges", "requests_at_end", "connection_events"};

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

std::int64_t now_in_microseconds() {
  return std::chrono::duration_cast<Microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Words from a file in a message: printable ASCII only, and few.
std::string printable_version(const std::string& words) {
  std::string kept;
  for (const char letter : words.substr(0, 40)) {
    if (letter > ' ' && letter < 0x7F) kept.push_back(letter);
  }
  return kept;
}

/// A name that the reader uses must be an ordinary table: a view or a computed column could run
/// whatever the file's author wrote.
bool is_plain_table(Database& database, const char* name) {
  Statement kind;
  if (kind.prepare(database.handle(),
                   "SELECT count(*) FROM sqlite_schema WHERE name = ?1 AND type = 'table' "
                   "AND rootpage > 0") != SQLITE_OK) {
    return false;
  }
  kind.bind_words(1, name);
  if (kind.step() != SQLITE_ROW || kind.number(0) != 1) return false;
  Statement columns;
  if (columns.prepare(database.handle(),
                      "SELECT count(*), sum(hidden <> 0) FROM pragma_table_xinfo(?1)") !=
      SQLITE_OK) {
    return false;
  }
  columns.bind_words(1, name);
  return columns.step() == SQLITE_ROW && columns.number(0) > 0 && columns.number(1) == 0;
}

}  // namespace

int renew_derived(Database& database, const std::string& decoder_version, bool complete) {
  int code = database.run(kDropDerived);
  if (code == SQLITE_OK) code = database.run(kDerived);
  if (code == SQLITE_OK) code = set_meta(database, "decoder_version", decoder_version);
  if (code == SQLITE_OK) code = set_meta(database, "derived_complete", complete ? "1" : "0");
  return code;
}

int create_schema(Database& database, const std::string& program_version,
                  const std::string& decoder_version) {
  // Twice SQLite's default: a tenth less CPU for each exchange of a busy capture.
  int code = database.run("PRAGMA page_size = 8192; BEGIN IMMEDIATE");
  if (code != SQLITE_OK) return code;
  const std::string marks = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                            "; PRAGMA user_version = " + std::to_string(kSchemaVersion) + ";";
  code = database.run(marks.c_str());
  if (code == SQLITE_OK) code = database.run(kStored);
  if (code == SQLITE_OK) code = renew_derived(database, decoder_version, true);
  if (code == SQLITE_OK) code = set_meta(database, "program", "eastap");
  if (code == SQLITE_OK) code = set_meta(database, "program_version", program_version);
  if (code == SQLITE_OK) code = set_meta(database, "host", host_name());
  if (code == SQLITE_OK)
    code = set_meta(database, "created", std::to_string(now_in_microseconds()));
  if (code == SQLITE_OK) code = database.run("COMMIT");
  return code;
}

Result<void> check_schema(Database& database, const std::string& file) {
  const auto application = database.number("PRAGMA application_id", -1);
  if (application < 0) return tl::unexpected(open_error(database.failure(), file));
  if (application != kApplicationId) {
    return tl::unexpected(Error{Errc::malformed, 0,
                                file + " is an SQLite file, but not a capture of eastap: choose "
                                       "another file"});
  }
  const auto version = database.number("PRAGMA user_version", 0);
  if (version > kSchemaVersion) {
    const auto writer = printable_version(meta_value(database, "program_version"));
    return tl::unexpected(Error{
        Errc::unsupported, 0,
        file + " was written by a newer eastap" + (writer.empty() ? "" : " (" + writer + ")") +
            ": capture version " + std::to_string(version) + ", and this one reads up to " +
            std::to_string(kSchemaVersion) + ". Update eastap, or choose another file"});
  }
  if (version < 1) {
    return tl::unexpected(Error{Errc::malformed, 0,
                                file + " has capture version " + std::to_string(version) +
                                    ", which no eastap wrote: it is damaged"});
  }
  for (const char* table : kTables) {
    if (!is_plain_table(database, table)) {
      const auto failure = database.failure();
      if ((failure.code & 0xFF) != SQLITE_OK && (failure.code & 0xFF) != SQLITE_ROW &&
          (failure.code & 0xFF) != SQLITE_DONE) {
        return tl::unexpected(open_error(failure, file));
      }
      return tl::unexpected(
          Error{Errc::malformed, 0, file + " is damaged: its table " + table + " is missing"});
    }
  }
  return {};
}

std::string meta_value(Database& database, const char* key) {
  Statement statement;
  if (statement.prepare(database.handle(), "SELECT value FROM meta WHERE key = ?1") != SQLITE_OK) {
    return {};
  }
  statement.bind_words(1, key);
  if (statement.step() != SQLITE_ROW) return {};
  return repaired_utf8(statement.octets(0).substr(0, 256));
}

int set_meta(Database& database, const char* key, const std::string& value) {
  Statement statement;
  const int code =
      statement.prepare(database.handle(), "INSERT OR REPLACE INTO meta VALUES (?1, ?2)");
  if (code != SQLITE_OK) return code;
  statement.bind_words(1, key);
  statement.bind_words(2, value);
  return statement.execute();
}

Error open_error(const SqlFailure& failure, const std::string& file) {
  const std::string reason =
      failure.system_error != 0 ? std::strerror(failure.system_error) : failure.words;
  switch (failure.code & 0xFF) {
    case SQLITE_NOTADB:
      return {Errc::malformed, 0, file + " is not a capture of eastap: choose another file"};
    case SQLITE_CORRUPT:
      return {Errc::malformed, 0,
              file + " is damaged or cut off (" + failure.words +
                  "): copy it once more from where it was written, try sqlite3's .recover, or "
                  "name another file"};
    case SQLITE_FULL: return {Errc::io, 0, file + " cannot be written: the disk is full"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::io, 0, file + " is locked by another program: close it and try again"};
    default: return {Errc::io, 0, file + " cannot be opened: " + reason};
  }
}

}  // namespace eastap::capture
