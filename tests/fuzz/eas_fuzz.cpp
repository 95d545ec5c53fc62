// The query in both forms and a whole exchange on arbitrary octets. Properties: nothing crashes,
// what is kept stays within the limits, offsets lie inside the input, and a second look at the same
// exchange sees the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/eas/request_query.hpp"
#include "decoder/eas/session.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace eastap;

std::shared_ptr<const model::Message> message(std::string head, std::string_view body) {
  auto made = std::make_shared<model::Message>();
  made->head = model::HeaderList{std::move(head)};
  made->body_size = body.size();
  made->complete = true;
  return made;
}

eas::BodyOctets octets(std::string_view body) {
  return {body.empty() ? nullptr : std::make_shared<const std::string>(body), {}, true};
}

void check(const eas::Command& command, const eas::Limits& limits, std::size_t request_size,
           std::size_t response_size) {
  require(command.outcome.size() <= limits.line_octets + 8);
  require(command.asked.size() <= limits.line_octets + 80);
  require(command.statuses.size() <= limits.statuses);
  require(command.collections.size() <= 2 * limits.collections + limits.remembered_collections);
  require(command.fetched.size() <= limits.entries + 1);
  require(command.folder_changes.size() <= limits.entries + 1);
  std::size_t items = 0;
  for (const eas::Collection& collection : command.collections) items += collection.items.size();
  require(items <= limits.items);
  for (const eas::Body::Part& part : command.response.parts) {
    require(std::uint64_t{part.offset} + part.size <= response_size);
  }
  for (const Diagnostic& remark : command.diagnostics) {
    if (remark.part == "request body") require(remark.offset <= request_size);
    if (remark.part == "response body") require(remark.offset <= response_size);
  }
}

constexpr const char* kCommands[] = {"Sync",
                                     "SendMail",
                                     "SmartForward",
                                     "SmartReply",
                                     "GetAttachment",
                                     "FolderSync",
                                     "FolderCreate",
                                     "FolderDelete",
                                     "FolderUpdate",
                                     "MoveItems",
                                     "GetItemEstimate",
                                     "MeetingResponse",
                                     "Search",
                                     "Settings",
                                     "Ping",
                                     "ItemOperations",
                                     "Provision",
                                     "ResolveRecipients",
                                     "ValidateCert",
                                     "Find",
                                     "Odd",
                                     ""};
constexpr const char* kTypes[] = {"application/vnd.ms-sync.wbxml",
                                  "application/vnd.ms-sync.multipart",
                                  "message/rfc822",
                                  "text/xml",
                                  "application/json",
                                  "text/html",
                                  "application/vnd.wap.wmlc",
                                  ""};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto choice = [&](std::size_t at, std::size_t count) { return data[at] % count; };
  const std::string_view rest = input.substr(4);
  const std::size_t middle = rest.size() * data[3] / 255;
  const std::string_view asked = rest.substr(0, middle), answered = rest.substr(middle);

  const eas::RequestQuery query = eas::read_query(asked);
  require(query.parameters.size() <= eas::kMaxQueryParameters);
  if (const auto strict = eas::parse_base64_query(to_base64(asked)); !strict) {
    require(strict.error().offset <= asked.size());
  }

  eas::Limits limits;
  limits.items = 50;
  limits.statuses = 60;
  limits.collections = 20;
  limits.entries = 20;
  limits.folders = 10;
  eas::Session session{limits};
  auto connection = std::make_shared<model::Connection>();
  connection->host = "mail.contoso.test";
  model::Exchange exchange;
  exchange.connection = connection;
  const char* const command = kCommands[choice(0, std::size(kCommands))];
  const bool discovers = data[0] >= 250;
  std::string head = discovers ? "POST /autodiscover/autodiscover.xml HTTP/1.1\r\n"
                               : std::string{"POST /Microsoft-Server-ActiveSync?Cmd="} + command +
                                     "&User=a&DeviceId=A1&DeviceType=x HTTP/1.1\r\n";
  head += std::string{"Content-Type: "} + kTypes[choice(1, std::size(kTypes))] + "\r\n\r\n";
  exchange.request = message(head, asked);
  exchange.response = message(std::string{"HTTP/1.1 200 OK\r\nContent-Type: "} +
                                  kTypes[choice(2, std::size(kTypes))] + "\r\n\r\n",
                              answered);
  for (std::uint64_t round = 1; round <= 2; ++round) {
    exchange.id = {round};
    exchange.ending = model::Ending::open;
    check(session.understand(exchange, octets(asked), {}), limits, asked.size(), 0);
    const eas::Command again = session.understand(exchange, octets(asked), {});
    const eas::Command once_more = session.understand(exchange, octets(asked), {});
    require(again.asked == once_more.asked && again.collections == once_more.collections);
    exchange.ending = model::Ending::complete;
    check(session.understand(exchange, octets(asked), octets(answered)), limits, asked.size(),
          answered.size());
  }
  // Heads of any kind.
  exchange.request = message(std::string{asked}, "");
  exchange.response = message(std::string{answered}, "");
  check(session.understand(exchange, {}, {}), limits, 0, 0);
  return 0;
}
