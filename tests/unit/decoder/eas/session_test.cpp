#include "decoder/eas/session.hpp"

#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "tests/unit/decoder/eas/scene.hpp"

using namespace eastap;
using namespace eastap::eas;
using namespace eastap::eas::test;
namespace as = eastap::codepages::airsync;

TEST_SUITE("decoder.eas.session") {
  TEST_CASE("heads and a base64 query give device, user, version and policy key") {
    Phone phone;
    std::string query;
    query += '\x8D';
    query += '\x12';  // Ping
    query += std::string{"\x09\x04\x02", 3} + "A1" + std::string{"\x04\x01\x00\x00\x00", 5};
    query += std::string{"\x06", 1} + "iPhone";
    const Command command = phone.raw(
        "POST https://mail.contoso.test/Microsoft-Server-ActiveSync?" + to_base64(query) +
            " HTTP/1.1\r\nAuthorization: Basic <masked user=\"CONTOSO\\alice\" digest=\"1\">\r\n"
            "MS-ASProtocolVersion: 12.1\r\nX-MS-PolicyKey: 7\r\n\r\n",
        "", "HTTP/1.1 200 OK\r\n\r\n", "");
    CHECK(command.is_activesync);
    CHECK(command.base64_query);
    CHECK(command.name == "Ping");
    CHECK(command.user == "CONTOSO\\alice");
    CHECK(command.device_id == "A1");
    CHECK(command.device_type == "iPhone");
    CHECK(command.protocol_version == "14.1");
    CHECK(command.policy_key == "1");
    CHECK(command.http_status == 200);
  }

  TEST_CASE("OPTIONS tells the best version offered") {
    Phone phone;
    const Command command = phone.raw("OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\n\r\n", "",
                                      "HTTP/1.1 200 OK\r\nMS-Server-ActiveSync: 15.2\r\n"
                                      "MS-ASProtocolVersions: 2.5,12.0,12.1,14.0,14.1,16.0,16.1\r\n"
                                      "MS-ASProtocolCommands: Sync,SendMail\r\n\r\n",
                                      "");
    CHECK(command.name == "OPTIONS");
    CHECK(command.outcome == "16.1 offered");
    CHECK(command.offered_versions.size() == 7);
    CHECK(command.offered_commands.size() == 2);
    CHECK(command.server->origin == ServerFacts::Origin::exchange);
    CHECK(command.diagnostics.empty());
  }

  TEST_CASE("what is not ActiveSync has no name") {
    Phone phone;
    const Command command =
        phone.raw("GET /owa/ HTTP/1.1\r\n\r\n", "",
                  "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "<html><title>OWA</title>");
    CHECK_FALSE(command.is_activesync);
    CHECK(command.name.empty());
    CHECK(command.response.kind == Body::Kind::html);
    CHECK(command.statuses.empty());
  }

  TEST_CASE("an unknown command keeps name or number, and its status") {
    Phone phone;
    Builder response;
    response.open(as::kSync).add(as::kStatus, "137");
    const Command command = phone.talk("GetHierarchy", "", finish(response));
    CHECK(command.name == "GetHierarchy");
    CHECK(command.eas_status == 137);
    CHECK(command.statuses.at(0).name == "CommandNotSupported");
  }

  TEST_CASE("an error page of a load balancer is named as such") {
    Phone phone;
    const Answer page{"500 Internal Server Error", "text/html", "Server: lb\r\n"};
    Command command = phone.talk("Sync", sync_of("5", "2").finish(),
                                 "<html><title>All servers drained</title></html>", page);
    CHECK(command.outcome == "not from Exchange (no X-FEServer): HTML \"All servers drained\"");
    CHECK(command.server->origin == ServerFacts::Origin::other);
    CHECK(command.server->page_title == "All servers drained");
    CHECK_FALSE(command.eas_status);
    const Answer own{"500 Internal Server Error", "text/html", "X-FEServer: FE1\r\n"};
    command = phone.talk("Sync", sync_of("5", "2").finish(), "<html><h1>Oops</h1>", own);
    CHECK(command.outcome == "internal server error, HTML \"Oops\"");
    CHECK(command.server->origin == ServerFacts::Origin::exchange);
  }

  TEST_CASE("HTTP answers are said in ActiveSync's terms") {
    Phone phone;
    const std::string request = sync_of("5", "2").finish();
    CHECK(phone
              .talk("Sync", request, "",
                    {"401 Unauthorized", "",
                     "WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Negotiate\r\n"})
              .outcome == "authentication needed, offers Basic, Negotiate");
    CHECK(phone.talk("Sync", request, "", {"449 Retry", "", "X-FEServer: F\r\n"}).outcome ==
          "must provision first");
    CHECK(phone.talk("Sync", request, "", {"451 Redirect", "", "X-MS-Location: https://m2/\r\n"})
              .outcome == "sent on to https://m2/");
    const Command busy =
        phone.talk("Sync", request, "",
                   {"503 Busy", "", "X-MS-ASThrottle: RecentCommands\r\nRetry-After: 60\r\n"});
    CHECK(busy.outcome == "server busy (RecentCommands), retry in 60 s");
    CHECK(busy.server->retry_after_seconds == 60);
    CHECK(phone.talk("Sync", request, "", {"400 Bad Request", "", "X-MS-ASError: element Foo\r\n"})
              .outcome == "bad request, element Foo");
    CHECK(phone.talk("Sync", request, "", {"302 Found", "", "Location: /owa\r\n"}).outcome ==
          "redirected to /owa");
    phone.headers += "Authorization: Basic <masked user=\"alice\" digest=\"1\">\r\n";
    CHECK(phone.talk("Sync", request, "", {"401 Unauthorized", "", ""}).outcome ==
          "credentials refused");
  }

  TEST_CASE("a content type that lies is believed less than the octets") {
    Phone phone;
    const std::string request = sync_of("5", "2").finish();
    const std::string response = finish(sync_of("5", "3").add(as::kStatus, "1"));
    Command command = phone.talk("Sync", request, response, {"200 OK", "text/html", ""});
    CHECK(command.response.kind == Body::Kind::wbxml);
    CHECK(command.collections.at(0).new_sync_key == "3");
    REQUIRE(command.diagnostics.size() == 1);
    CHECK(command.diagnostics[0].text.find("text/html") != std::string::npos);
    command = phone.talk("Sync", request, "<!DOCTYPE html><title>Sign in</title>",
                         {"200 OK", "application/vnd.ms-sync.wbxml", ""});
    CHECK(command.response.kind == Body::Kind::html);
    CHECK(command.diagnostics.size() == 1);
    CHECK(command.outcome == "not ActiveSync: HTML \"Sign in\"");
  }

  TEST_CASE("a missing content type is made up for by the octets, the short form is known") {
    Phone phone;
    const std::string response = finish(sync_of("5", "3").add(as::kStatus, "1"));
    for (const char* type : {"", "application/vnd.ms-sync"}) {
      const Command command =
          phone.talk("Sync", sync_of("5", "2").finish(), response, {"200 OK", type, ""});
      CHECK(command.response.kind == Body::Kind::wbxml);
      CHECK(command.diagnostics.empty());
    }
  }

  TEST_CASE("a body of another command is not read as this one") {
    Phone phone;
    namespace pi = codepages::ping;
    Builder body;
    body.open(pi::kPing).add(pi::kStatus, "1");
    const Command command = phone.talk("Sync", sync_of("5", "2").finish(), finish(body));
    CHECK_FALSE(command.eas_status);
    REQUIRE(command.diagnostics.size() == 1);
    CHECK(command.diagnostics[0].text == "The body is Ping, not Sync");
  }

  TEST_CASE("a broken query does not hide what the body is") {
    Phone phone;
    const Command command = phone.raw(
        "POST /Microsoft-Server-ActiveSync?User=alice HTTP/1.1\r\nContent-Type: "
        "application/vnd.ms-sync.wbxml\r\n\r\n",
        sync_of("5", "2").finish(), "HTTP/1.1 200 OK\r\n\r\n", "");
    CHECK(command.name == "Sync");
    CHECK(command.collections.size() == 1);
    CHECK(command.diagnostics.size() == 1);
  }

  TEST_CASE("dropped bodies are said to be missing, not taken for empty ones") {
    Phone phone;
    model::Exchange exchange = phone.make("Sync", "x", "x", {}, "");
    exchange.bodies_dropped = true;
    const Command command = phone.session.understand(exchange, {}, {});
    CHECK_FALSE(command.request_repeats_last);
    CHECK_FALSE(command.request.whole);
    REQUIRE(command.diagnostics.size() == 1);
    CHECK(command.diagnostics[0].text.find("Not decoded") == 0);
    CHECK(command.outcome.empty());
  }

  TEST_CASE("every cut of an answer keeps what came before the cut") {
    const std::string request = sync_of("5", "41").finish();
    Builder body = sync_of("5", "42");
    body.add(as::kStatus, "1").open(as::kCommands);
    for (int i = 0; i < 3; ++i) body.open(as::kAdd).add(as::kServerId, "5:90").close();
    const std::string whole = finish(body);
    for (std::size_t kept = 1; kept < whole.size(); ++kept) {
      CAPTURE(kept);
      Phone phone;
      const Command command = phone.talk("Sync", request, whole.substr(0, kept));
      CHECK_FALSE(command.diagnostics.empty());
      for (const Diagnostic& remark : command.diagnostics) CHECK(remark.offset <= kept);
    }
  }

  TEST_CASE("the same inputs in the same order give the same commands") {
    const auto run = [] {
      Phone phone;
      std::string words;
      for (int i = 0; i < 3; ++i) {
        words += learn_folders(phone).detail;
        words += phone.send("Sync", sync_of("5", "0").finish()).asked;
        words += phone
                     .talk("Sync", sync_of("5", "0").finish(),
                           finish(sync_of("5", "1").add(as::kStatus, "1")))
                     .detail;
        words += phone.send("Sync", "").asked;
      }
      return words;
    };
    CHECK(run() == run());
  }

  TEST_CASE("devices, folders and entries are bounded; the oldest device is forgotten") {
    Limits limits;
    limits.devices = 3;
    Phone phone;
    phone.session = Session{limits};
    for (int i = 0; i < 10; ++i) {
      phone.device_id = "D" + std::to_string(i);
      learn_folders(phone);
    }
    CHECK(phone.session.device_count() == 3);
    CHECK(phone.send("Sync", sync_of("5", "0").finish()).collections.at(0).folder_name == "Inbox");
    phone.device_id = "D1";
    CHECK(phone.send("Sync", sync_of("5", "0").finish()).collections.at(0).folder_name.empty());
    limits.devices = 100;
    limits.entries_altogether = 10;
    phone.session = Session{limits};
    for (int i = 0; i < 10; ++i) {
      phone.device_id = "D" + std::to_string(i);
      learn_folders(phone);
    }
    CHECK(phone.session.device_count() == 3);
  }

  TEST_CASE("Autodiscover in XML tells the address asked for and the URL answered") {
    Phone phone;
    const std::string asked =
        "<?xml version=\"1.0\"?><Autodiscover xmlns=\"x\"><Request><EMailAddress>alice@contoso.test"
        "</EMailAddress><AcceptableResponseSchema>mobilesync</AcceptableResponseSchema></Request>"
        "</Autodiscover>";
    const std::string head =
        "POST /autodiscover/autodiscover.xml HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n";
    Command command = phone.raw(
        head, asked, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n",
        "<?xml version=\"1.0\"?><Autodiscover><m:Response xmlns:m=\"m\"><m:Action><m:Settings>"
        "<m:Server><m:Type>MobileSync</m:Type><m:Url>https://mail.contoso.test/Microsoft-Server-"
        "ActiveSync</m:Url></m:Server></m:Settings></m:Action></m:Response></Autodiscover>");
    CHECK(command.name == "Autodiscover");
    REQUIRE(command.autodiscover);
    CHECK(command.autodiscover->email == "alice@contoso.test");
    CHECK(command.autodiscover->server_type == "MobileSync");
    CHECK(command.detail ==
          "alice@contoso.test → https://mail.contoso.test/Microsoft-Server-ActiveSync");
    command =
        phone.raw(head, asked, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n",
                  "<Autodiscover><Response><Error><ErrorCode>601</ErrorCode><Message>Provider is "
                  "not available</Message></Error></Response></Autodiscover>");
    CHECK(command.eas_status == 601);
    CHECK(command.statuses.at(0).name == "NoProvider");
    CHECK(command.outcome == "status 601 NoProvider, Provider is not available");
    command = phone.raw(head, asked, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n",
                        "<Autodiscover><Response><Action><Redirect>alice@fabrikam.test</Redirect>"
                        "</Action></Response></Autodiscover>");
    CHECK(command.autodiscover->redirect == "alice@fabrikam.test");
    CHECK(command.detail == "alice@contoso.test → redirected to alice@fabrikam.test");
  }

  TEST_CASE("Autodiscover keeps every server, and answers with the one that synchronises") {
    Phone phone;
    const Command command = phone.raw(
        "POST /autodiscover/autodiscover.xml HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n", "<a/>",
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n",
        "<Autodiscover><Response><Action><Settings><Server><Type>CertEnroll</Type>"
        "<Url>https://cert.contoso.test/CertEnroll</Url><Name/><ServerData>CertEnrollTemplate"
        "</ServerData></Server><Server><Type>MobileSync</Type><Url>https://mail.contoso.test/"
        "Microsoft-Server-ActiveSync</Url></Server></Settings></Action></Response></Autodiscover>");
    REQUIRE(command.autodiscover);
    CHECK(command.autodiscover->server_type == "MobileSync");
    REQUIRE(command.autodiscover->servers.size() == 2);
    CHECK(command.autodiscover->servers[0].url == "https://cert.contoso.test/CertEnroll");
    CHECK(command.autodiscover->servers[0].data == "CertEnrollTemplate");
    CHECK(command.outcome ==
          "https://mail.contoso.test/Microsoft-Server-ActiveSync, CertEnroll "
          "https://cert.contoso.test/CertEnroll");
  }

  TEST_CASE("Status 1 inside an Autodiscover error is no success, and its message is told") {
    Phone phone;
    const Command command = phone.raw(
        "POST /autodiscover/autodiscover.xml HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n", "<a/>",
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n",
        "<Autodiscover><Response><Action><Error><Status>1</Status><Message>The directory service "
        "could not be reached</Message><DebugData>MailUser</DebugData></Error></Action></Response>"
        "</Autodiscover>");
    REQUIRE(command.statuses.size() == 1);
    CHECK_FALSE(command.statuses[0].success);
    CHECK(command.statuses[0].name.empty());
    CHECK(command.outcome == "status 1, The directory service could not be reached");
    CHECK(command.autodiscover->debug_data == "MailUser");
  }

  TEST_CASE("Autodiscover v2 is JSON, its question in the URL") {
    Phone phone;
    Command command = phone.raw(
        "GET /autodiscover/autodiscover.json?Email=alice%40contoso.test&Protocol=ActiveSync "
        "HTTP/1.1\r\n\r\n",
        "", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
        "{\"Protocol\":\"ActiveSync\",\"Url\":\"https://outlook.office365.com/x\"}");
    CHECK(command.autodiscover->json);
    CHECK(command.autodiscover->email == "alice@contoso.test");
    CHECK(command.detail == "alice@contoso.test (ActiveSync) → https://outlook.office365.com/x");
    command = phone.raw(
        "GET /autodiscover/autodiscover.json/v1.0/bob@contoso.test?Protocol=X HTTP/1.1\r\n\r\n", "",
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n",
        "{\"ErrorCode\":\"InvalidProtocol\",\"ErrorMessage\":\"No such protocol\"}");
    CHECK(command.autodiscover->email == "bob@contoso.test");
    CHECK(command.outcome == "bad request, InvalidProtocol: No such protocol");
    command = phone.raw("GET /autodiscover/autodiscover.json?Email=a HTTP/1.1\r\n\r\n", "",
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
                        std::string(5'000, '['));
    CHECK(command.diagnostics.size() == 1);
  }

  TEST_CASE("a place in broken XML lies inside the body, whatever its encoding") {
    Phone phone;
    std::string body(60, '\xFF');  // taken for Latin-1, which grows as UTF-8
    body += "<a";
    const Command command = phone.raw("POST /autodiscover/autodiscover.xml HTTP/1.1\r\n\r\n", body,
                                      "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n", body);
    REQUIRE_FALSE(command.diagnostics.empty());
    for (const Diagnostic& remark : command.diagnostics) CHECK(remark.offset <= body.size());
  }

  TEST_CASE("other WBXML languages are told apart from ActiveSync") {
    Phone phone;
    // WML 1.1 (public id 4), UTF-8: <wml><card><p>x</p></card></wml>
    const std::string wml{"\x01\x04\x6A\x00\x7F\x67\x60\x03x\x00\x01\x01\x01", 13};
    const Command command =
        phone.raw("POST /push HTTP/1.1\r\nContent-Type: application/vnd.wap.wmlc\r\n\r\n", wml,
                  "HTTP/1.1 200 OK\r\n\r\n", "");
    CHECK(command.request.kind == Body::Kind::wbxml);
    CHECK(command.request.other_language.find("WML") != std::string::npos);
  }
}
