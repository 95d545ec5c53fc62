#include "tests/unit/decoder/render/samples.hpp"

#include <utility>

namespace samples {

using namespace eastap;

Timestamp at(std::int64_t milliseconds) {
  using namespace std::chrono;
  return Timestamp{sys_days{year{2026} / November / 20}} + hours{14} + minutes{2} +
         std::chrono::milliseconds{milliseconds};
}

namespace {

std::shared_ptr<model::Message> message(std::string head, std::string body, Timestamp began,
                                        Timestamp ended) {
  auto made = std::make_shared<model::Message>();
  made->wire_size = head.size() + body.size();
  made->head = model::HeaderList{std::move(head)};
  made->body_size = body.size();
  made->body = std::move(body);
  made->complete = true;
  made->began = began;
  made->ended = ended;
  return made;
}

}  // namespace

Sample eas(std::uint64_t id, std::string_view name, std::int64_t began, std::int64_t took) {
  Sample sample;
  auto connection = std::make_shared<model::Connection>();
  connection->id = ConnectionId{7};
  connection->client = "192.168.1.20:53211";
  connection->host = "mail.contoso.test";
  connection->port = 443;
  connection->tls = true;
  sample.exchange.id = ExchangeId{id};
  sample.exchange.connection = connection;
  std::string head = "POST /Microsoft-Server-ActiveSync?Cmd=";
  head += name;
  head +=
      "&User=alice&DeviceId=ApplF1&DeviceType=iPhone HTTP/1.1\r\nHost: mail.contoso.test\r\n"
      "MS-ASProtocolVersion: 16.1\r\nContent-Length: 0\r\n\r\n";
  sample.exchange.request = message(std::move(head), "", at(began), at(began));
  sample.exchange.ending = model::Ending::complete;
  sample.exchange.ended = at(began + took);
  sample.command.name = name;
  sample.command.is_activesync = true;
  sample.command.user = "CONTOSO\\alice";
  sample.command.device_id = "ApplF1";
  sample.command.device_type = "iPhone";
  sample.command.protocol_version = "16.1";
  return answered(std::move(sample),
                  "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n"
                  "X-FEServer: EX01\r\nContent-Length: 200\r\n\r\n",
                  std::string(200, 'x'));
}

Sample answered(Sample sample, std::string_view head, std::string body) {
  const std::size_t octets = body.size();
  auto response = message(std::string{head}, std::move(body),
                          sample.exchange.ended - Microseconds{1'000}, sample.exchange.ended);
  sample.exchange.delivered_octets = response->wire_size;
  sample.command.http_status = static_cast<int>(to_integer(head.substr(9, 3)).value_or(0));
  sample.command.response.octets = std::make_shared<const std::string>(response->body);
  if (octets == 0) sample.command.response = {};
  sample.exchange.response = std::move(response);
  return sample;
}

Sample still_open(Sample sample) {
  sample.exchange.response = nullptr;
  sample.exchange.ending = model::Ending::open;
  sample.exchange.ended = Timestamp{};
  sample.exchange.delivered_octets = 0;
  sample.command.http_status.reset();
  sample.command.response = {};
  return sample;
}

eas::Waiting waiting(int seconds) {
  eas::Waiting made;
  made.seconds = seconds;
  return made;
}

eas::Body wbxml_body(std::string octets) {
  eas::Body body;
  body.kind = eas::Body::Kind::wbxml;
  body.octets = std::make_shared<const std::string>(std::move(octets));
  body.document = std::make_shared<const wbxml::Document>(wbxml::decode(body.octets));
  return body;
}

}  // namespace samples
