#include "proxy/capture/row_store.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include "decoder/base/text.hpp"
#include "proxy/capture/derived_json.hpp"

namespace eastap::capture {
namespace {

using model::ConnectionEvent;
using model::Exchange;
using model::Message;

/// Connections whose facts need not be written again. A waiting phone has one each; forgetting one
/// costs a row.
constexpr std::size_t kKnownConnections = 16'384;
/// Exchanges without an end yet. Forgetting one costs a try to insert it before it is updated.
constexpr std::size_t kOpened = 262'144;

std::int64_t signed64(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::int64_t microseconds(Timestamp time) { return time.time_since_epoch().count(); }

const Exchange* exchange_of(const Queued& item) {
  const auto* record = std::get_if<pipeline::ExchangeRecord>(&item.record->what);
  return record == nullptr ? nullptr : &record->exchange;
}

bool is_whole(const Exchange& exchange) {
  return exchange.connection != nullptr && exchange.request != nullptr;
}

constexpr std::string_view kInsertExchange =
    "INSERT INTO exchanges (id, seq_open, seq_end, connection, connection_at_end, ending, error, "
    "delivered_octets, bodies_dropped_at_open, bodies_dropped, request_began, request_ended, "
    "request_body_size, request_wire_size, request_complete, response_began, response_ended, "
    "response_body_size, response_wire_size, response_complete, request_head, response_head, "
    "request_body, response_body, ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
    "?12, ?13, "
    "?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)";

constexpr std::string_view kUpdateExchange =
    "UPDATE exchanges SET seq_end = ?2, connection_at_end = ?3, ending = ?4, error = ?5, "
    "delivered_octets = ?6, bodies_dropped = ?7, response_began = ?8, response_ended = ?9, "
    "response_body_size = ?10, response_wire_size = ?11, response_complete = ?12, "
    "response_head = ?13, response_body = ?14, ended = ?15 WHERE id = ?1 AND seq_end IS NULL";

}  // namespace

int RowStore::attach(sqlite3* database, std::uint64_t session) {
  database_ = database;
  session_ = session;
  const int code = prepare();
  if (code != SQLITE_OK) detach();
  return code;
}

void RowStore::detach() {
  for (Statement* statement :
       {&begin_, &commit_, &rollback_, &insert_exchange_, &update_exchange_, &insert_connection_,
        &insert_event_, &insert_changed_request_, &insert_command_, &insert_finding_}) {
    statement->finalize();
  }
  database_ = nullptr;
}

void RowStore::forget_file() {
  connections_.clear();
  opened_.clear();
}

int RowStore::prepare() {
  const std::array<std::pair<Statement*, std::string_view>, 10> statements{{
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&insert_exchange_, kInsertExchange},
      {&update_exchange_, kUpdateExchange},
      {&insert_connection_,
       "INSERT INTO connections (id, opened, client, host, port, tls, sni, client_tls, "
       "upstream_tls, upstream) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
      {&insert_event_,
       "INSERT INTO connection_events (seq, kind, time, connection, reason, detail, octets_up, "
       "octets_down) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
      {&insert_changed_request_,
       "INSERT OR REPLACE INTO requests_at_end (exchange, began, ended, body_size, wire_size, "
       "complete, head, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
      {&insert_command_,
       "INSERT OR REPLACE INTO commands (exchange, name, user, device_id, device_type, user_agent, "
       "protocol_version, policy_key, http_status, eas_status, sync_key, new_sync_key, detail, "
       "statuses, collections, diagnostics) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
       "?12, ?13, ?14, ?15, ?16)"},
      {&insert_finding_,
       "INSERT OR REPLACE INTO findings (session, id, rule, severity, time, host, user, device_id, "
       "device_type, count, first, last, exchanges, because_of, summary, explanation, next_step, "
       "source) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
       "?17, ?18)"},
  }};
  for (const auto& [statement, sql] : statements) {
    const int code = statement->prepare(database_, sql);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int RowStore::store(std::span<const Queued> batch, StoreCounts& counts) {
  new_connections_.clear();
  new_opened_.clear();
  new_ended_.clear();
  errno = 0;
  int code = begin_.execute();
  if (code != SQLITE_OK) return fail(code);
  StoreCounts stored;
  code = store_rows(batch, stored);
  if (code == SQLITE_OK) code = commit_.execute();
  if (code != SQLITE_OK) {
    fail(code);
    // Some failures have rolled back by themselves.
    if (sqlite3_get_autocommit(database_) == 0) rollback_.execute();
    forget_uncommitted();
    return code;
  }
  for (const auto exchange : new_ended_) opened_.erase(exchange);
  if (opened_.size() > kOpened) opened_.clear();
  counts.inputs += stored.inputs;
  counts.lost += stored.lost;
  counts.bodies_lost += stored.bodies_lost;
  return SQLITE_OK;
}

int RowStore::fail(int code) {
  // SQLite keeps no errno of a failed COMMIT. Nothing has been called since that would set it.
  const int last_error = errno;
  failure_ = {code, sqlite3_system_errno(database_), sqlite3_errmsg(database_)};
  if (failure_.system_error == 0 && (code & 0xFF) == SQLITE_IOERR) {
    failure_.system_error = last_error;
  }
  return code;
}

void RowStore::forget_uncommitted() {
  for (const auto connection : new_connections_) connections_.erase(connection);
  for (const auto exchange : new_opened_) opened_.erase(exchange);
}

void RowStore::pair_up(std::span<const Queued> batch) {
  opened_in_batch_.clear();
  partner_.assign(batch.size(), 0);
  for (std::size_t index = 0; index < batch.size(); ++index) {
    const Exchange* exchange = exchange_of(batch[index]);
    if (exchange == nullptr) continue;
    if (exchange->ending == model::Ending::open) {
      opened_in_batch_.emplace(exchange->id.value, index);
    } else if (const auto open = opened_in_batch_.find(exchange->id.value);
               open != opened_in_batch_.end() && partner_[open->second] == 0) {
      partner_[open->second] = index + 1;
      partner_[index] = open->second + 1;
    }
  }
}

int RowStore::store_rows(std::span<const Queued> batch, StoreCounts& counts) {
  pair_up(batch);
  for (std::size_t index = 0; index < batch.size(); ++index) {
    const Queued& item = batch[index];
    int code = SQLITE_OK;
    if (const auto* record = std::get_if<pipeline::ExchangeRecord>(&item.record->what)) {
      const Exchange& exchange = record->exchange;
      if (!is_whole(exchange)) {
        ++counts.lost;
        continue;
      }
      if (exchange.ending == model::Ending::open) {
        if (partner_[index] != 0) continue;  // one row, with its end
        code = put_exchange(&exchange, item.sequence, nullptr, 0, counts);
      } else if (partner_[index] != 0) {
        const Queued& open = batch[partner_[index] - 1];
        code = put_exchange(exchange_of(open), open.sequence, &exchange, item.sequence, counts);
      } else {
        code = put_end(exchange, item.sequence, counts);
      }
      if (code == SQLITE_OK) code = put_command(exchange.id, record->command);
    } else if (const auto* event = std::get_if<ConnectionEvent>(&item.record->what)) {
      code = put_event(*event, item.sequence);
      if (code == SQLITE_OK) ++counts.inputs;
    } else {
      code = put_finding(std::get<findings::Finding>(item.record->what));
    }
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int RowStore::put_exchange(const Exchange* open, std::uint64_t open_sequence, const Exchange* end,
                           std::uint64_t end_sequence, StoreCounts& counts) {
  const std::uint64_t inputs = (open != nullptr ? 1U : 0U) + (end != nullptr ? 1U : 0U);
  if (open != nullptr && !is_whole(*open)) open = nullptr;
  if (open == nullptr && end == nullptr) return SQLITE_OK;
  int code = insert_exchange(open, open_sequence, end, end_sequence, false);
  if (code == SQLITE_TOOBIG) {
    code = insert_exchange(open, open_sequence, end, end_sequence, true);
    if (code == SQLITE_OK) counts.bodies_lost += inputs;
  }
  if ((code & 0xFF) == SQLITE_CONSTRAINT || code == SQLITE_TOOBIG) {
    counts.lost += inputs;
    return SQLITE_OK;
  }
  if (code == SQLITE_OK) counts.inputs += inputs;
  return code;
}

void RowStore::bind_response(int first_fact, int head, int body, const Message* response,
                             bool heads_only) {
  if (response == nullptr) {
    for (int column = first_fact; column < first_fact + 5; ++column) {
      insert_exchange_.bind_null(column);
    }
    insert_exchange_.bind_null(head);
    insert_exchange_.bind_null(body);
    return;
  }
  insert_exchange_.bind(first_fact, microseconds(response->began));
  insert_exchange_.bind(first_fact + 1, microseconds(response->ended));
  insert_exchange_.bind(first_fact + 2, signed64(response->body_size));
  insert_exchange_.bind(first_fact + 3, signed64(response->wire_size));
  insert_exchange_.bind(first_fact + 4, response->complete ? 1 : 0);
  insert_exchange_.bind_octets(head, response->head.raw());
  insert_exchange_.bind_octets(body, heads_only ? std::string_view{} : response->body);
}

int RowStore::insert_exchange(const Exchange* open, std::uint64_t open_sequence,
                              const Exchange* end, std::uint64_t end_sequence, bool heads_only) {
  const Exchange& first = open != nullptr ? *open : *end;
  const Exchange& last = end != nullptr ? *end : *open;
  std::int64_t first_row = 0;
  std::int64_t last_row = 0;
  int code = connection_row(first.connection, first_row);
  if (code == SQLITE_OK) code = connection_row(last.connection, last_row);
  if (code != SQLITE_OK) return code;

  Statement& row = insert_exchange_;
  const Message& request = *first.request;
  row.bind(1, signed64(first.id.value));
  open != nullptr ? row.bind(2, signed64(open_sequence)) : row.bind_null(2);
  end != nullptr ? row.bind(3, signed64(end_sequence)) : row.bind_null(3);
  row.bind(4, first_row);
  last_row != first_row ? row.bind(5, last_row) : row.bind_null(5);
  row.bind_words(6, model::to_string(last.ending));
  last.error.empty() ? row.bind_null(7) : row.bind_words(7, last.error);
  row.bind(8, signed64(last.delivered_octets));
  row.bind(9, open != nullptr && (open->bodies_dropped || heads_only) ? 1 : 0);
  row.bind(10, last.bodies_dropped || heads_only ? 1 : 0);
  row.bind(11, microseconds(request.began));
  row.bind(12, microseconds(request.ended));
  row.bind(13, signed64(request.body_size));
  row.bind(14, signed64(request.wire_size));
  row.bind(15, request.complete ? 1 : 0);
  bind_response(16, 22, 24, end != nullptr ? end->response.get() : nullptr, heads_only);
  row.bind_octets(21, request.head.raw());
  row.bind_octets(23, heads_only ? std::string_view{} : request.body);
  end != nullptr ? row.bind(25, microseconds(end->ended)) : row.bind_null(25);
  code = row.execute();
  if (code != SQLITE_OK) return code;

  if (end == nullptr) {
    opened_.insert_or_assign(first.id.value, Opened{first.request, first_row});
    new_opened_.push_back(first.id.value);
  } else if (open != nullptr && !heads_only) {
    return put_changed_request(*end, open->request.get());
  }
  return SQLITE_OK;
}

int RowStore::put_changed_request(const Exchange& end, const Message* stored) {
  if (end.request.get() == stored || (stored != nullptr && *end.request == *stored)) {
    return SQLITE_OK;
  }
  const Message& request = *end.request;
  Statement& row = insert_changed_request_;
  row.bind(1, signed64(end.id.value));
  row.bind(2, microseconds(request.began));
  row.bind(3, microseconds(request.ended));
  row.bind(4, signed64(request.body_size));
  row.bind(5, signed64(request.wire_size));
  row.bind(6, request.complete ? 1 : 0);
  row.bind_octets(7, request.head.raw());
  row.bind_octets(8, request.body);
  const int code = row.execute();
  return code == SQLITE_TOOBIG ? SQLITE_OK : code;
}

int RowStore::update_exchange(const Exchange& end, std::uint64_t end_sequence, bool heads_only) {
  const auto known = opened_.find(end.id.value);
  std::int64_t last_row = 0;
  int code = connection_row(end.connection, last_row);
  if (code != SQLITE_OK) return code;

  Statement& row = update_exchange_;
  row.bind(1, signed64(end.id.value));
  row.bind(2, signed64(end_sequence));
  const bool same = known != opened_.end() && known->second.connection_row == last_row;
  same ? row.bind_null(3) : row.bind(3, last_row);
  row.bind_words(4, model::to_string(end.ending));
  end.error.empty() ? row.bind_null(5) : row.bind_words(5, end.error);
  row.bind(6, signed64(end.delivered_octets));
  row.bind(7, end.bodies_dropped || heads_only ? 1 : 0);
  if (const Message* response = end.response.get()) {
    row.bind(8, microseconds(response->began));
    row.bind(9, microseconds(response->ended));
    row.bind(10, signed64(response->body_size));
    row.bind(11, signed64(response->wire_size));
    row.bind(12, response->complete ? 1 : 0);
    row.bind_octets(13, response->head.raw());
    row.bind_octets(14, heads_only ? std::string_view{} : response->body);
  } else {
    for (int column = 8; column <= 14; ++column) row.bind_null(column);
  }
  row.bind(15, microseconds(end.ended));
  code = row.execute();
  if (code != SQLITE_OK) return code;
  if (sqlite3_changes(database_) == 0) return SQLITE_NOTFOUND;
  new_ended_.push_back(end.id.value);
  const auto stored = known != opened_.end() ? known->second.request.lock() : nullptr;
  return put_changed_request(end, stored.get());
}

int RowStore::put_end(const Exchange& end, std::uint64_t sequence, StoreCounts& counts) {
  int code = SQLITE_NOTFOUND;
  if (opened_.contains(end.id.value)) {
    code = update_exchange(end, sequence, false);
    if (code == SQLITE_TOOBIG) {
      code = update_exchange(end, sequence, true);
      if (code == SQLITE_OK) ++counts.bodies_lost;
    }
    if (code == SQLITE_OK) {
      ++counts.inputs;
      return SQLITE_OK;
    }
    if (code != SQLITE_NOTFOUND) return code;
  }
  // Its beginning is not in this file (cut request, or the file was begun anew meanwhile) …
  const std::uint64_t lost_before = counts.lost;
  code = put_exchange(nullptr, 0, &end, sequence, counts);
  if (code != SQLITE_OK || counts.lost == lost_before) return code;
  // … or is, and was forgotten.
  code = update_exchange(end, sequence, false);
  if (code == SQLITE_OK) {
    counts.lost = lost_before;
    ++counts.inputs;
  }
  return code == SQLITE_NOTFOUND || code == SQLITE_TOOBIG ? SQLITE_OK : code;
}

int RowStore::put_event(const ConnectionEvent& event, std::uint64_t sequence) {
  std::int64_t connection = 0;
  if (event.connection) {
    const int code = connection_row(event.connection, connection);
    if (code != SQLITE_OK) return code;
  }
  Statement& row = insert_event_;
  row.bind(1, signed64(sequence));
  row.bind_words(2, model::to_string(event.kind));
  row.bind(3, microseconds(event.time));
  event.connection ? row.bind(4, connection) : row.bind_null(4);
  row.bind_words(5, event.reason);
  row.bind_words(6, event.detail);
  row.bind(7, signed64(event.octets_up));
  row.bind(8, signed64(event.octets_down));
  return row.execute();
}

int RowStore::connection_row(const std::shared_ptr<const model::Connection>& connection,
                             std::int64_t& row) {
  const auto known = connections_.find(connection->id.value);
  if (known != connections_.end() &&
      (known->second.facts == connection || *known->second.facts == *connection)) {
    row = known->second.row;
    return SQLITE_OK;
  }
  Statement& insert = insert_connection_;
  insert.bind(1, signed64(connection->id.value));
  insert.bind(2, microseconds(connection->opened));
  insert.bind_words(3, connection->client);
  insert.bind_words(4, connection->host);
  insert.bind(5, connection->port);
  insert.bind(6, connection->tls ? 1 : 0);
  insert.bind_words(7, connection->sni);
  insert.bind_words(8, connection->client_tls);
  insert.bind_words(9, connection->upstream_tls);
  insert.bind_words(10, connection->upstream);
  const int code = insert.execute();
  if (code != SQLITE_OK) return code;
  row = sqlite3_last_insert_rowid(database_);
  if (connections_.size() >= kKnownConnections) connections_.clear();
  connections_.insert_or_assign(connection->id.value, KnownConnection{connection, row});
  new_connections_.push_back(connection->id.value);
  return SQLITE_OK;
}

int RowStore::put_command(ExchangeId exchange, const eas::Command& command) {
  Statement& row = insert_command_;
  // Texts that were not on the wire stay NULL.
  const auto bind = [&row](int column, const std::string& words) {
    words.empty() ? row.bind_null(column) : row.bind_words(column, words);
  };
  row.bind(1, signed64(exchange.value));
  bind(2, command.name);
  bind(3, command.user);
  bind(4, command.device_id);
  bind(5, command.device_type);
  bind(6, command.user_agent);
  bind(7, command.protocol_version);
  bind(8, command.policy_key);
  command.http_status ? row.bind(9, *command.http_status) : row.bind_null(9);
  command.eas_status ? row.bind(10, *command.eas_status) : row.bind_null(10);
  bind(11, command.sync_key);
  bind(12, command.new_sync_key);
  bind(13, command.detail);
  const std::string statuses = statuses_json(command);
  const std::string collections = collections_json(command);
  const std::string diagnostics = diagnostics_json(command);
  bind(14, statuses);
  bind(15, collections);
  bind(16, diagnostics);
  return row.execute();
}

int RowStore::put_finding(const findings::Finding& finding) {
  Statement& row = insert_finding_;
  row.bind(1, signed64(session_));
  row.bind(2, signed64(finding.id.value));
  row.bind_words(3, finding.rule);
  row.bind_words(4, severity_word(finding.severity));
  row.bind(5, microseconds(finding.time));
  row.bind_words(6, finding.host);
  row.bind_words(7, finding.user);
  row.bind_words(8, finding.device_id);
  row.bind_words(9, finding.device_type);
  row.bind(10, signed64(finding.count));
  row.bind(11, microseconds(finding.first));
  row.bind(12, microseconds(finding.last));
  const std::string exchanges = ids_json(finding.exchanges);
  const std::string because_of = ids_json(finding.because_of);
  row.bind_words(13, exchanges);
  row.bind_words(14, because_of);
  row.bind_words(15, finding.summary);
  row.bind_words(16, finding.explanation);
  row.bind_words(17, finding.next_step);
  row.bind_words(18, finding.source);
  return row.execute();
}

}  // namespace eastap::capture
