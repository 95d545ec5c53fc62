#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/render/document_json.hpp"
#include "decoder/render/document_xml.hpp"
#include "decoder/render/hex.hpp"
#include "decoder/render/line.hpp"
#include "decoder/render/record_json.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"
#include "tests/unit/decoder/eas/scene.hpp"

/// Every command as a user sees it: its line, what `--tail xml` adds, and the typed members of its
/// record; from octets on, through the same reader as live traffic.
using namespace eastap;
using namespace eastap::render;
using eas::test::Answer;
using eas::test::finish;
using eas::test::Phone;
using wbxml::Builder;
namespace pages = eastap::codepages;

namespace {

class Views {
 public:
  void show(const std::string& command, const std::string& request, const std::string& response,
            const Answer& answer = {}, const std::string& query = {}) {
    const model::Exchange exchange = phone.make(command, request, response, answer, query);
    show(exchange, request, response);
  }

  void show(const model::Exchange& exchange, const std::string& request,
            const std::string& response) {
    const eas::Command understood =
        phone.session.understand(exchange, eas::test::octets(request), eas::test::octets(response));
    const LineStyle style{.width = 120};
    append_exchange_line(text_, exchange, understood, style);
    append_bodies(text_, understood, style);
    std::string record;
    append_exchange_json(record, exchange, understood, {.messages = false});
    boost::json::object object = boost::json::parse(record).as_object();
    for (const char* common : {"type",
                               "id",
                               "device_id",
                               "device_type",
                               "user",
                               "user_agent",
                               "software",
                               "host",
                               "method",
                               "target",
                               "protocol_version",
                               "http_status",
                               "request_bytes",
                               "response_bytes",
                               "delivered_bytes",
                               "complete",
                               "ending",
                               "server",
                               "statuses",
                               "duration_ms",
                               "connection",
                               "ttfb_ms"}) {
      object.erase(common);
    }
    text_ += "  record " + boost::json::serialize(object) + "\n\n";
  }

  void check(const std::string& name) const {
    const std::string path = std::string{EASTAP_TEST_GOLDEN} + "/render/" + name + ".txt";
    if (std::getenv("EASTAP_UPDATE_GOLDEN") != nullptr) {
      std::ofstream{path, std::ios::binary} << text_;
      return;
    }
    std::ifstream file{path, std::ios::binary};
    const std::string expected{std::istreambuf_iterator<char>{file}, {}};
    CHECK(text_ == expected);
  }

  Phone phone;

 private:
  std::string text_;
};

std::string number(std::uint32_t value) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
  return out;
}

std::string multipart(const std::string& first, const std::string& second) {
  const auto size = [](const std::string& text) { return static_cast<std::uint32_t>(text.size()); };
  return number(2) + number(20) + number(size(first)) + number(20 + size(first)) +
         number(size(second)) + first + second;
}

const std::string kMail =
    "From: alice@contoso.test\r\nTo: \"Bob\" <bob@contoso.test>, carol@contoso.test\r\n"
    "Bcc: boss@contoso.test\r\nSubject: =?iso-8859-15?Q?Rechnung_10_=A4?=\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
    "--b\r\nContent-Type: application/pdf; name=bill.pdf\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nQUJDRA==\r\n--b--\r\n";

}  // namespace

