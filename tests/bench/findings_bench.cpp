// The rules engine alone: exchanges a second on one core, and memory over many devices.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "decoder/eas/command.hpp"
#include "decoder/findings/analyzer.hpp"
#include "decoder/model/exchange.hpp"

using namespace eastap;

namespace {

constexpr const char* kRequest =
    "POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=alice&DeviceId=A1&DeviceType=iPhone "
    "HTTP/1.1\r\n"
    "Host: mail.contoso.test\r\nContent-Type: "
    "application/vnd.ms-sync.wbxml\r\nMS-ASProtocolVersion: 16.1\r\n"
    "Authorization: Basic <masked user=\"alice\" digest=\"0a0b0c0d\">\r\nX-MS-PolicyKey: "
    "3609689902\r\n"
    "User-Agent: Apple-iPhone12C1/1704.50\r\nContent-Length: 40\r\nConnection: keep-alive\r\n\r\n";
constexpr const char* kResponse =
    "HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n"
    "Server: Microsoft-IIS/10.0\r\nrequest-id: "
    "1b2c3d4e-0000-4000-8000-000000000001\r\nX-CalculatedBETarget: be1.contoso.test\r\n"
    "MS-Server-ActiveSync: 15.2\r\nX-AspNet-Version: 4.0.30319\r\nX-Powered-By: "
    "ASP.NET\r\nX-FEServer: FE1\r\n"
    "X-DiagInfo: BE1\r\nX-BEServer: BE1\r\nDate: Fri, 20 Nov 2026 08:00:00 GMT\r\nContent-Length: "
    "60\r\n\r\n";

double resident_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

struct Load {
  std::size_t devices, rounds;
  std::string name;
};

/// Each device sends a small Sync with a key that moves on; both calls of observe are made.
void run(const Load& load) {
  findings::Analyzer analyzer;
  auto connection = std::make_shared<model::Connection>();
  connection->id = ConnectionId{1};
  connection->client = "10.0.0.7:50000";
  connection->host = "mail.contoso.test";
  auto request = std::make_shared<model::Message>();
  request->head = model::HeaderList{kRequest};
  request->body.assign(40, 'q');
  request->complete = true;
  auto response = std::make_shared<model::Message>();
  response->head = model::HeaderList{kResponse};
  response->body.assign(60, 'a');
  response->body_size = 60;
  response->wire_size = 600;
  response->complete = true;

  eas::Command waiting;
  waiting.name = "Sync";
  waiting.is_activesync = true;
  waiting.device_type = "iPhone";
  waiting.protocol_version = "16.1";
  waiting.policy_key = "3609689902";
  waiting.collections.resize(1);
  waiting.collections[0].id = "5";
  waiting.collections[0].in_request = true;
  eas::Command answered = waiting;
  answered.http_status = 200;
  answered.statuses.push_back({"Sync", 1, "collection 5", true, "Success", "Success."});
  answered.collections[0].in_response = true;
  answered.collections[0].status = 1;

  Timestamp now{std::chrono::hours{24 * 20'000}};
  std::uint64_t exchanges = 0, findings = 0;
  const std::clock_t began = std::clock();  // CPU time: the machine may be busy
  for (std::size_t round = 0; round < load.rounds; ++round) {
    const std::string asked = std::to_string(round + 1), next = std::to_string(round + 2);
    waiting.collections[0].sync_key = asked;
    answered.collections[0].sync_key = asked;
    answered.collections[0].new_sync_key = next;
    for (std::size_t device = 0; device < load.devices; ++device) {
      waiting.user = "user" + std::to_string(device) + "@contoso.test";
      waiting.device_id = "DEVICE" + std::to_string(device);
      answered.user = waiting.user;
      answered.device_id = waiting.device_id;
      now += std::chrono::microseconds{700'000 / load.devices + 1};
      request->began = request->ended = now;
      response->began = response->ended = now + std::chrono::milliseconds{1};
      model::Exchange open;
      open.id = ExchangeId{++exchanges};
      open.connection = connection;
      open.request = request;
      findings += analyzer.observe(open, waiting).size();
      model::Exchange ended = open;
      ended.response = response;
      ended.ending = model::Ending::complete;
      ended.ended = response->ended;
      ended.delivered_octets = 600;
      findings += analyzer.observe(ended, answered).size();
    }
  }
  const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  const auto size = analyzer.size();
  std::printf(
      "%-24s %9.0f exchanges/s  %5.2f us each  %7zu devices  %6.1f MiB history, %zu octets each  "
      "%6.1f MiB resident  %llu findings\n",
      load.name.c_str(), static_cast<double>(exchanges) / seconds,
      seconds * 1e6 / static_cast<double>(exchanges), size.devices,
      static_cast<double>(size.device_octets) / 1048576.0,
      size.device_octets / std::max<std::size_t>(size.devices, 1), resident_mib(),
      static_cast<unsigned long long>(findings));
  std::fflush(stdout);
}

}  // namespace

/// bench_findings [ROUNDS]: exchanges of each of the 100 000 devices, default 20; 1000 takes
/// minutes.
int main(int argc, char** argv) {
  const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20;
  run({1, 1'000'000, "one device"});
  run({1'000, 1'000, "1 000 devices x 1 000"});
  run({100'000, rounds, "100 000 devices x " + std::to_string(rounds)});
  return 0;
}
