#include "tests/unit/proxy/redact/traffic.hpp"

#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/wbxml/encode.hpp"
#include "tests/support/zlib_coded.hpp"

namespace eastap::redact::testing {
namespace {

namespace airsync = codepages::airsync;
namespace base = codepages::airsync_base;
namespace calendar = codepages::calendar;
namespace compose = codepages::compose_mail;
namespace contacts = codepages::contacts;
namespace email = codepages::email;
namespace gal = codepages::gal;
namespace hierarchy = codepages::folder_hierarchy;
namespace operations = codepages::item_operations;
namespace provision = codepages::provision;
namespace resolve = codepages::resolve_recipients;
namespace search = codepages::search;
namespace settings = codepages::settings;

using std::chrono::milliseconds;
using wbxml::Builder;

constexpr std::string_view kUser = "zorgon@quuxcorp.test";
constexpr std::string_view kDevice = "FEEDBEEF12345678";
constexpr std::string_view kSecret = "Geheim7Plan";
constexpr std::string_view kFreeBusy = "2021203041120";  // MergedFreeBusy: a digit a half-hour

const std::string kMime =
    "From: \"Zorgon Vex\" <zorgon@quuxcorp.test>\r\nTo: \"Wilma Kraus\" <wilma@pharmland.test>\r\n"
    "Subject: Geheim7Plan\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nGeheim7Plan inside\r\n--b\r\nContent-Type: "
    "application/pdf; name=Geheim7Plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "R2VoZWltN1BsYW4=\r\n--b--\r\n";

class Scene {
 public:
  Scene() {
    auto facts = std::make_shared<model::Connection>();
    facts->id = {1};
    facts->opened = now_;
    facts->client = "192.168.77.88:50123";
    facts->host = "mail.quuxcorp.test";
    facts->port = 443;
    facts->tls = true;
    facts->sni = facts->host;
    facts->upstream = "203.0.113.77:443";
    connection_ = std::move(facts);
  }

  void add(const std::string& line, const std::string& body, const std::string& status,
           const std::string& answer, const std::string& fields = "",
           const std::string& answer_fields = "") {
    model::Exchange exchange;
    exchange.id = {++exchanges_};
    exchange.connection = connection_;
    exchange.request = message(
        line +
            " HTTP/1.1\r\nHost: mail.quuxcorp.test\r\nAuthorization: Basic <masked "
            "user=\"QUUXCORP\\zorgon\" digest=\"01020304\">\r\nUser-Agent: "
            "Apple-iPhone8C4/1504.100\r\nMS-ASProtocolVersion: 16.1\r\nX-Odd: Zorgon Vex\r\n" +
            fields,
        body);
    exchange.ending = model::Ending::open;
    inputs_.push_back(exchange);
    now_ += milliseconds{20};
    exchange.response = message("HTTP/1.1 " + status + "\r\n" + answer_fields, answer);
    exchange.ending = model::Ending::complete;
    exchange.delivered_octets = exchange.response->wire_size;
    exchange.ended = now_;
    inputs_.push_back(std::move(exchange));
    now_ += milliseconds{500};
  }

  void command(const std::string& name, const std::string& body, const std::string& answer,
               const std::string& parameters = "",
               const std::string& type = "application/vnd.ms-sync.wbxml") {
    add("POST /Microsoft-Server-ActiveSync?Cmd=" + name + "&User=" + "zorgon%40quuxcorp.test" +
            "&DeviceId=" + std::string{kDevice} + "&DeviceType=iPhone" + parameters,
        body, "200 OK", answer,
        body.empty() ? "" : "Content-Type: application/vnd.ms-sync.wbxml\r\n",
        "Content-Type: " + type +
            "\r\nX-FEServer: QUUXEX01\r\nX-BEServer: QUUXEX01.quuxcorp.test\r\n"
            "MS-Server-ActiveSync: 15.1\r\n");
  }

  void event(model::ConnectionEvent::Kind kind, const std::string& reason,
             const std::string& detail) {
    model::ConnectionEvent event;
    event.kind = kind;
    event.time = now_;
    event.connection = connection_;
    event.reason = reason;
    event.detail = detail;
    inputs_.emplace_back(std::move(event));
  }

  [[nodiscard]] std::vector<pipeline::Input> take() { return std::move(inputs_); }

