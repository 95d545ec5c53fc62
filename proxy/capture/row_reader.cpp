#include "proxy/capture/row_reader.hpp"

#include <utility>

namespace eastap::capture {
namespace {

/// Facts of connections kept for further exchanges.
constexpr std::size_t kConnections = 4096;
/// Words of a row besides heads and bodies: names, addresses, explanations.
constexpr std::size_t kWordsLimit = 1U << 20;
/// Years 1 to 9999: what RFC 3339 can say.
constexpr std::int64_t kEarliest = -62'135'596'800'000'000;
constexpr std::int64_t kLatest = 253'402'300'799'999'999;

constexpr std::string_view kExchange =
    "SELECT connection, connection_at_end, ending, error, delivered_octets, "
    "bodies_dropped_at_open, bodies_dropped, request_began, request_ended, request_body_size, "
    "request_wire_size, request_complete, response_began, response_ended, response_body_size, "
    "response_wire_size, response_complete, request_head, response_head, request_body, "
    "response_body, ended FROM exchanges WHERE id = ?1";
enum ExchangeColumn : int {
  kConnection,
  kConnectionAtEnd,
  kEnding,
  kError,
  kDelivered,
  kDroppedAtOpen,
  kDropped,
  kRequestFacts,
  kResponseFacts = kRequestFacts + 5,
  kRequestHead = kResponseFacts + 5,
  kResponseHead,
  kRequestBody,
  kResponseBody,
  kEnded
};

}  // namespace

/// The present row of a statement, read with suspicion: the first oddity is kept in `problem`.
class RowReader::Row {
 public:
  Row(const Statement& statement, std::string& problem)
      : statement_{statement}, problem_{problem} {}

  std::int64_t number(int column, std::int64_t least, std::int64_t most) {
    if (statement_.type(column) != SQLITE_INTEGER) return odd(column, "is not a number");
    const auto value = statement_.number(column);
    if (value < least || value > most) return odd(column, "is out of range");
    return value;
  }
  std::uint64_t count(int column) {
    return static_cast<std::uint64_t>(number(column, 0, INT64_MAX));
  }
  bool truth(int column) { return number(column, 0, 1) != 0; }
  Timestamp time(int column) { return Timestamp{Microseconds{number(column, kEarliest, kLatest)}}; }
  std::string octets(int column, std::size_t limit) {
    const int type = statement_.type(column);
    if (type != SQLITE_BLOB && type != SQLITE_TEXT) {
      odd(column, "holds no octets");
      return {};
    }
    const auto value = statement_.octets(column);
    if (value.size() > limit) {
      odd(column, "is larger than the limit of " + std::to_string(limit) + " octets");
      return {};
    }
    return std::string{value};
  }
  std::string words(int column) {
    return is_null(column) ? std::string{} : octets(column, kWordsLimit);
  }
  [[nodiscard]] bool is_null(int column) const { return statement_.type(column) == SQLITE_NULL; }

