#include "decoder/render/exchange_words.hpp"

#include <string>

#include <doctest/doctest.h>

#include "decoder/codepages/pages.hpp"
#include "decoder/render/exchange_facts.hpp"
#include "decoder/render/line.hpp"
#include "decoder/render/record_json.hpp"
#include "decoder/wbxml/encode.hpp"
#include "tests/unit/decoder/eas/scene.hpp"

/// What a line says of an exchange, from octets on: at the width of a wide terminal and of a narrow
/// one.
using namespace eastap;
using namespace eastap::render;
using eas::test::finish;
using eas::test::Phone;
using wbxml::Builder;
namespace as = eastap::codepages::airsync;
namespace pages = eastap::codepages;

namespace {

struct Seen {
  eas::Command command;
  std::string line, narrow;
};

Seen seen(Phone& phone, const std::string& name, const std::string& request,
          const std::string& response, const std::string& query = {}) {
  const model::Exchange exchange = phone.make(name, request, response, {}, query);
  Seen out;
  out.command =
      phone.session.understand(exchange, eas::test::octets(request), eas::test::octets(response));
  append_exchange_line(out.line, exchange, out.command, {.width = 400});
  append_exchange_line(out.narrow, exchange, out.command, {.width = 80});
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("decoder.render.exchange_words") {
  TEST_CASE("a search without a photo still tells its hits") {
    namespace search = pages::search;
    namespace gal = pages::gal;
    Builder ask, tell;
    ask.open(search::kSearch).open(search::kStore).add(search::kName, "GAL");
    ask.add(search::kQuery, "bob");
    tell.open(search::kSearch).add(search::kStatus, "1").open(search::kResponse);
    tell.open(search::kStore).add(search::kStatus, "1").open(search::kResult);
    tell.open(search::kProperties).add(gal::kDisplayName, "Bob").open(gal::kPicture);
    tell.add(gal::kStatus, "173").close().close().close();
    tell.add(search::kRange, "0-0").add(search::kTotal, "1");
    Phone phone;
    const Seen view = seen(phone, "Search", finish(ask), finish(tell));
    CAPTURE(view.line);
    CAPTURE(view.narrow);
    CHECK(has(view.line, "1 hit, photo: status 173 NoPicture"));
    CHECK(has(view.narrow, "1 hit, status 173"));
    CHECK(view.command.achieved == "1 hit");
  }

  TEST_CASE("of several fetches the failed ones do not hide what came") {
    namespace io = pages::item_operations;
    Builder ask, tell;
    ask.open(io::kItemOperations);
    tell.open(io::kItemOperations).add(io::kStatus, "1").open(io::kResponse);
    for (const char* id : {"5:1", "5:2", "5:3"}) {
      const bool fails = std::string_view{id} == "5:3";
      ask.open(io::kFetch).add(io::kStore, "Mailbox").add(as::kServerId, id).close();
      tell.open(io::kFetch).add(io::kStatus, fails ? "6" : "1").add(as::kServerId, id);
      if (!fails) {
        tell.open(io::kProperties).open(pages::airsync_base::kBody);
        tell.add(pages::airsync_base::kData, "twelve octet").close().close();
      }
      tell.close();
    }
    Phone phone;
    const Seen view = seen(phone, "ItemOperations", finish(ask), finish(tell));
    CAPTURE(view.line);
    CHECK(has(view.line, "2 fetched, 24 B, item 5:3: status 6 DocumentNotFound"));
    CHECK(has(view.narrow, "2 fetched, 24 B, "));
    CHECK(has(view.narrow, "↳ item 5:3: status 6"));
  }

  TEST_CASE("of several moves and names the ones that went well are counted") {
    namespace move = pages::move;
    Builder ask, tell;
    ask.open(move::kMoveItems);
    tell.open(move::kMoveItems);
    for (const char* id : {"5:1", "5:2"}) {
      const bool fails = std::string_view{id} == "5:2";
      ask.open(move::kMove).add(move::kSrcMsgId, id).add(move::kSrcFldId, "5");
      ask.add(move::kDstFldId, "7").close();
      tell.open(move::kResponse).add(move::kSrcMsgId, id);
      tell.add(move::kStatus, fails ? "1" : "3").close();
    }
    Phone phone;
    const Seen moved = seen(phone, "MoveItems", finish(ask), finish(tell));
    CAPTURE(moved.line);
    CHECK(has(moved.line, "1 moved, item 5:2: status 1 "));

    namespace resolve = pages::resolve_recipients;
    Builder who, they;
    who.open(resolve::kResolveRecipients).add(resolve::kTo, "bob").add(resolve::kTo, "nobody");
    they.open(resolve::kResolveRecipients).add(resolve::kStatus, "1").open(resolve::kResponse);
    they.add(resolve::kTo, "bob").add(resolve::kStatus, "1").close().open(resolve::kResponse);
    they.add(resolve::kTo, "nobody").add(resolve::kStatus, "4");
    const Seen found = seen(phone, "ResolveRecipients", finish(who), finish(they));
    CAPTURE(found.line);
    CHECK(has(found.line, "1 of 2 resolved, recipient nobody: status 4 "));
  }

  TEST_CASE("a command that failed as a whole has nothing that went well") {
    namespace search = pages::search;
    Builder ask, tell;
    ask.open(search::kSearch).open(search::kStore).add(search::kName, "GAL");
    ask.add(search::kQuery, "bob");
    tell.open(search::kSearch).add(search::kStatus, "3");
    Phone phone;
    const Seen view = seen(phone, "Search", finish(ask), finish(tell));
    CAPTURE(view.line);
    CHECK(view.command.achieved.empty());
    CHECK_FALSE(has(view.line, "hit"));
  }

  TEST_CASE("an ordered wipe is said once") {
    namespace provision = pages::provision;
    Builder ask, tell;
    ask.open(provision::kProvision);
    tell.open(provision::kProvision).add(provision::kStatus, "1").add(provision::kRemoteWipe);
    Phone phone;
    const Seen view = seen(phone, "Provision", finish(ask), finish(tell));
    CAPTURE(view.line);
    CHECK(has(view.line, "REMOTE WIPE ordered: "));
    CHECK_FALSE(has(view.line, "remote wipe ordered"));
  }

  TEST_CASE("the bound that a server answers a Ping with stands in the line") {
    namespace ping = pages::ping;
    Builder ask, tell;
    ask.open(ping::kPing).add(ping::kHeartbeatInterval, "5").open(ping::kFolders);
    ask.open(ping::kFolder).add(ping::kId, "5").add(ping::kClass, "Email");
    tell.open(ping::kPing).add(ping::kStatus, "5").add(ping::kHeartbeatInterval, "60");
    Phone phone;
    const std::string request = finish(ask);
    const Seen heartbeat = seen(phone, "Ping", request, finish(tell));
    CAPTURE(heartbeat.line);
    CHECK(has(heartbeat.line, "up to 5 s"));
    CHECK(has(heartbeat.line, "status 5 HeartbeatOutOfRange, at least 60 s: "));
    CHECK(has(heartbeat.narrow, "at least 60 s"));
    CHECK(heartbeat.command.detail == "status 5 HeartbeatOutOfRange, at least 60 s");
    Builder many;
    many.open(ping::kPing).add(ping::kStatus, "6").add(ping::kMaxFolders, "200");
    const Seen folders = seen(phone, "Ping", request, finish(many));
    CAPTURE(folders.line);
    CHECK(has(folders.line, ", at most 200 folders: "));
    Builder one;
    one.open(ping::kPing).add(ping::kStatus, "6").add(ping::kMaxFolders, "1");
    CHECK(has(seen(phone, "Ping", request, finish(one)).line, ", at most 1 folder: "));
  }

  TEST_CASE("a Sync's Limit stands in line and detail, in the measure that was asked for") {
    Builder ask = eas::test::sync_of("5", "7");
    ask.close().close().add(as::kWait, "90");
    Builder tell;
    tell.open(as::kSync).add(as::kStatus, "14").add(as::kLimit, "59");
    Phone phone;
    const Seen wait = seen(phone, "Sync", finish(ask), finish(tell));
    CAPTURE(wait.line);
    CHECK(has(wait.line, "status 14 "));
    CHECK(has(wait.line, ", at most 3540 s: "));
    CHECK(has(wait.command.detail, "at most 3540 s"));
    Builder again = eas::test::sync_of("5", "7");
    Builder full;
    full.open(as::kSync).add(as::kStatus, "15").add(as::kLimit, "300");
    const Seen many = seen(phone, "Sync", finish(again), finish(full));
    CAPTURE(many.line);
    CHECK(has(many.line, ", at most 300 collections: "));
  }

  TEST_CASE("an estimate of several folders gives the sum and each") {
    namespace estimate = pages::get_item_estimate;
    Builder ask, tell;
    ask.open(estimate::kGetItemEstimate).open(estimate::kCollections);
    tell.open(estimate::kGetItemEstimate);
    struct Row {
      const char *id, *count;
    };
    for (const Row& row : {Row{"5", "4"}, Row{"2", "6"}}) {
      ask.open(estimate::kCollection).add(as::kSyncKey, "7");
      ask.add(estimate::kCollectionId, row.id).close();
      tell.open(estimate::kResponse).add(estimate::kStatus, "1").open(estimate::kCollection);
      tell.add(estimate::kCollectionId, row.id).add(estimate::kEstimate, row.count);
      tell.close().close();
    }
    Phone phone;
    eas::test::learn_folders(phone);
    const Seen view = seen(phone, "GetItemEstimate", finish(ask), finish(tell));
    CAPTURE(view.line);
    CHECK(has(view.line, "10 items: Inbox(5) 4, Calendar(2) 6"));
  }

  TEST_CASE("counts beside a folder that failed say whose they are") {
    Builder ask, tell;
    ask.open(as::kSync).open(as::kCollections);
    tell.open(as::kSync).open(as::kCollections);
    for (const char* id : {"5", "2", "7"}) {
      const bool fails = std::string_view{id} == "2";
      ask.open(as::kCollection).add(as::kSyncKey, "2").add(as::kCollectionId, id).close();
      tell.open(as::kCollection).add(as::kSyncKey, fails ? "0" : "3").add(as::kCollectionId, id);
      tell.add(as::kStatus, fails ? "3" : "1");
      if (std::string_view{id} == "5") {
        tell.open(as::kCommands).open(as::kAdd).add(as::kServerId, "5:1").close().close();
      }
      tell.close();
    }
    Phone phone;
    eas::test::learn_folders(phone);
    const Seen view = seen(phone, "Sync", finish(ask), finish(tell));
    CAPTURE(view.line);
    CHECK(has(view.line, "Calendar(2) +2"));
    CHECK(has(view.line, "key 2 → 0  Inbox(5) +1"));
  }

  TEST_CASE("a FolderSync names the few folders that changed, and keeps a deleted one's name") {
    namespace fh = pages::folder_hierarchy;
    Phone phone;
    eas::test::learn_folders(phone);
    Builder ask, tell;
    ask.open(fh::kFolderSync).add(fh::kSyncKey, "1");
    tell.open(fh::kFolderSync).add(fh::kStatus, "1").add(fh::kSyncKey, "2").open(fh::kChanges);
    tell.open(fh::kDelete).add(fh::kServerId, "7").close().open(fh::kAdd);
    tell.add(fh::kServerId, "20").add(fh::kParentId, "5").add(fh::kDisplayName, "Projects");
    const std::string request = finish(ask), response = finish(tell);
    const model::Exchange exchange = phone.make("FolderSync", request, response, {}, {});
    const Seen view = seen(phone, "FolderSync", request, response);
    CAPTURE(view.line);
    CHECK(has(view.line, "key 1 → 2  +1 -1"));
    CHECK(has(view.line, "deleted Contacts(7), new Projects(20)"));
    std::string record;
    append_exchange_json(record, exchange, view.command, {.messages = false});
    CHECK(has(record, R"("change":"remove","id":"7","name":"Contacts")"));
    CHECK(has(record, R"("parent_id":"5","parent_name":"Inbox")"));
  }

  TEST_CASE("facts and records name the folders that a command gives by id") {
    namespace move = pages::move;
    Phone phone;
    eas::test::learn_folders(phone);
    Builder ask, tell;
    ask.open(move::kMoveItems).open(move::kMove).add(move::kSrcMsgId, "5:11");
    ask.add(move::kSrcFldId, "5").add(move::kDstFldId, "7");
    tell.open(move::kMoveItems).open(move::kResponse).add(move::kSrcMsgId, "5:11");
    tell.add(move::kStatus, "3").add(move::kDstMsgId, "7:1");
    const std::string request = finish(ask), response = finish(tell);
    const model::Exchange exchange = phone.make("MoveItems", request, response, {}, {});
    const Seen view = seen(phone, "MoveItems", request, response);
    std::string facts, record;
    append_bodies(facts, view.command, {.width = 400});
    CAPTURE(facts);
    CHECK(has(facts, "moved: 5:11 from Inbox(5) to Contacts(7), now 7:1"));
    append_exchange_json(record, exchange, view.command, {.messages = false});
    CAPTURE(record);
    CHECK(has(record, R"("from":"5","from_name":"Inbox","to":"7","to_name":"Contacts")"));
  }

  TEST_CASE("a reply's line says which mail it answers") {
    namespace compose = pages::compose_mail;
    Builder request;
    request.open(compose::kSmartReply).add(compose::kClientId, "c1").open(compose::kSource);
    request.add(compose::kFolderId, "5").add(compose::kItemId, "5:12").close();
    request.open(compose::kMime).opaque("To: bob@contoso.test\r\n\r\nHi\r\n");
    Phone phone;
    eas::test::learn_folders(phone);
    const Seen view = seen(phone, "SmartReply", finish(request), "");
    CAPTURE(view.line);
    CHECK(has(view.line, "SmartReply  5:12 "));
    CHECK(has(view.narrow, "SmartReply 5:12 "));
    CHECK(has(view.command.detail, "answers 5:12 in Inbox(5)"));
  }

  TEST_CASE("a second server of Autodiscover stands in line, facts and record") {
    const std::string answer =
        "<Autodiscover><Response><Action><Settings><Server><Type>MobileSync</Type><Url>https://m/"
        "</Url></Server><Server><Type>CertEnroll</Type><Url>https://c/</Url><ServerData>Tmpl"
        "</ServerData></Server></Settings></Action></Response></Autodiscover>";
    Phone phone;
    model::Exchange exchange = phone.make("", "<a/>", answer, {}, {});
    exchange.request = eas::test::message(
        "POST /autodiscover/autodiscover.xml HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n", "<a/>");
    exchange.response =
        eas::test::message("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n", answer);
    const eas::Command command =
        phone.session.understand(exchange, eas::test::octets("<a/>"), eas::test::octets(answer));
    std::string line, facts, record;
    append_exchange_line(line, exchange, command, {.width = 400});
    append_bodies(facts, command, {.width = 400});
    append_exchange_json(record, exchange, command, {.messages = false});
    CHECK(has(line, "https://m/, CertEnroll https://c/"));
    CHECK(has(facts, "server: CertEnroll https://c/, data Tmpl\n"));
    CHECK_FALSE(has(facts, "server: MobileSync"));
    CHECK(has(record, R"({"type":"CertEnroll","url":"https://c/","server_data":"Tmpl"})"));
  }

  TEST_CASE("the message of an Autodiscover error is told once, at every width") {
    const std::string answer =
        "<Autodiscover><Response><Action><Error><Status>1</Status><Message>The directory service "
        "could not be reached</Message></Error></Action></Response></Autodiscover>";
    Phone phone;
    model::Exchange exchange = phone.make("", "<a/>", answer, {}, {});
    exchange.request = eas::test::message(
        "POST /autodiscover/autodiscover.xml HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n", "<a/>");
    exchange.response =
        eas::test::message("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n", answer);
    const eas::Command command =
        phone.session.understand(exchange, eas::test::octets("<a/>"), eas::test::octets(answer));
    for (const std::size_t width : {120U, 200U, 400U}) {
      CAPTURE(width);
      std::string line;
      append_exchange_line(line, exchange, command, {.width = width});
      const std::size_t at = line.find("status 1: \"The directory service could not be reached\"");
      CHECK(at != std::string::npos);
      CHECK(line.find("The directory", at + 20) == std::string::npos);
      CHECK_FALSE(has(line, "Success"));
    }
  }

  TEST_CASE("a multipart remark stands once, at its place in the body") {
    namespace io = pages::item_operations;
    Builder ask, tell;
    ask.open(io::kItemOperations).open(io::kFetch).add(io::kStore, "Mailbox");
    tell.open(io::kItemOperations).add(io::kStatus, "1");
    const std::string document = finish(tell);
    const auto number = [](std::size_t value) {
      return std::string{static_cast<char>(value)} + std::string(3, '\0');
    };
    // the part ends before its document does
    const std::string body = number(1) + number(12) + number(document.size() - 2) + document;
    eas::test::Answer answer;
    answer.type = "application/vnd.ms-sync.multipart";
    Phone phone;
    const eas::Command command = phone.talk("ItemOperations", finish(ask), body, answer);
    const auto all = all_diagnostics(command);
    REQUIRE_FALSE(all.empty());
    CHECK(all.size() == command.diagnostics.size());
    for (const Diagnostic& remark : all) CHECK(remark.offset >= 4);
  }

  TEST_CASE("counts of several folders are said to be a sum") {
    Builder ask, tell;
    ask.open(as::kSync).open(as::kCollections);
    tell.open(as::kSync).open(as::kCollections);
    for (const char* id : {"5", "2"}) {
      ask.open(as::kCollection).add(as::kSyncKey, "2").add(as::kCollectionId, id).close();
      tell.open(as::kCollection).add(as::kSyncKey, "3").add(as::kCollectionId, id);
      tell.add(as::kStatus, "1").open(as::kCommands).open(as::kAdd).add(as::kServerId, "1");
      tell.close().close().close();
    }
    Phone phone;
    const Seen view = seen(phone, "Sync", finish(ask), finish(tell));
    CAPTURE(view.line);
    CHECK(has(view.line, "+2 in 2 folders"));
  }
}