 private:
  [[nodiscard]] std::shared_ptr<const model::Message> message(std::string head,
                                                              const std::string& body) const {
    auto made = std::make_shared<model::Message>();
    if (!body.empty()) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    made->head = model::HeaderList{head + "\r\n"};
    made->body = body;
    made->body_size = body.size();
    made->wire_size = head.size() + 2 + body.size();
    made->complete = true;
    made->began = made->ended = now_;
    return made;
  }

  std::shared_ptr<const model::Connection> connection_;
  std::vector<pipeline::Input> inputs_;
  std::uint64_t exchanges_ = 0;
  Timestamp now_ = *from_rfc3339("2026-11-20T14:02:00Z");
};

std::string sync_request(std::string_view key) {
  Builder body;
  body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
  body.add(airsync::kSyncKey, key).add(airsync::kCollectionId, "5");
  return std::move(body).finish();
}

std::string sync_answer(std::string_view key, std::string_view status) {
  Builder body;
  body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
  body.add(airsync::kSyncKey, key).add(airsync::kCollectionId, "5").add(airsync::kStatus, status);
  body.open(airsync::kCommands).open(airsync::kAdd).add(airsync::kServerId, "5:1");
  body.open(airsync::kApplicationData);
  body.add(email::kFrom, "\"Wilma Kraus\" <wilma@pharmland.test>").add(email::kTo, kUser);
  body.add(email::kSubject, kSecret).add(email::kThreadTopic, kSecret);
  body.add(email::kDateReceived, "2026-11-20T14:00:00.000Z");
  body.open(base::kAttachments).open(base::kAttachment).add(base::kDisplayName, "Geheim7Plan.pdf");
  body.add(base::kFileReference, "5%3a1%3a0").close().close();
  body.open(base::kBody).add(base::kType, "1").add(base::kData, "Geheim7Plan in the text").close();
  body.open(base::kBody).add(base::kType, "4").add(base::kData, kMime).close();
  body.add(calendar::kOrganizerEmail, "wilma@pharmland.test").add(calendar::kLocation, kSecret);
  body.add(contacts::kLastName, "Kraus").add(contacts::kMobilePhoneNumber, "0171-Geheim7Plan");
  body.open({0, 0x3A}).text(kSecret).close();  // a tag that nobody knows
  return std::move(body).finish();
}

std::string send_mail() {
  Builder body;
  body.open(compose::kSendMail).add(compose::kClientId, "c-17").add(compose::kSaveInSentItems);
  body.add(compose::kMime, kMime);
  return std::move(body).finish();
}

std::string folders() {
  Builder body;
  body.open(hierarchy::kFolderSync).add(hierarchy::kStatus, "1").add(hierarchy::kSyncKey, "1");
  body.open(hierarchy::kChanges).add(hierarchy::kCount, "2");
  for (const auto& [id, name, type] : {std::tuple{"5", "Inbox", "2"}, {"9", "Geheim7Plan", "12"}}) {
    body.open(hierarchy::kAdd).add(hierarchy::kServerId, id).add(hierarchy::kParentId, "0");
    body.add(hierarchy::kDisplayName, name).add(hierarchy::kType, type).close();
  }
  return std::move(body).finish();
}

std::string hits() {
  Builder body;
  body.open(search::kSearch).add(search::kStatus, "1").open(search::kResponse);
  body.open(search::kStore).add(search::kStatus, "1").open(search::kResult);
  body.open(search::kProperties)
      .add(gal::kDisplayName, "Wilma Kraus")
      .add(gal::kPhone, "Geheim7Plan");
  body.add(gal::kEmailAddress, "wilma@pharmland.test").close().close().add(search::kRange, "0-0");
  return std::move(body).finish();
}

std::string search_request() {
  Builder body;
  body.open(search::kSearch).open(search::kStore).add(search::kName, "GAL");
  body.add(search::kQuery, kSecret);
  return std::move(body).finish();
}

std::string device_information() {
  Builder body;
  body.open(settings::kSettings).open(settings::kDeviceInformation).open(settings::kSet);
  body.add(settings::kModel, "iPhone8C4").add(settings::kIMEI, "Geheim7Plan");
  body.add(settings::kFriendlyName, "Zorgon Vex");
  return std::move(body).finish();
}

std::string user_information() {
  Builder body;
  body.open(settings::kSettings).add(settings::kStatus, "1").open(settings::kUserInformation);
  body.add(settings::kStatus, "1").open(settings::kGet).open(settings::kEmailAddresses);
  body.add(settings::kSMTPAddress, kUser).close().close().close();
  body.open(settings::kOof).add(settings::kStatus, "1").open(settings::kGet);
  body.open(settings::kOofMessage).add(settings::kReplyMessage, kSecret);
  return std::move(body).finish();
}

std::string free_busy() {
  Builder body;
  body.open(resolve::kResolveRecipients).add(resolve::kStatus, "1").open(resolve::kResponse);
  body.add(resolve::kTo, "wilma").add(resolve::kStatus, "1").add(resolve::kRecipientCount, "1");
  body.open(resolve::kRecipient).add(resolve::kType, "1");
  body.add(resolve::kDisplayName, "Wilma Kraus")
      .add(resolve::kEmailAddress, "wilma@pharmland.test");
  body.open(resolve::kAvailability).add(resolve::kStatus, "1");
  body.add(resolve::kMergedFreeBusy, kFreeBusy);
  return std::move(body).finish();
}

std::string free_busy_request() {
  Builder body;
  body.open(resolve::kResolveRecipients).add(resolve::kTo, "wilma");
  body.open(resolve::kOptions).open(resolve::kAvailability);
  body.add(resolve::kStartTime, "2026-11-20T08:00:00.000Z");
  return std::move(body).finish();
}

std::string multipart() {
  Builder body;
  body.open(operations::kItemOperations).add(operations::kStatus, "1").open(operations::kResponse);
  body.open(operations::kFetch).add(operations::kStatus, "1").open(operations::kProperties);
  body.add(operations::kPart, "1").add(email::kFrom, "wilma@pharmland.test");
  const std::string first = std::move(body).finish(), second{kSecret};
  const auto word = [](std::size_t number) {
    return std::string{static_cast<char>(number), '\0', '\0', '\0'};
  };
  return word(2) + word(20) + word(first.size()) + word(20 + first.size()) + word(second.size()) +
         first + second;
}

std::string file_of(const std::string& name) {
  std::ifstream file{EASTAP_TEST_DATA "/wbxml/" + name, std::ios::binary};
  std::stringstream content;
  content << file.rdbuf();
  REQUIRE(!content.str().empty());
  return content.str();
}

void add_setup(Scene& scene) {
  scene.add("OPTIONS /Microsoft-Server-ActiveSync", "", "200 OK", "", "",
            "MS-ASProtocolVersions: 14.1,16.1\r\nSet-Cookie: a=<masked>; domain=.quuxcorp.test\r\n"
            "Location: https://mail.quuxcorp.test/zorgon?x=Geheim7Plan\r\n"
            "WWW-Authenticate: Basic realm=\"Quuxcorp Mail\"\r\n");
  scene.add(
      "POST /autodiscover/autodiscover.xml",
      "<?xml version=\"1.0\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/"
      "autodiscover/mobilesync/requestschema/2006\"><Request><EMailAddress>zorgon@quuxcorp.test"
      "</EMailAddress></Request></Autodiscover>",
      "200 OK",
      "<?xml version=\"1.0\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/"
      "autodiscover/responseschema/2006\"><Response xmlns=\"http://schemas.microsoft.com/"
      "exchange/autodiscover/mobilesync/responseschema/2006\"><User><DisplayName>Geheim7Plan"
      "</DisplayName><EMailAddress>zorgon@quuxcorp.test</EMailAddress></User><Action><Settings>"
      "<Server><Type>MobileSync</Type><Url>https://mail.quuxcorp.test/Microsoft-Server-"
      "ActiveSync</Url></Server></Settings></Action></Response></Autodiscover>",
      "Content-Type: text/xml\r\n", "Content-Type: text/xml\r\n");
  scene.add(
      "GET /autodiscover/autodiscover.json/v1.0/zorgon%40quuxcorp.test?Protocol=ActiveSync", "",
      "200 OK",
      R"({"Protocol":"ActiveSync","Url":"https://mail.quuxcorp.test/Microsoft-Server-ActiveSync","Note":"Geheim7Plan"})",
      "", "Content-Type: application/json\r\n");
  Builder policy;
  policy.open(provision::kProvision).open(provision::kPolicies).open(provision::kPolicy);
  policy.add(provision::kPolicyType, "MS-EAS-Provisioning-WBXML");
  scene.command("Provision", std::move(policy).finish(), "");
}

}  // namespace

const std::vector<std::string>& contents() {
  static const std::vector<std::string> words{"Geheim7Plan", "Wilma", "Kraus", "pharmland",
                                              std::string{kFreeBusy}};
  return words;
}

const std::vector<std::string>& identities() {
  static const std::vector<std::string> words{"zorgon",   "quuxcorp",      "FEEDBEEF12345678",
                                              "QUUXEX01", "192.168.77.88", "203.0.113.77",
                                              "Vex",      "proxyhost9"};
  return words;
}

std::vector<pipeline::Input> traffic() {
  using Kind = model::ConnectionEvent::Kind;
  Scene scene;
  add_setup(scene);
  Builder first;
  first.open(hierarchy::kFolderSync).add(hierarchy::kSyncKey, "0");
  scene.command("FolderSync", std::move(first).finish(), folders());
  scene.command("Sync", sync_request("1"), sync_answer("2", "1"));
  scene.command("Settings", device_information(), user_information());
  scene.command("SendMail", send_mail(), "");
  scene.command("SendMail", send_mail(), "");
  scene.command("Search", search_request(), hits());
  scene.command("ResolveRecipients", free_busy_request(), free_busy());
  scene.command("ItemOperations", send_mail(), multipart(), "",
                "application/vnd.ms-sync.multipart");
  scene.command("GetAttachment", "", "Geheim7Plan as text", "&AttachmentName=Inbox/Geheim7Plan.doc",
                "text/plain");
  scene.command("Settings", "", file_of("other_language_syncml.wbxml"), "",
                "application/vnd.syncml+wbxml");
  scene.command("Sync", sync_request("2"), sync_answer("3", "1").substr(0, 200));
  // [MS-ASHTTP] 2.2.1.1.1.1, User as parameter 8
  const std::string query = std::string{"\xA1\x00\x09\x04\x10", 5} + std::string{kDevice} +
                            std::string{"\x00\x06iPhone\x08\x14", 10} + std::string{kUser};
  scene.add("POST /Microsoft-Server-ActiveSync?" + to_base64(query), sync_request("2"), "200 OK",
            eastap::testing::gzip(sync_answer("0", "3")),
            "Content-Type: application/vnd.ms-sync.wbxml\r\n",
            "Content-Type: application/vnd.ms-sync.wbxml\r\nContent-Encoding: gzip\r\n");
  for (int i = 0; i < 4; ++i) {
    scene.add("POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=zorgon%40quuxcorp.test&DeviceId=" +
                  std::string{kDevice} + "&DeviceType=iPhone",
              sync_request("2"), "503 Zorgon Vex",
              "<html><title>All servers drained</title><body class='Geheim7Plan'>Geheim7Plan for "
              "Zorgon at 203.0.113.77</body></html>",
              "Content-Type: application/vnd.ms-sync.wbxml\r\n",
              "Content-Type: text/html\r\nVia: 1.1 proxyhost9.quuxcorp.test (squid/3.5)\r\n"
              "X-MS-diagnostics: 2000;reason=\"zorgon@quuxcorp.test on QUUXEX01\"\r\n");
  }
  scene.add("POST /owa/zorgon/Geheim7Plan.eml?login_hint=zorgon&q=Geheim7Plan",
            "username=zorgon&text=Geheim7Plan", "500 Oops", "Geheim7Plan failed",
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "Referer: https://mail.quuxcorp.test/owa/?u=zorgon\r\n",
            "Content-Type: text/plain\r\n");
  scene.add(
      "POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=%7a%6Frgon%40quux%63orp.test&DeviceId="
      "%46EEDBEEF1234567%38&DeviceType=iPhone&Reason=%7Aorgon",
      "u=%7Aorgon%40quuxcorp.test&t=%47eheim7Plan", "500 %7Aorgon",
      "<html>back to <a href='https://mail.quux%63orp.test/owa/?u=%5aorgon&t=%47eheim7Plan'>"
      "%5Aorgon</a> (%31%39%32.168.77.88)</html>",
      "Content-Type: application/x-www-form-urlencoded\r\nReferer: https://m%61il.quuxcorp"
      ".t%65st/owa/?to=https%3A%2F%2Fmail.quuxcorp.test%2Fzor%67on%2FGeheim7Pl%61n\r\n",
      "Content-Type: text/html\r\nX-MS-diagnostics: 1;reason=\"%7Aorgon%40quuxcorp.test at "
      "%51UUXEX01\"\r\n");
  scene.event(Kind::client_tls_failed, "unknown_ca",
              "192.168.77.88 does not trust mail.quuxcorp.test: install the CA");
  scene.event(Kind::upstream_failed, "connect", "203.0.113.77:443 (mail.quuxcorp.test) refused");
  scene.event(Kind::tunnelled, "not_intercepted", "");
  return scene.take();
}

}  // namespace eastap::redact::testing
