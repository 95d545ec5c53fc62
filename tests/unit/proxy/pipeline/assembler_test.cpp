#include "proxy/pipeline/assembler.hpp"

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <malloc.h>

#include "decoder/base/text.hpp"

namespace eastap::pipeline {
namespace {

using model::ConnectionEvent;
using model::Ending;
using model::Exchange;
using std::chrono::seconds;

const http::Masker kMasker{{}};

class Collected final : public Output {
 public:
  void take(Input&& input) override { inputs.push_back(std::move(input)); }
  [[nodiscard]] std::vector<Exchange> exchanges() const {
    std::vector<Exchange> out;
    for (const Input& input : inputs) {
      if (const auto* exchange = std::get_if<Exchange>(&input)) out.push_back(*exchange);
    }
    return out;
  }
  [[nodiscard]] std::vector<ConnectionEvent> events() const {
    std::vector<ConnectionEvent> out;
    for (const Input& input : inputs) {
      if (const auto* event = std::get_if<ConnectionEvent>(&input)) out.push_back(*event);
    }
    return out;
  }
  /// "#1 open, #1 complete 200, note:upgraded"
  [[nodiscard]] std::string script() const {
    std::string out;
    for (const Input& input : inputs) {
      if (!out.empty()) out += ", ";
      if (const auto* exchange = std::get_if<Exchange>(&input)) {
        out += "#" + std::to_string(exchange->id.value) + " " +
               std::string{model::to_string(exchange->ending)};
        if (exchange->response) {
          out += " " + std::string{exchange->response->head.start_line().substr(9, 3)};
        }
      } else if (std::holds_alternative<Progress>(input)) {
        out += "progress";
      } else {
        const auto& event = std::get<ConnectionEvent>(input);
        out += std::string{model::to_string(event.kind)} + ":" + event.reason;
      }
    }
    return out;
  }
  std::vector<Input> inputs;
};

/// A connection whose relay writes at once what it reads, unless `hold` is set.
struct Wire {
  explicit Wire(AssemblerLimits limits = {}) {
    auto facts = std::make_shared<model::Connection>();
    facts->id = {7};
    assembler.emplace(facts, ids, output, limits, kMasker);
  }
  Wire& up(std::string_view text) {
    assembler->from_device(as_octets(text), tick());
    return *this;
  }
  Wire& down(std::string_view text) {
    assembler->from_server(as_octets(text), tick());
    received += text.size();
    if (!hold) assembler->delivered_to_device(received, now);
    return *this;
  }
  Timestamp tick() { return now += seconds{1}; }

