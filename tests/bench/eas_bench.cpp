// What understanding costs beyond decoding: a small Sync with its answer, and one of 200 messages.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

#include "decoder/codepages/pages.hpp"
#include "decoder/eas/session.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"

namespace {

using namespace eastap;
namespace as = codepages::airsync;
using Octets = std::shared_ptr<const std::string>;

Octets sync_body(std::string_view key, bool answer, int messages) {
  wbxml::Builder body;
  body.open(as::kSync).open(as::kCollections).open(as::kCollection);
  body.add(as::kSyncKey, key).add(as::kCollectionId, "5");
  if (answer) body.add(as::kStatus, "1");
  if (!answer) {
    body.add(as::kDeletesAsMoves).add(as::kGetChanges).add(as::kWindowSize, "25");
    body.open(as::kOptions).add(as::kFilterType, "3").close();
  }
  if (messages > 0) body.open(as::kCommands);
  for (int i = 0; i < messages; ++i) {
    body.open(as::kAdd).add(as::kServerId, "5:" + std::to_string(i)).open(as::kApplicationData);
    body.add(codepages::email::kSubject, "Subject of this message");
    body.add(codepages::email::kFrom, "Bob <bob@contoso.test>");
    body.close().close();
  }
  return std::make_shared<const std::string>(std::move(body).finish());
}

std::shared_ptr<const model::Message> message(std::string head, const Octets& body) {
  auto made = std::make_shared<model::Message>();
  made->head = model::HeaderList{std::move(head)};
  made->body_size = body->size();
  made->complete = true;
  return made;
}

template <class Work>
double nanoseconds(int rounds, const Work& work) {
  double best = 1e18;
  for (int repeat = 0; repeat < 9; ++repeat) {
    // Processor time: a busy machine must not count.
    const std::clock_t begin = std::clock();
    for (int i = 0; i < rounds; ++i) work();
    const double took = static_cast<double>(std::clock() - begin) * 1e9 / CLOCKS_PER_SEC;
    best = std::min(best, took / rounds);
  }
  return best;
}

void measure(const char* name, int messages, int rounds) {
  const Octets asked = sync_body("41", false, 0), answered = sync_body("42", true, messages);
  auto connection = std::make_shared<model::Connection>();
  connection->host = "mail.contoso.test";
  model::Exchange exchange;
  exchange.id = {1};
  exchange.connection = connection;
  exchange.ending = model::Ending::complete;
  exchange.request = message(
      "POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=alice&DeviceId=A1B2C3D4E5F6&DeviceType="
      "iPhone HTTP/1.1\r\nHost: mail.contoso.test\r\nContent-Type: application/vnd.ms-sync.wbxml"
      "\r\nMS-ASProtocolVersion: 16.1\r\nX-MS-PolicyKey: 3609689902\r\nUser-Agent: "
      "Apple-iPhone8C4/1504.100\r\nAuthorization: Basic <masked user=\"alice\" "
      "digest=\"1a2b3c4d\">\r\nAccept: */*\r\nAccept-Language: de-de\r\nConnection: keep-alive"
      "\r\nAccept-Encoding: gzip, deflate\r\n\r\n",
      asked);
  exchange.response = message(
      "HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Type: application/vnd.ms-sync.wbxml"
      "\r\nServer: Microsoft-IIS/10.0\r\nrequest-id: 1f0b4b2c-1\r\nX-CalculatedBETarget: be1\r\n"
      "MS-Server-ActiveSync: 15.2\r\nX-DiagInfo: MB01\r\nX-BEServer: BE1\r\nX-FEServer: FE1\r\n"
      "Date: Fri, 20 Nov 2026 08:00:00 GMT\r\nContent-Length: 100\r\n\r\n",
      answered);
  eas::Session session;
  std::size_t sink = 0;
  const double whole = nanoseconds(rounds, [&] {
    sink += session.understand(exchange, {asked, {}, true}, {answered, {}, true}).outcome.size();
  });
  const double decode = nanoseconds(rounds, [&] {
    sink += wbxml::decode(asked).nodes.size() + wbxml::decode(answered).nodes.size();
  });
  std::printf("%-28s understand %9.0f ns  decode alone %9.0f ns  beyond decode %9.0f ns  (%zu)\n",
              name, whole, decode, whole - decode, sink % 10);
}

}  // namespace

int main(int argc, char**) {  // any argument: the small one alone
  measure("small Sync and answer", 0, 20'000);
  if (argc > 1) return 0;
  measure("answer with 200 messages", 200, 500);
}
