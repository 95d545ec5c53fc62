#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "proxy/capture/reader.hpp"
#include "proxy/capture/writer.hpp"

// What the capture costs: CPU of the thread that hands records over and of the writer's thread,
// in microseconds an exchange with two small bodies; then of reading it back.
namespace {

using namespace eastap;

double cpu_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

pipeline::RecordPtr record_of(model::Exchange exchange) {
  pipeline::ExchangeRecord made;
  made.exchange = std::move(exchange);
  made.command.name = "Ping";
  made.command.is_activesync = true;
  made.command.user = "alice@example.com";
  made.command.device_id = "ApplC39GJ4XYDTD4";
  made.command.device_type = "iPhone";
  made.command.user_agent = "Apple-iPhone12C1/1704.50";
  made.command.protocol_version = "16.1";
  made.command.policy_key = "3609689902";
  if (made.exchange.response) made.command.http_status = 200;
  made.command.statuses.push_back({"Ping", 1, "", true, "NoChanges", ""});
  return std::make_shared<const pipeline::Record>(pipeline::Record{std::move(made)});
}

std::vector<pipeline::RecordPtr> make_records(std::uint64_t first, std::uint64_t count) {
  auto connection = std::make_shared<model::Connection>();
  connection->id = {1 + first / 1000};
  connection->client = "192.168.1.20:53211";
  connection->host = connection->sni = "mail.example.com";
  connection->upstream = "203.0.113.5:443";
  std::vector<pipeline::RecordPtr> records;
  for (std::uint64_t id = first; id < first + count; ++id) {
    auto request = std::make_shared<model::Message>();
    request->head = model::HeaderList{
        "POST /Microsoft-Server-ActiveSync?Cmd=Ping&User=alice%40example.com&DeviceId="
        "ApplC39GJ4XYDTD4&DeviceType=iPhone HTTP/1.1\r\nHost: mail.example.com\r\nContent-Type: "
        "application/vnd.ms-sync.wbxml\r\nMS-ASProtocolVersion: 16.1\r\nX-MS-PolicyKey: "
        "3609689902\r\nUser-Agent: Apple-iPhone12C1/1704.50\r\nAuthorization: Basic ***\r\n"
        "Content-Length: 48\r\n\r\n"};
    request->body = std::string(48, '\x03');
    request->body_size = 48;
    request->complete = true;
    auto response = std::make_shared<model::Message>();
    response->head = model::HeaderList{
        "HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Type: "
        "application/vnd.ms-sync.wbxml\r\nServer: Microsoft-IIS/10.0\r\nX-FEServer: EX01\r\n"
        "MS-Server-ActiveSync: 15.2\r\nDate: Fri, 20 Nov 2026 14:02:11 GMT\r\nContent-Length: "
        "13\r\n\r\n"};
    response->body = std::string(13, '\x03');
    response->body_size = 13;
    response->complete = true;
    model::Exchange exchange;
    exchange.id = {id};
    exchange.connection = connection;
    exchange.request = request;
    records.push_back(record_of(exchange));
    exchange.response = response;
    exchange.ending = model::Ending::complete;
    records.push_back(record_of(exchange));
  }
  return records;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t exchanges = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const auto per_second = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20'000;
  const auto path = std::filesystem::temp_directory_path() /
                    ("eastap-bench-" + std::to_string(getpid()) + ".eastap");
  capture::WriterSettings settings;
  settings.program_version = settings.decoder_version = "bench";
  auto writer = capture::Writer::open(
      path, settings, [](const std::string& note) { std::fprintf(stderr, "%s\n", note.c_str()); });
  if (!writer) {
    std::fprintf(stderr, "%s\n", writer.error().detail.c_str());
    return 2;
  }

  double handing = 0, making = 0;
  const double process_before = cpu_of(CLOCK_PROCESS_CPUTIME_ID);
  const auto began = std::chrono::steady_clock::now();
  constexpr std::uint64_t kStep = 200;
  for (std::uint64_t id = 1; id <= exchanges; id += kStep) {
    const double start = cpu_of(CLOCK_THREAD_CPUTIME_ID);
    auto records = make_records(id, kStep);
    const double made = cpu_of(CLOCK_THREAD_CPUTIME_ID);
    for (auto& record : records) (*writer)->write(std::move(record));
    making += made - start;
    handing += cpu_of(CLOCK_THREAD_CPUTIME_ID) - made;
    std::this_thread::sleep_until(began + std::chrono::microseconds{id * 1'000'000 / per_second});
  }
  (*writer)->close();
  const double whole = cpu_of(CLOCK_PROCESS_CPUTIME_ID) - process_before;
  const auto counters = (*writer)->counters();
  const double count = static_cast<double>(exchanges);
  std::printf(
      "write: %.2f us CPU an exchange (handing over %.2f, writer's thread %.2f), %llu commits, "
      "%llu lost, %.0f octets an exchange\n",
      (whole - making) / count, handing / count, (whole - making - handing) / count,
      static_cast<unsigned long long>(counters.commits),
      static_cast<unsigned long long>(counters.inputs_lost + counters.bodies_lost),
      static_cast<double>(std::filesystem::file_size(path)) / count);

  const double read_before = cpu_of(CLOCK_PROCESS_CPUTIME_ID);
  auto reader = capture::Reader::open(path);
  std::uint64_t inputs = 0;
  while (reader && reader->next()) ++inputs;
  std::printf("read:  %.2f us CPU an exchange, %llu inputs\n",
              (cpu_of(CLOCK_PROCESS_CPUTIME_ID) - read_before) / count,
              static_cast<unsigned long long>(inputs));
  std::filesystem::remove(path);
  return 0;
}