TEST_SUITE("decoder.render.typed_view") {
  TEST_CASE("finding a server and being let in") {
    Views views;
    views.phone.headers =
        "MS-ASProtocolVersion: 16.1\r\nAuthorization: Bearer <masked digest=\"1a2b3c4d\" "
        "upn=\"alice@contoso.test\" aud=\"https://outlook.office365.com\" exp=\"1795183331\">\r\n";
    const std::string asked =
        "<Autodiscover><Request><EMailAddress>alice@contoso.test</EMailAddress>"
        "<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/mobilesync/"
        "responseschema/2006</AcceptableResponseSchema></Request></Autodiscover>";
    const std::string answered =
        "<Autodiscover><Response><User><DisplayName>Alice</DisplayName></User><Action><Settings>"
        "<Server><Type>MobileSync</Type><Url>https://mail.contoso.test/Microsoft-Server-ActiveSync"
        "</Url></Server></Settings></Action></Response></Autodiscover>";
    model::Exchange exchange = views.phone.make("", asked, answered, {}, "");
    exchange.request = eas::test::message(
        "POST /autodiscover/autodiscover.xml HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n", asked);
    exchange.response =
        eas::test::message("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n", answered);
    views.show(exchange, asked, answered);
    const std::string json =
        "{\"Protocol\":\"ActiveSync\",\"Url\":\"https://outlook.office365.com/"
        "Microsoft-Server-ActiveSync\"}";
    exchange.request = eas::test::message(
        "GET /autodiscover/autodiscover.json?Email=alice%40contoso.test&Protocol=ActiveSync "
        "HTTP/1.1\r\n\r\n",
        "");
    exchange.response =
        eas::test::message("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", json);
    views.show(exchange, "", json);
    exchange.request = eas::test::message(
        "OPTIONS /Microsoft-Server-ActiveSync?User=alice&DeviceId=A1&DeviceType=iPhone "
        "HTTP/1.1\r\n\r\n",
        "");
    exchange.response = eas::test::message(
        "HTTP/1.1 200 OK\r\nMS-Server-ActiveSync: 15.2\r\nX-FEServer: FE1\r\n"
        "MS-ASProtocolVersions: 14.0,14.1,16.0,16.1\r\n"
        "MS-ASProtocolCommands: Sync,SendMail,FolderSync,Ping\r\n\r\n",
        "");
    views.show(exchange, "", "");

    namespace provision = pages::provision;
    namespace settings = pages::settings;
    Builder ask, give;
    ask.open(provision::kProvision);
    ask.open(settings::kDeviceInformation).open(settings::kSet);
    ask.add(settings::kModel, "iPhone8C4").add(settings::kOS, "iOS 11.2.6 15D100");
    ask.add(settings::kUserAgent, "Apple-iPhone8C4/1504.100").close().close();
    ask.open(provision::kPolicies).open(provision::kPolicy);
    ask.add(provision::kPolicyType, "MS-EAS-Provisioning-WBXML");
    give.open(provision::kProvision).add(provision::kStatus, "1");
    give.open(provision::kPolicies).open(provision::kPolicy);
    give.add(provision::kPolicyType, "MS-EAS-Provisioning-WBXML").add(provision::kStatus, "1");
    give.add(provision::kPolicyKey, "3609689902");
    give.open(provision::kData).open(provision::kEASProvisionDoc);
    give.add(provision::kDevicePasswordEnabled, "1").add(provision::kMinDevicePasswordLength, "6");
    give.add(provision::kRequireDeviceEncryption, "1");
    give.add(provision::kMaxDevicePasswordFailedAttempts, "8");
    give.add(provision::kAllowCamera, "1").add(provision::kMaxEmailAgeFilter, "2");
    views.show("Provision", finish(ask), finish(give));
    Builder agree, done;
    agree.open(provision::kProvision).open(provision::kPolicies).open(provision::kPolicy);
    agree.add(provision::kPolicyType, "MS-EAS-Provisioning-WBXML");
    agree.add(provision::kPolicyKey, "3609689902").add(provision::kStatus, "2");
    done.open(provision::kProvision).add(provision::kStatus, "1");
    done.open(provision::kPolicies).open(provision::kPolicy).add(provision::kStatus, "1");
    done.add(provision::kPolicyKey, "17");
    views.show("Provision", finish(agree), finish(done));
    Builder set, ok;
    set.open(settings::kSettings).open(settings::kOof).open(settings::kSet);
    set.add(settings::kOofState, "2").add(settings::kStartTime, "2026-11-20T14:02:11.000Z");
    ok.open(settings::kSettings).add(settings::kStatus, "1");
    ok.open(settings::kOof).add(settings::kStatus, "1");
    views.show("Settings", finish(set), finish(ok));
    views.check("typed_setup");
  }

  TEST_CASE("folders, synchronisation and waiting") {
    Views views;
    eas::test::learn_folders(views.phone);
    namespace as = pages::airsync;
    namespace calendar = pages::calendar;
    Builder request = eas::test::sync_of("2", "7");
    request.open(as::kOptions).add(as::kFilterType, "4").add(as::kMIMESupport, "1");
    request.open(pages::airsync_base::kBodyPreference).add(pages::airsync_base::kType, "2").close();
    request.close().close().close().add(as::kWait, "15");
    Builder response;
    response.open(as::kSync).open(as::kCollections).open(as::kCollection);
    response.add(as::kSyncKey, "8").add(as::kCollectionId, "2").add(as::kStatus, "1");
    response.open(as::kCommands).open(as::kAdd).add(as::kServerId, "2:1");
    response.open(as::kApplicationData);
    response.add(calendar::kTimezone, to_base64(std::string(172, '\0')));
    response.add(calendar::kStartTime, "20261120T140211Z").add(calendar::kBusyStatus, "3");
    response.add(
        calendar::kUID,
        "040000008200E00074C5B7101A82E00800000000E040C9C12685C4010000000000000000100000000B"
        "F0ED4B6E4EE94E9E39E3867B378EF3");
    response.add(calendar::kMeetingStatus, "7");
    response.open(calendar::kRecurrence).add(calendar::kType, "1").add(calendar::kInterval, "2");
    response.add(calendar::kDayOfWeek, "10").add(calendar::kOccurrences, "10").close();
    response.open(pages::email2::kConversationId)
        .opaque(from_hex("44997723AC344564BBEEF22D3A1A3373").value())
        .close();
    views.show("Sync", finish(request), finish(response));
    views.show("Sync", "", "");  // the same again
    Builder ping, woken;
    ping.open(pages::ping::kPing).add(pages::ping::kHeartbeatInterval, "590");
    ping.open(pages::ping::kFolders).open(pages::ping::kFolder);
    ping.add(pages::ping::kId, "5").add(pages::ping::kClass, "Email");
    woken.open(pages::ping::kPing).add(pages::ping::kStatus, "2");
    woken.open(pages::ping::kFolders).add(pages::ping::kFolder, "5");
    const std::string answer = finish(woken);
    views.show("Ping", finish(ping), answer);
    views.show("Ping", "", answer);
    namespace fh = pages::folder_hierarchy;
    Builder create, created;
    create.open(fh::kFolderCreate).add(fh::kSyncKey, "1").add(fh::kParentId, "0");
    create.add(fh::kDisplayName, "Bills").add(fh::kType, "12");
    created.open(fh::kFolderCreate).add(fh::kStatus, "1").add(fh::kSyncKey, "2");
    created.add(fh::kServerId, "9");
    views.show("FolderCreate", finish(create), finish(created));
    namespace estimate = pages::get_item_estimate;
    Builder ask, tell;
    ask.open(estimate::kGetItemEstimate).open(estimate::kCollections).open(estimate::kCollection);
    ask.add(as::kSyncKey, "8").add(estimate::kCollectionId, "5");
    tell.open(estimate::kGetItemEstimate).open(estimate::kResponse).add(estimate::kStatus, "1");
    tell.open(estimate::kCollection).add(estimate::kCollectionId, "5");
    tell.add(estimate::kEstimate, "12");
    views.show("GetItemEstimate", finish(ask), finish(tell));
    views.check("typed_sync");
  }

  TEST_CASE("mail, files, searches and answers") {
    Views views;
    eas::test::learn_folders(views.phone);
    namespace compose = pages::compose_mail;
    Builder reply;
    reply.open(compose::kSmartReply).add(compose::kClientId, "c1").add(compose::kSaveInSentItems);
    reply.open(compose::kSource).add(compose::kFolderId, "5").add(compose::kItemId, "5:12").close();
    reply.open(compose::kMime).opaque(kMail).close();
    views.show("SmartReply", finish(reply), "");
    views.phone.request_type = "message/rfc822";
    views.show("SendMail", kMail, "", {}, "&SaveInSent=T");
    views.phone.request_type = "application/vnd.ms-sync.wbxml";

    namespace io = pages::item_operations;
    namespace base = pages::airsync_base;
    Builder fetch, fetched;
    fetch.open(io::kItemOperations).open(io::kFetch).add(io::kStore, "Mailbox");
    fetch.add(base::kFileReference, "5%3a12%3a0").close();
    fetch.open(io::kEmptyFolderContents).add(pages::airsync::kCollectionId, "5");
    fetched.open(io::kItemOperations).add(io::kStatus, "1").open(io::kResponse).open(io::kFetch);
    fetched.add(io::kStatus, "1").add(base::kFileReference, "5%3a12%3a0").open(io::kProperties);
    fetched.add(base::kContentType, "text/plain").add(io::kPart, "1").close().close();
    fetched.open(io::kEmptyFolderContents).add(io::kStatus, "1");
    fetched.add(pages::airsync::kCollectionId, "5");
    Answer parts;
    parts.type = "application/vnd.ms-sync.multipart";
    views.show("ItemOperations", finish(fetch), multipart(finish(fetched), "the file\nitself"),
               parts);
    Answer file;
    file.type = "application/pdf";
    views.show("GetAttachment", "", "%PDF\x01\x02", file, "&AttachmentName=5%253a12%253a0");

    namespace move = pages::move;
    Builder moving, moved;
    moving.open(move::kMoveItems).open(move::kMove).add(move::kSrcMsgId, "5:12");
    moving.add(move::kSrcFldId, "5").add(move::kDstFldId, "7");
    moved.open(move::kMoveItems).open(move::kResponse).add(move::kSrcMsgId, "5:12");
    moved.add(move::kStatus, "3").add(move::kDstMsgId, "7:1");
    views.show("MoveItems", finish(moving), finish(moved));

    namespace meeting = pages::meeting_response;
    Builder accept, accepted;
    accept.open(meeting::kMeetingResponse).open(meeting::kRequest);
    accept.add(meeting::kUserResponse, "2").add(meeting::kCollectionId, "5");
    accept.add(meeting::kRequestId, "5:13");
    accepted.open(meeting::kMeetingResponse).open(meeting::kResult);
    accepted.add(meeting::kRequestId, "5:13").add(meeting::kStatus, "1");
    accepted.add(meeting::kCalendarId, "2:7");
    views.show("MeetingResponse", finish(accept), finish(accepted));

    namespace search = pages::search;
    Builder look, hits;
    look.open(search::kSearch).open(search::kStore).add(search::kName, "Mailbox");
    look.open(search::kQuery).open(search::kAnd).add(search::kFreeText, "bill").close().close();
    look.open(search::kOptions).add(search::kRange, "0-9");
    hits.open(search::kSearch).add(search::kStatus, "1").open(search::kResponse);
    hits.open(search::kStore).add(search::kStatus, "1").open(search::kResult);
    hits.add(pages::airsync::kClass, "Email").add(search::kLongId, "RgAAAA");
    hits.add(pages::airsync::kCollectionId, "5").open(search::kProperties);
    hits.add(pages::email::kSubject, "Your bill").close().close();
    hits.add(search::kRange, "0-0").add(search::kTotal, "1");
    views.show("Search", finish(look), finish(hits));
    namespace find = pages::find;
    Builder seek, found;
    seek.open(find::kFind).add(find::kSearchId, "1").open(find::kExecuteSearch);
    seek.open(find::kGalSearchCriterion).open(find::kQuery).text("bo");
    found.open(find::kFind).add(find::kStatus, "1").open(find::kResponse);
    found.add(pages::item_operations::kStore, "GAL").add(find::kStatus, "1").open(find::kResult);
    found.open(find::kProperties).add(pages::gal::kDisplayName, "Bob");
    found.add(pages::gal::kEmailAddress, "bob@contoso.test").close().close();
    found.add(find::kRange, "0-0").add(find::kTotal, "1");
    views.show("Find", finish(seek), finish(found));

    namespace resolve = pages::resolve_recipients;
    Builder who, they;
    who.open(resolve::kResolveRecipients).add(resolve::kTo, "bob");
    who.open(resolve::kOptions).open(resolve::kAvailability);
    who.add(resolve::kStartTime, "2026-11-20T08:00:00.000Z");
    they.open(resolve::kResolveRecipients).add(resolve::kStatus, "1").open(resolve::kResponse);
    they.add(resolve::kTo, "bob").add(resolve::kStatus, "1").add(resolve::kRecipientCount, "1");
    they.open(resolve::kRecipient).add(resolve::kType, "1").add(resolve::kDisplayName, "Bob");
    they.add(resolve::kEmailAddress, "bob@contoso.test").open(resolve::kAvailability);
    they.add(resolve::kStatus, "1").add(resolve::kMergedFreeBusy, "0022");
    views.show("ResolveRecipients", finish(who), finish(they));

    namespace certs = pages::validate_cert;
    Builder prove, proven;
    prove.open(certs::kValidateCert).open(certs::kCertificates);
    prove.add(certs::kCertificate, "QUJDRA==").close().add(certs::kCheckCRL, "1");
    proven.open(certs::kValidateCert).add(certs::kStatus, "1");
    proven.open(certs::kCertificate).add(certs::kStatus, "13");
    views.show("ValidateCert", finish(prove), finish(proven));
    views.check("typed_mail");
  }

  TEST_CASE("an answer still arriving is a line with its octets so far, and a record") {
    Phone phone;
    Builder body = eas::test::sync_of("5", "1");
    const std::string request = std::move(body).finish();
    model::Exchange exchange = phone.make("Sync", request, "half", {}, "");
    exchange.ending = model::Ending::open;
    auto so_far = std::make_shared<model::Message>(*exchange.response);
    so_far->complete = false;
    so_far->wire_size = 123'456;
    exchange.response = so_far;
    const eas::Command command = phone.session.understand(exchange, eas::test::octets(request), {});
    std::string line;
    append_progress_line(line, exchange, command, {});
    CHECK(line.ends_with("key 1, 123.5 kB so far\n"));
    std::string record;
    append_progress_json(record, exchange, command);
    const boost::json::object object = boost::json::parse(record).as_object();
    CHECK(object.at("type") == "progress");
    CHECK(object.at("response_bytes") == 123'456);
    CHECK(object.at("response").at("complete") == false);
  }

  TEST_CASE("meanings stand in comments, which change nothing of what the XML encodes to") {
    namespace as = pages::airsync;
    Builder body = eas::test::sync_of("5", "1");
    body.open(as::kOptions).add(as::kFilterType, "2").close();
    body.open(as::kApplicationData).open(pages::calendar::kRecurrence);
    body.add(pages::calendar::kType, "0").close();
    body.open(pages::compose_mail::kMime).opaque("Subject: a -- b ->\r\n\r\n");
    const auto document =
        wbxml::decode(std::make_shared<const std::string>(std::move(body).finish()));
    const std::string plain = to_xml(document);
    const std::string annotated = to_xml(document, {.meanings = true});
    CHECK(annotated.find("<FilterType>2</FilterType> <!-- 3 days -->") != std::string::npos);
    CHECK(annotated.find("<Recurrence xmlns=\"Calendar\"> <!-- every day -->") !=
          std::string::npos);
    CHECK(annotated.find("\"a - - b ->\" -->") != std::string::npos);
    CHECK(wbxml::encode_xml(annotated) == wbxml::encode_xml(plain));
    CHECK(wbxml::encode_xml(annotated) == wbxml::encode(document));
  }

  TEST_CASE("the JSON form and the annotated hex say the meaning beside the value") {
    Builder body;
    body.open(pages::airsync::kOptions).add(pages::airsync::kFilterType, "2");
    const auto document =
        wbxml::decode(std::make_shared<const std::string>(std::move(body).finish()));
    std::string json;
    append_document_json(json, document);
    CHECK(json.find("\"text\":\"2\",\"meaning\":\"3 days\"") != std::string::npos);
    std::string hex;
    append_annotated_hex(hex, document);
    CHECK(hex.find("\"2\" = 3 days") != std::string::npos);
  }
}
