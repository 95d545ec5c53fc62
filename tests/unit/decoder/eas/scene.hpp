#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "decoder/codepages/pages.hpp"
#include "decoder/eas/session.hpp"
#include "decoder/wbxml/encode.hpp"

/// One phone talking to one server, for tests: requests and answers as values.
namespace eastap::eas::test {

namespace pages = codepages;
using wbxml::Builder;

inline std::shared_ptr<const model::Message> message(std::string head, std::string_view body) {
  auto made = std::make_shared<model::Message>();
  made->head = model::HeaderList{std::move(head)};
  made->body = body;
  made->body_size = body.size();
  made->complete = true;
  return made;
}

inline BodyOctets octets(std::string_view body) {
  return {body.empty() ? nullptr : std::make_shared<const std::string>(body), {}, true};
}

struct Answer {
  std::string status = "200 OK";
  std::string type = "application/vnd.ms-sync.wbxml";
  std::string headers = "MS-Server-ActiveSync: 15.2\r\nX-FEServer: FE1\r\n";
};

class Phone {
 public:
  std::string user = "alice", device_id = "A1", headers = "MS-ASProtocolVersion: 16.1\r\n";
  std::string request_type = "application/vnd.ms-sync.wbxml";

  /// A whole exchange, answered and delivered.
  Command talk(const std::string& command, const std::string& request, const std::string& response,
               const Answer& answer = {}, const std::string& more_query = {}) {
    const model::Exchange exchange = make(command, request, response, answer, more_query);
    return session.understand(exchange, octets(request), octets(response));
  }

  /// The same, seen when the request is complete.
  Command send(const std::string& command, const std::string& request) {
    model::Exchange exchange = make(command, request, "", {}, "");
    exchange.response = nullptr;
    exchange.ending = model::Ending::open;
    return session.understand(exchange, octets(request), {});
  }

  Command raw(const std::string& request_head, const std::string& request,
              const std::string& response_head, const std::string& response) {
    model::Exchange exchange = base();
    exchange.request = message(request_head, request);
    exchange.response = message(response_head, response);
    return session.understand(exchange, octets(request), octets(response));
  }

  model::Exchange make(const std::string& command, const std::string& request,
                       const std::string& response, const Answer& answer,
                       const std::string& more_query) {
    model::Exchange exchange = base();
    std::string head = "POST /Microsoft-Server-ActiveSync?Cmd=" + command + "&User=" + user +
                       "&DeviceId=" + device_id + "&DeviceType=iPhone" + more_query +
                       " HTTP/1.1\r\nHost: mail.contoso.test\r\nUser-Agent: "
                       "Apple-iPhone8C4/1504.100\r\n" +
                       headers;
    if (!request.empty()) head += "Content-Type: " + request_type + "\r\n";
    exchange.request = message(head + "\r\n", request);
    head = "HTTP/1.1 " + answer.status + "\r\n" + answer.headers;
    if (!response.empty()) head += "Content-Type: " + answer.type + "\r\n";
    exchange.response = message(head + "\r\n", response);
    return exchange;
  }

  Session session;

 private:
  model::Exchange base() {
    auto connection = std::make_shared<model::Connection>();
    connection->host = "mail.contoso.test";
    model::Exchange exchange;
    exchange.id = {++last_id_};
    exchange.connection = std::move(connection);
    exchange.ending = model::Ending::complete;
    return exchange;
  }

  std::uint64_t last_id_ = 0;
};

inline std::string finish(Builder& body) { return std::move(body).finish(); }

inline const Status* status_at(const Command& command, std::string_view place) {
  for (const Status& status : command.statuses) {
    if (status.place == place) return &status;
  }
  return nullptr;
}

/// A FolderSync from key 0 that teaches Inbox(5), Calendar(2) and Contacts(7).
inline Command learn_folders(Phone& phone) {
  namespace fh = pages::folder_hierarchy;
  Builder request, response;
  request.open(fh::kFolderSync).add(fh::kSyncKey, "0");
  response.open(fh::kFolderSync).add(fh::kStatus, "1").add(fh::kSyncKey, "1");
  response.open(fh::kChanges).add(fh::kCount, "3");
  struct Row {
    const char *id, *name, *type;
  };
  for (const Row& row :
       {Row{"5", "Inbox", "2"}, Row{"2", "Calendar", "8"}, Row{"7", "Contacts", "9"}}) {
    response.open(fh::kAdd).add(fh::kServerId, row.id).add(fh::kParentId, "0");
    response.add(fh::kDisplayName, row.name).add(fh::kType, row.type).close();
  }
  return phone.talk("FolderSync", std::move(request).finish(), std::move(response).finish());
}

/// `<Sync><Collections><Collection>` with key and id, open inside the collection.
inline Builder sync_of(std::string_view id, std::string_view key) {
  namespace as = pages::airsync;
  Builder body;
  body.open(as::kSync).open(as::kCollections).open(as::kCollection);
  body.add(as::kSyncKey, key).add(as::kCollectionId, id);
  return body;
}

}  // namespace eastap::eas::test
