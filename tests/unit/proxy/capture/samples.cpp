#include "samples.hpp"

#include <algorithm>
#include <stdexcept>

#include <sqlite3.h>
#include <unistd.h>

namespace eastap::capture::test {
namespace {

using model::Exchange;
using model::Message;

Timestamp at(std::int64_t microseconds) {
  return Timestamp{Microseconds{1'700'000'000'000'000 + microseconds}};
}

std::string octets(std::mt19937_64& random, std::size_t most) {
  std::string text(random() % (most + 1), '\0');
  for (char& letter : text) letter = static_cast<char>(random());
  return text;
}

std::shared_ptr<const Message> random_message(std::mt19937_64& random, const std::string& start) {
  auto message = std::make_shared<Message>();
  message->head = model::HeaderList{start + "\r\nX-Odd: " + octets(random, 20) + "\r\n\r\n"};
  const std::size_t most = random() % 20 == 0 ? 20'000 : 60;
  message->body = octets(random, most);
  message->body_size = message->body.size() + (random() % 4 == 0 ? 1'000'000'000'000 : 0);
  message->wire_size = message->body_size + message->head.raw().size();
  message->complete = random() % 5 != 0;
  message->began = at(static_cast<std::int64_t>(random() % 1'000'000'000));
  message->ended = message->began + Microseconds{static_cast<std::int64_t>(random() % 5'000'000)};
  return message;
}

std::shared_ptr<const model::Connection> random_connection(std::mt19937_64& random,
                                                           std::uint64_t id) {
  model::Connection made;
  made.id = {id};
  made.opened = at(static_cast<std::int64_t>(random() % 1'000'000));
  made.client = "192.168.1.20:" + std::to_string(random() % 60'000);
  made.host = random() % 3 == 0 ? octets(random, 12) : "mail.example.com";
  made.port = static_cast<std::uint16_t>(random());
  made.tls = random() % 2 == 0;
  made.sni = random() % 4 == 0 ? std::string{"a\0b", 3} : "mail.example.com";
  made.client_tls = "TLSv1.3 TLS_AES_128_GCM_SHA256";
  made.upstream_tls = random() % 2 == 0 ? "TLSv1.2" : "";
  made.upstream = "203.0.113.5:443";
  return std::make_shared<const model::Connection>(std::move(made));
}

bool same_message(const std::shared_ptr<const Message>& left,
                  const std::shared_ptr<const Message>& right) {
  return left && right ? *left == *right : left == right;
}

bool same_connection(const std::shared_ptr<const model::Connection>& left,
                     const std::shared_ptr<const model::Connection>& right) {
  return left && right ? *left == *right : left == right;
}

}  // namespace

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "eastap-capture-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> Folder::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{path_}) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::shared_ptr<const model::Connection> connection(std::uint64_t id) {
  std::mt19937_64 random{4};
  return random_connection(random, id);
}

Exchange opened(std::uint64_t id, const std::shared_ptr<const model::Connection>& on,
                std::string body) {
  auto request = std::make_shared<Message>();
  request->head = model::HeaderList{
      "POST /Microsoft-Server-ActiveSync?Cmd=Ping&User=alice&DeviceId=d1&DeviceType=iPhone "
      "HTTP/1.1\r\nHost: mail.example.com\r\n\r\n"};
  request->body_size = body.size();
  request->wire_size = request->head.raw().size() + body.size();
  request->body = std::move(body);
  request->complete = true;
  request->began = at(static_cast<std::int64_t>(id) * 1'000);
  request->ended = request->began + Microseconds{500};
  Exchange exchange;
  exchange.id = {id};
  exchange.connection = on;
  exchange.request = request;
  return exchange;
}

Exchange ended(const Exchange& open, std::string body) {
  auto response = std::make_shared<Message>();
  response->head = model::HeaderList{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"};
  response->body_size = body.size();
  response->wire_size = response->head.raw().size() + body.size();
  response->body = std::move(body);
  response->complete = true;
  response->began = open.request->ended + Microseconds{38'000};
  response->ended = response->began + Microseconds{20};
  Exchange exchange = open;
  exchange.response = response;
  exchange.ending = model::Ending::complete;
  exchange.ended = response->ended + Microseconds{7};
  exchange.delivered_octets = response->wire_size;
  return exchange;
}

model::ConnectionEvent event(const std::shared_ptr<const model::Connection>& on) {
  model::ConnectionEvent made;
  made.kind = model::ConnectionEvent::Kind::tunnelled;
  made.time = at(77);
  made.connection = on;
  made.reason = "not_listed";
  made.detail = "add it with --intercept";
  made.octets_up = 12;
  made.octets_down = 345;
  return made;
}

pipeline::RecordPtr record(Exchange exchange) {
  pipeline::ExchangeRecord made;
  made.command.name = "Ping";
  made.command.is_activesync = true;
  made.command.user = "alice";
  made.command.device_id = "d1";
  made.command.device_type = "iPhone";
  made.command.protocol_version = "16.1";
  if (exchange.response) made.command.http_status = 200;
  made.exchange = std::move(exchange);
  return std::make_shared<const pipeline::Record>(pipeline::Record{std::move(made)});
}

pipeline::RecordPtr record(model::ConnectionEvent made) {
  return std::make_shared<const pipeline::Record>(pipeline::Record{std::move(made)});
}

pipeline::RecordPtr record(const pipeline::Input& input) {
  if (const auto* exchange = std::get_if<Exchange>(&input)) return record(*exchange);
  return record(std::get<model::ConnectionEvent>(input));
}

pipeline::RecordPtr finding(std::uint64_t id) {
  findings::Finding made;
  made.id = {id};
  made.rule = "synckey-zero";
  made.severity = findings::Severity::warning;
  made.time = at(5);
  made.count = id;
  made.exchanges = {ExchangeId{1}, ExchangeId{2}};
  made.summary = "2 resets";
  return std::make_shared<const pipeline::Record>(pipeline::Record{std::move(made)});
}

std::vector<pipeline::Input> random_inputs(std::mt19937_64& random, std::size_t exchanges,
                                           std::uint64_t first_id) {
  std::vector<pipeline::Input> inputs;
  std::vector<Exchange> waiting;
  std::vector<std::shared_ptr<const model::Connection>> connections;
  for (std::uint64_t id = 1; id <= 4; ++id) connections.push_back(random_connection(random, id));
  std::uint64_t id = first_id;
  const auto finish = [&](Exchange exchange) {
    exchange.ending = static_cast<model::Ending>(1 + random() % 7);
    if (exchange.ending != model::Ending::complete) exchange.error = octets(random, 30);
    exchange.ended =
        exchange.request->ended + Microseconds{static_cast<std::int64_t>(random() % 9'000'000)};
    if (random() % 4 != 0) exchange.response = random_message(random, "HTTP/1.1 200 OK");
    exchange.delivered_octets = random() % 1'000'000;
    if (random() % 6 == 0) exchange.bodies_dropped = true;
    if (random() % 6 == 0) exchange.request = random_message(random, "POST /changed HTTP/1.1");
    if (random() % 6 == 0) {
      exchange.connection = random_connection(random, exchange.connection->id.value);
    }
    inputs.emplace_back(std::move(exchange));
  };
  while (id < first_id + exchanges || !waiting.empty()) {
    const auto choice = random() % 10;
    if (choice < 5 && id < first_id + exchanges) {
      Exchange exchange;
      exchange.id = {id++};
      exchange.connection = connections[random() % connections.size()];
      exchange.request = random_message(random, "POST /Microsoft-Server-ActiveSync HTTP/1.1");
      exchange.bodies_dropped = random() % 10 == 0;
      if (random() % 8 == 0) {
        finish(std::move(exchange));  // cut before its request was complete
      } else {
        waiting.push_back(exchange);
        inputs.emplace_back(std::move(exchange));
      }
    } else if (choice < 9 && !waiting.empty()) {
      const std::size_t index = random() % waiting.size();
      if (random() % 10 != 0) finish(waiting[index]);  // else it never ends: killed meanwhile
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(index));
    } else {
      model::ConnectionEvent made = event(random() % 3 == 0 ? nullptr : connections[0]);
      made.kind = made.connection ? static_cast<model::ConnectionEvent::Kind>(random() % 6)
                                  : model::ConnectionEvent::Kind::proxy_note;
      made.detail = octets(random, 40);
      inputs.emplace_back(std::move(made));
    }
  }
  return inputs;
}

bool same(const pipeline::Input& left, const pipeline::Input& right) {
  if (left.index() != right.index()) return false;
  if (const auto* one = std::get_if<Exchange>(&left)) {
    const auto& other = std::get<Exchange>(right);
    return one->id == other.id && same_connection(one->connection, other.connection) &&
           same_message(one->request, other.request) &&
           same_message(one->response, other.response) && one->ending == other.ending &&
           one->error == other.error && one->ended == other.ended &&
           one->delivered_octets == other.delivered_octets &&
           one->bodies_dropped == other.bodies_dropped;
  }
  const auto& one = std::get<model::ConnectionEvent>(left);
  const auto& other = std::get<model::ConnectionEvent>(right);
  return one.kind == other.kind && one.time == other.time &&
         same_connection(one.connection, other.connection) && one.reason == other.reason &&
         one.detail == other.detail && one.octets_up == other.octets_up &&
         one.octets_down == other.octets_down;
}

ReaderSettings following() {
  ReaderSettings settings;
  settings.follow = true;
  return settings;
}

WriterSettings quick() {
  WriterSettings settings;
  settings.program_version = "0.1.0";
  settings.decoder_version = "1";
  settings.commit_interval = std::chrono::milliseconds{5};
  settings.retry_interval = std::chrono::milliseconds{20};
  return settings;
}

Contents contents(const std::filesystem::path& path, ReaderSettings settings) {
  Contents found;
  auto reader = Reader::open(path, std::move(settings));
  if (!reader) {
    found.errors.push_back(reader.error());
    return found;
  }
  while (auto input = reader->next()) {
    if (*input) {
      found.inputs.push_back(std::move(**input));
    } else {
      found.errors.push_back(input->error());
    }
  }
  return found;
}

std::string sql(const std::filesystem::path& path, const std::string& statement) {
  sqlite3* handle = nullptr;
  std::string joined;
  const auto append = [](void* into, int, char** values, char**) {
    auto& text = *static_cast<std::string*>(into);
    if (!text.empty()) text += '|';
    text += values[0] == nullptr ? "NULL" : values[0];
    return 0;
  };
  if (sqlite3_open(path.c_str(), &handle) != SQLITE_OK ||
      sqlite3_exec(handle, statement.c_str(), append, &joined, nullptr) != SQLITE_OK) {
    joined = std::string{"error: "} + sqlite3_errmsg(handle);
  }
  sqlite3_close(handle);
  return joined;
}

}  // namespace eastap::capture::test