  ExchangeIds ids;
  Collected output;
  std::optional<Assembler> assembler;
  Timestamp now{};
  std::uint64_t received = 0;
  bool hold = false;
};

const std::string kPing =
    "POST /Microsoft-Server-ActiveSync?Cmd=Ping HTTP/1.1\r\nHost: mail\r\nContent-Type: "
    "application/vnd.ms-sync.wbxml\r\nContent-Length: 4\r\n\r\nping";
const std::string kOk =
    "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: 5\r\n\r\n"
    "hello";

}  // namespace

TEST_SUITE("proxy.pipeline.assembler") {
  TEST_CASE("an answer that takes long is shown as far as it came, first soon and then seldom") {
    AssemblerLimits limits;
    limits.progress_body = 8;
    Wire wire{limits};
    wire.up(kPing).down(
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n"
        "Content-Length: 30\r\n\r\n");
    for (int i = 0; i < 29; ++i) wire.down("x");  // a second each
    CHECK(wire.output.script() == "#1 open, progress, progress, progress");
    const auto& progress = std::get<Progress>(wire.output.inputs[2]).exchange;
    CHECK(progress.ending == Ending::open);
    CHECK(progress.request->body == "ping");
    CHECK_FALSE(progress.response->complete);
    CHECK(progress.response->body == "xxxxxxxx");
    CHECK(progress.response->body_size == 12);
    wire.down("x");
    CHECK(wire.output.script() == "#1 open, progress, progress, progress, #1 complete 200");
    CHECK(wire.output.exchanges().back().response->body.size() == 30);
  }
  TEST_CASE("an answer that hangs is shown once as far as it came") {
    Wire wire;
    wire.assembler->time_passed(wire.tick());
    wire.up(kPing);
    const auto wait = [&] {
      for (int i = 0; i < 60; ++i) wire.assembler->time_passed(wire.tick());
    };
    wait();
    CHECK(wire.output.script() == "#1 open");
    wire.down(kOk.substr(0, kOk.size() - 5));
    wait();
    CHECK(wire.output.script() == "#1 open");  // a head alone
    wire.down("he");
    wait();
    CHECK(wire.output.script() == "#1 open, progress");
    CHECK(std::get<Progress>(wire.output.inputs[1]).exchange.response->body == "he");
    wire.down("l").down("lo");
    CHECK(wire.output.script() == "#1 open, progress, progress, #1 complete 200");
    wait();
    CHECK(wire.output.inputs.size() == 4);
  }
  TEST_CASE("a quick answer and what is not ActiveSync's have no progress") {
    Wire quick;
    quick.up(kPing).down(kOk.substr(0, kOk.size() - 2)).down("lo");
    CHECK(quick.output.script() == "#1 open, #1 complete 200");
    Wire other;
    other.up("GET /picture HTTP/1.1\r\nHost: mail\r\n\r\n");
    other.down("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
    for (int i = 0; i < 8; ++i) other.down("x");
    CHECK(other.output.script() == "#1 open");
  }
  TEST_CASE("an exchange is handed on when its request is complete and when it has ended") {
    Wire wire;
    wire.up(kPing.substr(0, 20)).up(kPing.substr(20)).down(kOk.substr(0, 30)).down(kOk.substr(30));
    CHECK(wire.output.script() == "#1 open, #1 complete 200");
    const auto exchanges = wire.output.exchanges();
    const Exchange& exchange = exchanges.back();
    CHECK(exchange.request == exchanges.front().request);
    CHECK(exchange.connection->id.value == 7);
    CHECK(exchange.request->body == "ping");
    CHECK(exchange.request->wire_size == kPing.size());
    CHECK(exchange.request->began == Timestamp{seconds{1}});
    CHECK(exchange.request->ended == Timestamp{seconds{2}});
    CHECK(exchange.response->body == "hello");
    CHECK(exchange.response->began == Timestamp{seconds{3}});
    CHECK(exchange.response->ended == Timestamp{seconds{4}});
    CHECK(exchange.ended == Timestamp{seconds{4}});
    CHECK(exchange.delivered_octets == kOk.size());
    CHECK(exchange.request->complete);
    CHECK(exchange.response->complete);
    CHECK(exchange.error.empty());
  }

  TEST_CASE("credentials are masked before anything is handed on") {
    Wire wire;
    wire.up("GET /?password=Xk7v HTTP/1.1\r\nAuthorization: Basic YWxpY2U6WGs3dg==\r\n\r\n")
        .down(
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=Xk7v\r\nTransfer-Encoding: chunked\r\n\r\n"
            "0\r\nX-Auth-Token: Xk7v\r\n\r\n");
    const Exchange exchange = wire.output.exchanges().back();
    CHECK(exchange.request->head.raw().find("Xk7v") == std::string::npos);
    CHECK(exchange.request->head.raw().find("WGs3d") == std::string::npos);
    CHECK(exchange.request->head.raw().find("user=\"alice\"") != std::string::npos);
    CHECK(exchange.response->head.raw().find("Xk7v") == std::string::npos);
    CHECK(exchange.response->head.contains("X-Auth-Token"));
  }

  TEST_CASE("an answer is complete only once it is delivered") {
    Wire wire;
    wire.hold = true;
    wire.up(kPing).down(kOk);
    CHECK(wire.output.script() == "#1 open");
    wire.assembler->delivered_to_device(kOk.size() - 1, wire.tick());
    CHECK(wire.output.script() == "#1 open");
    wire.assembler->delivered_to_device(kOk.size(), wire.tick());
    CHECK(wire.output.script() == "#1 open, #1 complete 200");
  }

  TEST_CASE("a whole answer that the device did not take is not complete") {
    Wire wire;
    wire.hold = true;
    wire.up(kPing).down(kOk);
    wire.assembler->delivered_to_device(10, wire.tick());
    wire.assembler->device_closed(wire.tick(), true);
    CHECK(wire.output.script() == "#1 open, #1 device_reset 200");
    const Exchange exchange = wire.output.exchanges().back();
    CHECK(exchange.delivered_octets == 10);
    CHECK(exchange.response->complete);
    CHECK(exchange.error ==
          "the device reset the connection before the answer was complete and delivered");
  }

  TEST_CASE("keep-alive: each exchange counts its own octets") {
    Wire wire;
    wire.up(kPing).down(kOk).up(kPing).down(kOk);
    CHECK(wire.output.script() == "#1 open, #1 complete 200, #2 open, #2 complete 200");
    CHECK(wire.output.exchanges().back().delivered_octets == kOk.size());
    CHECK(wire.output.exchanges().back().request->wire_size == kPing.size());
  }

  TEST_CASE("pipelined requests are answered in order") {
    Wire wire;
    wire.up(kPing + "HEAD / HTTP/1.1\r\n\r\n" + kPing)
        .down(kOk +
              "HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: "
              "0\r\n\r\n");
    CHECK(wire.output.script() ==
          "#1 open, #2 open, #3 open, #1 complete 200, #2 complete 204, #3 complete 503");
  }

  TEST_CASE(
      "an answer before the request is complete ends the exchange once, when the request does") {
    Wire wire;
    wire.up(kPing.substr(0, kPing.size() - 2)).down(kOk);
    CHECK(wire.output.script().empty());
    wire.up("ng");
    CHECK(wire.output.script() == "#1 complete 200");
    CHECK(wire.output.exchanges()[0].request->body == "ping");
  }

  TEST_CASE("an early answer and the server's close end a request that never completes") {
    Wire wire;
    wire.up(kPing.substr(0, kPing.size() - 2)).down(kOk);
    wire.assembler->server_closed(wire.tick(), false);
    CHECK(wire.output.script() == "#1 complete 200");
    CHECK_FALSE(wire.output.exchanges()[0].request->complete);
    CHECK(wire.output.exchanges()[0].request->wire_size == kPing.size() - 2);
  }

  TEST_CASE("100 Continue is part of the wait") {
    Wire wire;
    wire.up("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
        .down("HTTP/1.1 100 Continue\r\n\r\n")
        .up("x")
        .down(kOk);
    CHECK(wire.output.script() == "#1 open, #1 complete 200");
    CHECK(wire.output.exchanges().back().response->wire_size == kOk.size());
    CHECK(wire.output.exchanges().back().delivered_octets == kOk.size());
  }

  TEST_CASE("a 100 Continue with nothing after it is shown") {
    Wire wire;
    wire.up("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx").down("HTTP/1.1 100 Continue\r\n\r\n");
    wire.assembler->server_closed(wire.tick(), true);
    CHECK(wire.output.script() == "#1 open, #1 server_reset 100");
    CHECK_FALSE(wire.output.exchanges().back().response->complete);
  }

  TEST_CASE("who closes first is who ended it") {
    SUBCASE("the device half-closes, the answer still comes") {
      Wire wire;
      wire.up(kPing);
      wire.assembler->device_closed(wire.tick(), false);
      CHECK(wire.output.script() == "#1 open");
      wire.down(kOk);
      CHECK(wire.output.script() == "#1 open, #1 complete 200");
    }
    SUBCASE("the device closes, then the server") {
      Wire wire;
      wire.up(kPing);
      wire.assembler->device_closed(wire.tick(), false);
      wire.assembler->server_closed(wire.tick(), false);
      CHECK(wire.output.script() == "#1 open, #1 device_closed");
      CHECK(wire.output.exchanges().back().ended == Timestamp{seconds{2}});
      CHECK(wire.output.exchanges().back().error ==
            "the device closed the connection before an answer came");
    }
    SUBCASE("the device closes, then eastap gives up waiting for the server") {
      Wire wire;
      wire.up(kPing);
      wire.assembler->device_closed(wire.tick(), false);
      wire.assembler->stopped(wire.tick(), Ending::proxy_failed, "lingered");
      CHECK(wire.output.script() == "#1 open, #1 device_closed");
    }
    SUBCASE("the server closes inside its answer") {
      Wire wire;
      wire.up(kPing).down(kOk.substr(0, kOk.size() - 2));
      wire.assembler->server_closed(wire.tick(), false);
      CHECK(wire.output.script() == "#1 open, #1 server_closed 200");
      const Exchange exchange = wire.output.exchanges().back();
      CHECK(exchange.response->body == "hel");
      CHECK(exchange.response->wire_size == kOk.size() - 2);
      CHECK(exchange.error ==
            "the server closed the connection before the answer was complete and delivered (answer "
            "closed with 2 octets of the body missing)");
    }
    SUBCASE("the server closes inside its head") {
      Wire wire;
      wire.up(kPing).down(kOk.substr(0, 20));
      wire.assembler->server_closed(wire.tick(), true);
      CHECK(wire.output.script() == "#1 open, #1 server_reset 200");
    }
    SUBCASE("eastap is stopped") {
      Wire wire;
      wire.up(kPing);
      wire.assembler->stopped(wire.tick(), Ending::proxy_stopped, "signal");
      wire.assembler->stopped(wire.tick(), Ending::proxy_stopped, "signal");
      CHECK(wire.output.script() == "#1 open, #1 proxy_stopped");
      CHECK(wire.output.exchanges().back().error ==
            "eastap was stopped before an answer came: signal");
    }
    SUBCASE("the device closes inside its request") {
      Wire wire;
      wire.up(kPing.substr(0, kPing.size() - 1));
      wire.assembler->device_closed(wire.tick(), true);
      CHECK(wire.output.script() == "#1 device_reset");
      CHECK(wire.output.exchanges()[0].request->body == "pin");
    }
    SUBCASE("the device closes inside its head") {
      Wire wire;
      wire.up(kPing.substr(0, 80));
      wire.assembler->device_closed(wire.tick(), false);
      wire.assembler->server_closed(wire.tick(), false);
      CHECK(wire.output.script() == "#1 device_closed");
      CHECK(wire.output.exchanges()[0].request->head.raw() == kPing.substr(0, 80));
    }
  }

  TEST_CASE("a body until close is complete when the server closes, and not when it resets") {
    const std::string head = "HTTP/1.1 200 OK\r\n\r\n";
    Wire closed;
    closed.up(kPing).down(head + "abc");
    closed.assembler->server_closed(closed.tick(), false);
    CHECK(closed.output.script() == "#1 open, #1 complete 200");
    Wire reset;
    reset.up(kPing).down(head + "abc");
    reset.assembler->server_closed(reset.tick(), true);
    CHECK(reset.output.script() == "#1 open, #1 server_reset 200");
    CHECK(reset.output.exchanges().back().response->body == "abc");
  }

  TEST_CASE("an upgrade ends HTTP; what follows is counted") {
    Wire wire;
    wire.up("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        .down("HTTP/1.1 101 Switching\r\n\r\nabc")
        .up("GET / not HTTP")
        .down("defg");
    wire.assembler->device_closed(wire.tick(), false);
    wire.assembler->stopped(wire.tick(), Ending::proxy_stopped, "");
    CHECK(wire.output.script() == "#1 open, #1 complete 101, note:upgraded");
    const ConnectionEvent event = wire.output.events()[0];
    CHECK(event.octets_up == 14);
    CHECK(event.octets_down == 7);
  }

  TEST_CASE("a refused CONNECT lets the next request through") {
    Wire wire;
    wire.up("CONNECT a:1 HTTP/1.1\r\n\r\n")
        .down("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        .up(kPing)
        .down(kOk);
    CHECK(wire.output.script() == "#1 open, #1 complete 407, #2 open, #2 complete 200");
  }

  TEST_CASE("an answer that nobody asked for is noted once") {
    Wire wire;
    wire.up(kPing).down(kOk + "HTTP/1.1 408 Timeout\r\nContent-Length: 1\r\n\r\nx");
    wire.down("HTTP/1.1 408 Timeout\r\n\r\n");
    CHECK(wire.output.script() == "#1 open, note:answer_without_request, #1 complete 200");
    CHECK(wire.output.events()[0].detail ==
          "the server sent \"HTTP/1.1 408 Timeout\" without being asked");
  }

  TEST_CASE("what is not HTTP is told with its first octets and no secret") {
    Wire tls;
    tls.up("\x16\x03\x01\x02");
    CHECK(tls.output.script() == "malformed:request");
    CHECK(tls.output.events()[0].detail ==
          "the device's data at octet 0: not an HTTP request; it begins 16030102 (hexadecimal)");
    Wire mail;
    mail.up("AUTH PLAIN AGFsaWNlAFhrN3Y=\r\n");
    CHECK(mail.output.events()[0].detail.find(to_hex("AUTH PLAIN")) != std::string::npos);
    CHECK(mail.output.events()[0].detail.find(to_hex("AGF")) == std::string::npos);
    Wire field;
    field.up("Authorization: Basic YWxp\r\n\r\n");
    CHECK(field.output.events()[0].detail.find(to_hex("YW")) == std::string::npos);
  }

  TEST_CASE("broken framing of an answer keeps its exchange open until the connection ends") {
    Wire wire;
    wire.up(kPing).down("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n");
    wire.up(kPing);
    wire.assembler->server_closed(wire.tick(), false);
    CHECK(wire.output.script() ==
          "#1 open, malformed:response, #2 open, #1 server_closed 200, #2 server_closed");
    CHECK(wire.output.exchanges()[2].response->body == "abc");
    CHECK(wire.output.exchanges()[2].error.find("chunk is longer") != std::string::npos);
    CHECK(wire.output.exchanges()[3].error.find("can no longer be told apart") !=
          std::string::npos);
  }

  TEST_CASE("more unanswered requests than the limit are relayed undecoded, with one note") {
    AssemblerLimits limits;
    limits.open_requests = 3;
    Wire wire{limits};
    for (int i = 0; i < 6; ++i) wire.up("GET / HTTP/1.1\r\n\r\n");
    CHECK(wire.output.script() == "#1 open, #2 open, #3 open, note:too_many_requests");
    for (int i = 0; i < 6; ++i) wire.down("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(wire.output.exchanges().size() == 6);
    CHECK(wire.output.events().size() == 1);
  }

  TEST_CASE("ActiveSync and Autodiscover bodies are kept to the limit, others to the small one") {
    AssemblerLimits limits;
    limits.body = 1000;
    limits.other_body = 100;
    const auto answer = [&](const std::string& request, const std::string& type) {
      Wire wire{limits};
      wire.up("GET " + request + " HTTP/1.1\r\n\r\n");
      wire.down("HTTP/1.1 200 OK\r\n" + type + "Content-Length: 5000\r\n\r\n");
      for (int i = 0; i < 50; ++i) wire.down(std::string(100, 'x'));
      const Exchange exchange = wire.output.exchanges().back();
      CHECK(exchange.ending == Ending::complete);
      CHECK(exchange.response->body_size == 5000);
      return exchange.response->body.size();
    };
    CHECK(answer("/Microsoft-Server-ActiveSync?x", "") == 1000);
    CHECK(answer("/AutoDiscover/autodiscover.xml", "") == 1000);
    CHECK(answer("/owa/", "Content-Type: application/vnd.ms-sync.wbxml\r\n") == 1000);
    CHECK(answer("/owa/?u=/autodiscover", "") == 100);
  }

  TEST_CASE("any fragmentation gives the same exchanges") {
    const std::string requests = kPing + "GET /x HTTP/1.1\r\n\r\n" + kPing;
    const std::string answers =
        "HTTP/1.1 100 Continue\r\n\r\n" + kOk +
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n" +
        kOk;
    const auto facts = [](const Wire& wire) {
      std::string out;
      for (const Exchange& exchange : wire.output.exchanges()) {
        if (exchange.ending == Ending::open) continue;
        out += std::string{model::to_string(exchange.ending)} + exchange.request->head.raw() +
               exchange.request->body + exchange.response->head.raw() + exchange.response->body +
               std::to_string(exchange.response->wire_size) +
               std::to_string(exchange.request->wire_size) +
               std::to_string(exchange.delivered_octets);
      }
      return out;
    };
    Wire whole;
    whole.up(requests).down(answers);
    std::mt19937 random{3};
    for (int round = 0; round < 300; ++round) {
      Wire wire;
      std::size_t sent = 0, answered = 0;
      while (sent < requests.size()) {
        const std::size_t size = round == 0 ? 1 : 1 + random() % 40;
        wire.up(std::string_view{requests}.substr(sent, size));
        sent += size;
      }
      while (answered < answers.size()) {
        const std::size_t size = round == 0 ? 1 : 1 + random() % 40;
        wire.down(std::string_view{answers}.substr(answered, size));
        answered += size;
      }
      CHECK(facts(wire) == facts(whole));
    }
  }

  TEST_CASE("each request ends exactly once, wherever the connection is cut") {
    const std::string requests = kPing + kPing;
    const std::string answers = kOk + kOk;
    for (std::size_t up = 0; up <= requests.size(); up += 3) {
      for (std::size_t down = 0; down <= answers.size(); down += 3) {
        for (int way = 0; way < 5; ++way) {
          Wire wire;
          wire.up(requests.substr(0, up)).down(answers.substr(0, down));
          if (way < 2) wire.assembler->device_closed(wire.tick(), way == 1);
          if (way == 2 || way == 3) wire.assembler->server_closed(wire.tick(), way == 3);
          wire.assembler->stopped(wire.tick(), Ending::proxy_stopped, "");
          std::vector<int> opened(4), ended(4);
          for (const Exchange& exchange : wire.output.exchanges()) {
            CHECK(exchange.request);
            (exchange.ending == Ending::open ? opened : ended)[exchange.id.value]++;
            if (exchange.ending == Ending::complete) {
              CHECK(exchange.delivered_octets == exchange.response->wire_size);
              CHECK(exchange.error.empty());
            } else if (exchange.ending != Ending::open) {
              CHECK_FALSE(exchange.error.empty());
            }
          }
          for (std::size_t id = 1; id < 4; ++id) {
            CHECK(opened[id] <= 1);
            CHECK(ended[id] <= 1);
            CHECK(opened[id] <= ended[id]);
          }
        }
      }
    }
  }

  TEST_CASE("memory stays flat while a foreign body streams") {
    Wire wire;
    wire.up("GET /big HTTP/1.1\r\n\r\n");
    wire.down("HTTP/1.1 200 OK\r\nContent-Length: 16777216\r\n\r\n");
    const std::string piece(16384, 'x');
    const std::size_t before = mallinfo2().uordblks;
    std::size_t most = 0;
    for (int i = 0; i < 1024; ++i) {
      wire.down(piece);
      most = std::max(most, mallinfo2().uordblks);
    }
    if (before > 0) CHECK(most - before < 200'000);  // 0: an allocator that does not count
    CHECK(wire.output.script() == "#1 open, #1 complete 200");
  }

  TEST_CASE("a waiting request holds its octets and less than 2 KiB") {
    const std::size_t before = mallinfo2().uordblks;
    std::vector<std::unique_ptr<Wire>> wires;
    const std::size_t wire_only = [&] {
      for (int i = 0; i < 100; ++i) wires.push_back(std::make_unique<Wire>());
      return mallinfo2().uordblks;
    }();
    for (const auto& wire : wires) {
      wire->up(kPing.substr(0, 50)).up(kPing.substr(50));
      wire->output.inputs.clear();
      wire->output.inputs.shrink_to_fit();
    }
    const std::size_t waiting = mallinfo2().uordblks;
    if (before > 0) {
      const std::size_t each = (waiting - wire_only) / 100 + sizeof(Assembler);
      MESSAGE("octets a waiting request: ", each, " of which its own: ", kPing.size());
      CHECK(each < 2048 + kPing.size());
    }
  }
}

}  // namespace eastap::pipeline
