/// Costs of the watching cores for a small keep-alive POST and its answer, in µs of CPU.

#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "decoder/base/text.hpp"
#include "proxy/http/decoder.hpp"
#include "proxy/http/mask.hpp"
#include "proxy/pipeline/assembler.hpp"

namespace {

using namespace eastap;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

template <class Work>
void report(const char* what, const Work& work) {
  constexpr int kRounds = 200'000;
  for (int i = 0; i < kRounds / 10; ++i) work();
  const double begin = cpu_seconds();
  for (int i = 0; i < kRounds; ++i) work();
  std::printf("%-44s %6.2f us\n", what, (cpu_seconds() - begin) * 1e6 / kRounds);
}

class Discard final : public pipeline::Output {
 public:
  void take(pipeline::Input&& input) override { pipeline::Input gone{std::move(input)}; }
};

}  // namespace

int main() {
  const auto request = [](const std::string& authorization) {
    return "POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=alice&DeviceId=ApplDNPGT0AAFF&"
           "DeviceType=iPhone HTTP/1.1\r\nHost: mail.contoso.com\r\nContent-Type: "
           "application/vnd.ms-sync.wbxml\r\nMS-ASProtocolVersion: 16.1\r\nUser-Agent: "
           "Apple-iPhone15C2/2101.93\r\nAccept: */*\r\nAccept-Language: en-us\r\nX-MS-PolicyKey: "
           "3609689902\r\nAuthorization: " +
           authorization + "\r\nConnection: keep-alive\r\nContent-Length: 13\r\n\r\n0123456789abc";
  };
  const std::string basic = request("Basic Q09OVE9TT1xhbGljZTpQYTU1d29yZA==");
  std::string payload =
      R"({"aud":"https://outlook.office365.com","upn":"alice@contoso.com","exp":1764000000,"x":")";
  payload += std::string(900, 'x') + "\"}";
  const std::string bearer =
      request("Bearer eyJhbGciOiJSUzI1NiJ9." + to_base64(payload) + "." + std::string(342, 's'));
  const std::string answer =
      "HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n"
      "Server: Microsoft-IIS/10.0\r\nMS-Server-ActiveSync: 15.2\r\nX-BEServer: MBX1\r\nX-FEServer: "
      "FE1\r\nDate: Fri, 20 Nov 2026 14:02:11 GMT\r\nContent-Length: "
      "20\r\n\r\n01234567890123456789";

  http::Decoder requests{http::Direction::request}, answers{http::Direction::response};
  std::vector<http::Event> events;
  report("POST and answer through both decoders", [&] {
    events.clear();
    requests.feed(as_octets(basic), events);
    answers.expect("POST");
    answers.feed(as_octets(answer), events);
  });
  const http::Masker masker{{1}};
  std::size_t octets = 0;
  report("mask a request head (Basic)", [&] { octets += masker.head(basic).size(); });
  report("mask a request head (Bearer, JWT of 1.7 kB)",
         [&] { octets += masker.head(bearer).size(); });
  report("mask an answer's head", [&] { octets += masker.head(answer).size(); });
  report("digest of a credential",
         [&] { octets += masker.digest("Q09OVE9TT1xhbGljZTpQYTU1d29yZA==").size(); });

  pipeline::ExchangeIds ids;
  Discard discard;
  pipeline::Assembler assembler{std::make_shared<model::Connection>(), ids, discard, {}, masker};
  std::uint64_t delivered = 0;
  report("the whole exchange through an Assembler", [&] {
    assembler.from_device(as_octets(basic), {});
    assembler.from_server(as_octets(answer), {});
    assembler.delivered_to_device(delivered += answer.size(), {});
  });
  const std::string block(64 * 1024, 'x');
  assembler.from_device(as_octets(std::string_view{"GET / HTTP/1.1\r\n\r\n"}), {});
  assembler.from_server(as_octets(std::string_view{"HTTP/1.1 200 OK\r\n\r\n"}), {});
  report("64 KiB of a body through an Assembler",
         [&] { assembler.from_server(as_octets(block), {}); });
  return octets == 0 ? 1 : 0;
}