 private:
  std::int64_t odd(int column, const std::string& what) {
    if (problem_.empty()) problem_ = "column " + std::to_string(column + 1) + " " + what;
    return 0;
  }
  const Statement& statement_;
  std::string& problem_;
};

int RowReader::attach(sqlite3* database) {
  database_ = database;
  int code = exchange_.prepare(database, kExchange);
  if (code == SQLITE_OK) {
    code = changed_request_.prepare(database,
                                    "SELECT began, ended, body_size, wire_size, complete, head, "
                                    "body FROM requests_at_end WHERE exchange = ?1");
  }
  if (code == SQLITE_OK) {
    code = connection_.prepare(database,
                               "SELECT id, opened, client, host, port, tls, sni, client_tls, "
                               "upstream_tls, upstream FROM connections WHERE row = ?1");
  }
  if (code == SQLITE_OK) {
    code = event_.prepare(database,
                          "SELECT kind, time, connection, reason, detail, octets_up, octets_down "
                          "FROM connection_events WHERE seq = ?1");
  }
  return code;
}

void RowReader::detach() {
  for (Statement* statement : {&exchange_, &changed_request_, &connection_, &event_}) {
    statement->finalize();
  }
  database_ = nullptr;
}

void RowReader::forget_file() {
  connections_.clear();
  requests_.clear();
  request_order_.clear();
  request_octets_ = 0;
}

Result<pipeline::Input> RowReader::read(What what, std::int64_t row) {
  auto input = what == What::event ? read_event(row) : read_exchange(what, row);
  exchange_.reset();
  changed_request_.reset();
  connection_.reset();
  event_.reset();
  return input;
}

Result<pipeline::Input> RowReader::read_exchange(What what, std::int64_t id) {
  std::string problem;
  const auto unreadable = [&](Errc code) {
    return tl::unexpected(
        Error{code, 0,
              "exchange " + std::to_string(id) + " cannot be read from the capture: " + problem});
  };
  exchange_.bind(1, id);
  const int code = exchange_.step();
  if (code != SQLITE_ROW) {
    problem = code == SQLITE_DONE ? "its row is missing" : sqlite3_errmsg(database_);
    return unreadable((code & 0xFF) == SQLITE_TOOBIG ? Errc::too_large : Errc::malformed);
  }
  Row row{exchange_, problem};
  model::Exchange exchange;
  exchange.id = {static_cast<std::uint64_t>(id)};
  if (id <= 0) problem = "its number is out of range";
  const auto ending = model::ending_from(row.words(kEnding));
  const auto connection_column =
      what == What::end && !row.is_null(kConnectionAtEnd) ? kConnectionAtEnd : kConnection;
  exchange.connection = connection(row.number(connection_column, 1, INT64_MAX), problem);
  exchange.request = request_of(id, what, problem);
  if (what == What::opening) {
    exchange.bodies_dropped = row.truth(kDroppedAtOpen);
  } else {
    if (problem.empty() && (!ending || *ending == model::Ending::open)) {
      problem = "its ending is not one of those known";
    }
    exchange.ending = ending.value_or(model::Ending::proxy_failed);
    exchange.error = row.words(kError);
    exchange.ended = row.time(kEnded);
    exchange.delivered_octets = row.count(kDelivered);
    exchange.bodies_dropped = row.truth(kDropped);
    if (!row.is_null(kResponseFacts)) {
      exchange.response = message(row, kResponseFacts, kResponseHead, kResponseBody);
    }
  }
  if (!problem.empty()) return unreadable(Errc::malformed);
  return exchange;
}

RowReader::MessagePtr RowReader::message(Row& row, int first_fact, int head, int body) {
  auto message = std::make_shared<model::Message>();
  message->began = row.time(first_fact);
  message->ended = row.time(first_fact + 1);
  message->body_size = row.count(first_fact + 2);
  message->wire_size = row.count(first_fact + 3);
  message->complete = row.truth(first_fact + 4);
  message->head = model::HeaderList{row.octets(head, settings_.head_limit)};
  message->body = row.octets(body, settings_.body_limit);
  return message;
}

RowReader::MessagePtr RowReader::request_of(std::int64_t id, What what, std::string& problem) {
  if (what == What::end) {
    if (auto changed = changed_request(id, problem)) return changed;
    if (const auto known = requests_.find(id); known != requests_.end()) return known->second;
  }
  Row row{exchange_, problem};
  auto request = message(row, kRequestFacts, kRequestHead, kRequestBody);
  if (what == What::opening && problem.empty()) remember(id, request);
  return request;
}

RowReader::MessagePtr RowReader::changed_request(std::int64_t id, std::string& problem) {
  changed_request_.bind(1, id);
  const int code = changed_request_.step();
  if (code == SQLITE_DONE) return nullptr;
  if (code != SQLITE_ROW) {
    if (problem.empty()) problem = sqlite3_errmsg(database_);
    return nullptr;
  }
  Row row{changed_request_, problem};
  return message(row, 0, 5, 6);
}

void RowReader::remember(std::int64_t id, const MessagePtr& request) {
  const auto size = [](const MessagePtr& message) {
    return sizeof *message + message->head.raw().size() + message->body.size();
  };
  if (!requests_.emplace(id, request).second) return;
  request_order_.push_back(id);
  request_octets_ += size(request);
  while (request_octets_ > settings_.request_cache && !request_order_.empty()) {
    const auto oldest = requests_.find(request_order_.front());
    request_order_.pop_front();
    request_octets_ -= size(oldest->second);
    requests_.erase(oldest);
  }
}

RowReader::ConnectionPtr RowReader::connection(std::int64_t row_number, std::string& problem) {
  if (const auto known = connections_.find(row_number); known != connections_.end()) {
    return known->second;
  }
  connection_.reset();
  connection_.bind(1, row_number);
  const int code = connection_.step();
  if (code != SQLITE_ROW) {
    if (problem.empty()) {
      problem = code == SQLITE_DONE ? "its connection is missing" : sqlite3_errmsg(database_);
    }
    return nullptr;
  }
  Row row{connection_, problem};
  auto connection = std::make_shared<model::Connection>();
  connection->id = {static_cast<std::uint64_t>(row.number(0, 1, INT64_MAX))};
  connection->opened = row.time(1);
  connection->client = row.words(2);
  connection->host = row.words(3);
  connection->port = static_cast<std::uint16_t>(row.number(4, 0, UINT16_MAX));
  connection->tls = row.truth(5);
  connection->sni = row.words(6);
  connection->client_tls = row.words(7);
  connection->upstream_tls = row.words(8);
  connection->upstream = row.words(9);
  if (!problem.empty()) return nullptr;
  if (connections_.size() >= kConnections) connections_.clear();
  connections_.emplace(row_number, connection);
  return connection;
}

Result<pipeline::Input> RowReader::read_event(std::int64_t sequence) {
  std::string problem;
  model::ConnectionEvent event;
  event_.bind(1, sequence);
  const int code = event_.step();
  if (code == SQLITE_ROW) {
    Row row{event_, problem};
    const auto kind = model::connection_event_kind_from(row.words(0));
    if (!kind) problem = "its kind is not one of those known";
    event.kind = kind.value_or(model::ConnectionEvent::Kind::proxy_note);
    event.time = row.time(1);
    if (!row.is_null(2)) event.connection = connection(row.number(2, 1, INT64_MAX), problem);
    if (row.is_null(2) && event.kind != model::ConnectionEvent::Kind::proxy_note) {
      problem = "its connection is missing";
    }
    event.reason = row.words(3);
    event.detail = row.words(4);
    event.octets_up = row.count(5);
    event.octets_down = row.count(6);
  } else {
    problem = code == SQLITE_DONE ? "its row is missing" : sqlite3_errmsg(database_);
  }
  if (!problem.empty()) {
    return tl::unexpected(Error{
        Errc::malformed, 0,
        "event " + std::to_string(sequence) + " cannot be read from the capture: " + problem});
  }
  return event;
}

}  // namespace eastap::capture
