#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "tests/unit/decoder/eas/scene.hpp"

using namespace eastap;
using namespace eastap::eas;
using namespace eastap::eas::test;
namespace as = eastap::codepages::airsync;
namespace base = eastap::codepages::airsync_base;
namespace fh = eastap::codepages::folder_hierarchy;
namespace io = eastap::codepages::item_operations;

TEST_SUITE("decoder.eas.ping") {
  namespace pi = eastap::codepages::ping;

  std::string ping_request(const char* seconds) {
    Builder body;
    body.open(pi::kPing);
    if (*seconds != '\0') body.add(pi::kHeartbeatInterval, seconds);
    body.open(pi::kFolders);
    for (const char* id : {"5", "2", "7"}) {
      body.open(pi::kFolder).add(pi::kId, id).add(pi::kClass, "Email").close();
    }
    return finish(body);
  }

  std::string ping_answer(const char* status, const char* folder = "") {
    Builder body;
    body.open(pi::kPing).add(pi::kStatus, status);
    if (*folder != '\0') body.open(pi::kFolders).add(pi::kFolder, folder);
    return finish(body);
  }

  TEST_CASE("a Ping waits for its folders and names what changed") {
    Phone phone;
    learn_folders(phone);
    Command command = phone.send("Ping", ping_request("470"));
    CHECK(command.hangs());
    CHECK(command.asked == "3 folders");
    CHECK(command.outcome == "waiting up to 470 s");
    CHECK(command.waiting->folders.at(0).name == "Inbox");
    command = phone.talk("Ping", ping_request("470"), ping_answer("2", "5"));
    CHECK(command.outcome == "changed: Inbox(5)");
    CHECK(command.waiting->changed.at(0).name == "Inbox");
    CHECK(command.eas_status == 2);
    CHECK(command.statuses.at(0).success);
    CHECK(phone.talk("Ping", ping_request("470"), ping_answer("1")).outcome == "nothing new");
  }

  TEST_CASE("an empty Ping stands for the last one; a partial one keeps what it leaves out") {
    Phone phone;
    phone.talk("Ping", ping_request("470"), ping_answer("1"));
    Command command = phone.send("Ping", "");
    CHECK(command.request_repeats_last);
    CHECK(command.waiting->seconds == 470);
    CHECK(command.waiting->folders.size() == 3);
    CHECK(command.asked == "3 folders (same as before)");
    Builder longer;
    longer.open(pi::kPing).add(pi::kHeartbeatInterval, "900");
    command = phone.send("Ping", finish(longer));
    CHECK_FALSE(command.request_repeats_last);
    CHECK(command.waiting->seconds == 900);
    CHECK(command.waiting->folders.size() == 3);
  }

  TEST_CASE("the bounds of statuses 5 and 6 are shown") {
    Phone phone;
    Builder body;
    body.open(pi::kPing).add(pi::kStatus, "5").add(pi::kHeartbeatInterval, "3540");
    Command command = phone.talk("Ping", ping_request("4000"), finish(body));
    CHECK(command.waiting->limit_seconds == 3'540);
    CHECK(command.outcome == "status 5 HeartbeatOutOfRange, at most 3540 s");
    Builder many;
    many.open(pi::kPing).add(pi::kStatus, "6").add(pi::kMaxFolders, "200");
    command = phone.talk("Ping", ping_request("470"), finish(many));
    CHECK(command.waiting->max_folders == 200);
    CHECK(phone.send("Ping", "").waiting->folders.empty());  // none of these was accepted
  }

  TEST_CASE("a Ping that the device gave up is what an empty one repeats") {
    Phone phone;
    const std::string request = ping_request("470");
    model::Exchange exchange = phone.make("Ping", request, "", {}, "");
    exchange.response = nullptr;
    exchange.ending = model::Ending::device_closed;
    const Command command = phone.session.understand(exchange, octets(request), {});
    CHECK(command.outcome == "no answer: device_closed");
    CHECK(phone.send("Ping", "").waiting->folders.size() == 3);
  }
}

TEST_SUITE("decoder.eas.folders") {
  TEST_CASE("FolderSync teaches names; its changes are told by name") {
    Phone phone;
    const Command first = learn_folders(phone);
    CHECK(first.sync_key == "0");
    CHECK(first.new_sync_key == "1");
    CHECK(first.folder_changes.size() == 3);
    CHECK(first.outcome == "folder list, 3 folders");
    Builder request, response;
    request.open(fh::kFolderSync).add(fh::kSyncKey, "1");
    response.open(fh::kFolderSync).add(fh::kStatus, "1").add(fh::kSyncKey, "2").open(fh::kChanges);
    response.open(fh::kDelete).add(fh::kServerId, "7").close();
    response.open(fh::kAdd)
        .add(fh::kServerId, "12")
        .add(fh::kDisplayName, "News")
        .add(fh::kType, "12");
    const Command command = phone.talk("FolderSync", finish(request), finish(response));
    CHECK(command.outcome == "new: News(12); deleted: Contacts(7)");
    CHECK(phone.send("Sync", sync_of("12", "0").finish()).collections.at(0).folder_name == "News");
    CHECK(phone.send("Sync", sync_of("7", "0").finish()).collections.at(0).folder_name.empty());
  }

  TEST_CASE(
      "names are learned by device and by user in any spelling, and never from a cut answer") {
    Phone phone;
    learn_folders(phone);
    phone.user = "CONTOSO%5CAlice";
    CHECK(phone.send("Sync", sync_of("5", "0").finish()).collections.at(0).folder_name == "Inbox");
    phone.user = "bob";
    CHECK(phone.send("Sync", sync_of("5", "0").finish()).collections.at(0).folder_name.empty());
    Builder request, response;
    request.open(fh::kFolderSync).add(fh::kSyncKey, "0");
    response.open(fh::kFolderSync).add(fh::kStatus, "1").add(fh::kSyncKey, "1").open(fh::kChanges);
    response.open(fh::kAdd)
        .add(fh::kServerId, "5")
        .add(fh::kDisplayName, "Inbox")
        .add(fh::kType, "2");
    const std::string asked = finish(request), answered = finish(response);
    model::Exchange cut = phone.make("FolderSync", asked, answered, {}, "");
    cut.ending = model::Ending::device_closed;
    CHECK(phone.session.understand(cut, octets(asked), octets(answered)).folder_changes.size() ==
          1);
    CHECK(phone.send("Sync", sync_of("5", "0").finish()).collections.at(0).folder_name.empty());
  }

  TEST_CASE("creating, renaming and deleting a folder is understood and learned") {
    Phone phone;
    Builder create, created;
    create.open(fh::kFolderCreate).add(fh::kSyncKey, "3").add(fh::kParentId, "0");
    create.add(fh::kDisplayName, "Trips").add(fh::kType, "12");
    created.open(fh::kFolderCreate)
        .add(fh::kStatus, "1")
        .add(fh::kSyncKey, "4")
        .add(fh::kServerId, "21");
    Command command = phone.talk("FolderCreate", finish(create), finish(created));
    CHECK(command.asked == "create Trips");
    CHECK(command.outcome == "created as 21");
    CHECK(command.new_sync_key == "4");
    CHECK(phone.send("Sync", sync_of("21", "0").finish()).collections.at(0).folder_name == "Trips");
    Builder rename, renamed;
    rename.open(fh::kFolderUpdate)
        .add(fh::kSyncKey, "4")
        .add(fh::kServerId, "21")
        .add(fh::kParentId, "0");
    rename.add(fh::kDisplayName, "Journeys");
    renamed.open(fh::kFolderUpdate).add(fh::kStatus, "1").add(fh::kSyncKey, "5");
    command = phone.talk("FolderUpdate", finish(rename), finish(renamed));
    CHECK(command.asked == "change Trips(21) to \"Journeys\"");
    Builder drop, dropped;
    drop.open(fh::kFolderDelete).add(fh::kSyncKey, "5").add(fh::kServerId, "21");
    dropped.open(fh::kFolderDelete).add(fh::kStatus, "4");
    command = phone.talk("FolderDelete", finish(drop), finish(dropped));
    CHECK(command.asked == "delete Journeys(21)");
    CHECK(command.outcome == "status 4 FolderNotFound");
    CHECK(command.folder_changes.at(0).kind == FolderChange::Kind::remove);
  }
}

TEST_SUITE("decoder.eas.provision") {
  namespace pr = eastap::codepages::provision;
  namespace se = eastap::codepages::settings;

  TEST_CASE("the two steps of a healthy cycle are told apart") {
    Phone phone;
    Builder ask, policy;
    ask.open(pr::kProvision).open(se::kDeviceInformation).open(se::kSet);
    ask.add(se::kModel, "iPhone15,2").add(se::kOS, "iOS 17.1").close().close();
    ask.open(pr::kPolicies).open(pr::kPolicy).add(pr::kPolicyType, "MS-EAS-Provisioning-WBXML");
    policy.open(pr::kProvision).open(se::kDeviceInformation).add(se::kStatus, "1").close();
    policy.add(pr::kStatus, "1").open(pr::kPolicies).open(pr::kPolicy);
    policy.add(pr::kPolicyType, "MS-EAS-Provisioning-WBXML").add(pr::kStatus, "1");
    policy.add(pr::kPolicyKey, "3609689902").open(pr::kData).open(pr::kEASProvisionDoc);
    policy.add(pr::kDevicePasswordEnabled, "1").add(pr::kMinDevicePasswordLength, "8");
    Command command = phone.talk("Provision", finish(ask), finish(policy));
    REQUIRE(command.provision);
    CHECK(command.provision->phase == Provision::Phase::ask);
    CHECK(command.detail == "ask policy → policy key 3609689902 (temporary): PIN ≥ 8");
    REQUIRE(command.provision->settings.size() == 2);
    CHECK(command.provision->settings[1].first == "MinDevicePasswordLength");
    CHECK(command.provision->settings[1].second == "8");
    REQUIRE(command.settings.size() == 1);
    CHECK(command.settings[0].name == "DeviceInformation");
    CHECK(command.settings[0].status == 1);
    CHECK(command.settings[0].values.at(0).second == "iPhone15,2");
    CHECK(command.eas_status == 1);

    Builder acknowledge, final;
    acknowledge.open(pr::kProvision).open(pr::kPolicies).open(pr::kPolicy);
    acknowledge.add(pr::kPolicyKey, "3609689902").add(pr::kStatus, "2");
    final.open(pr::kProvision).add(pr::kStatus, "1").open(pr::kPolicies).open(pr::kPolicy);
    final.add(pr::kStatus, "1").add(pr::kPolicyKey, "77");
    command = phone.talk("Provision", finish(acknowledge), finish(final));
    CHECK(command.provision->phase == Provision::Phase::acknowledge);
    CHECK(command.provision->acknowledged_status == 2);
    CHECK(command.detail == "policy partly applied → policy key 77 (final)");
    CHECK(command.eas_status == 1);
    REQUIRE(status_at(command, "policy on the device") != nullptr);
    CHECK(status_at(command, "policy on the device")->name == "PartiallyApplied");
    CHECK(status_at(command, "policy")->scope == "Provision.Policy");
  }

  TEST_CASE("a wipe is ordered and acknowledged") {
    Phone phone;
    Builder ask, order;
    ask.open(pr::kProvision);
    order.open(pr::kProvision).add(pr::kStatus, "1").add(pr::kAccountOnlyRemoteWipe);
    Command command = phone.talk("Provision", finish(ask), finish(order));
    CHECK(command.provision->remote_wipe);
    CHECK(command.provision->account_only_wipe);
    CHECK(command.outcome == "account wipe ordered");
    Builder done, thanks;
    done.open(pr::kProvision).open(pr::kRemoteWipe).add(pr::kStatus, "2");
    thanks.open(pr::kProvision).add(pr::kStatus, "1");
    command = phone.talk("Provision", finish(done), finish(thanks));
    CHECK(command.provision->phase == Provision::Phase::wipe_acknowledge);
    CHECK(command.provision->wipe_status == 2);
    CHECK(command.asked == "wipe failed");
  }

  TEST_CASE("a policy of 2.5 in WAP XML is read") {
    Phone phone;
    Builder ask, policy;
    ask.open(pr::kProvision);
    policy.open(pr::kProvision).add(pr::kStatus, "1").open(pr::kPolicies).open(pr::kPolicy);
    policy.add(pr::kStatus, "1").add(pr::kPolicyKey, "5");
    policy.add(pr::kData,
               "<wap-provisioningdoc><characteristic type=\"SecurityPolicy\">"
               "<parm name=\"4131\" value=\"0\"/></characteristic></wap-provisioningdoc>");
    const Command command = phone.talk("Provision", finish(ask), finish(policy));
    REQUIRE(command.provision->settings.size() == 1);
    CHECK(command.provision->settings[0].first == "4131");
    CHECK(command.provision->policy == "PIN required");
  }

  TEST_CASE("what a WAP policy demands is told in the words of later ones") {
    const auto policy_of = [](const std::string& parameters) {
      Phone phone;
      Builder ask, policy;
      ask.open(pr::kProvision);
      policy.open(pr::kProvision).add(pr::kStatus, "1").open(pr::kPolicies).open(pr::kPolicy);
      policy.add(pr::kStatus, "1").add(pr::kPolicyKey, "5");
      policy.add(pr::kData, "<wap-provisioningdoc><characteristic type=\"Registry\">" + parameters +
                                "</characteristic></wap-provisioningdoc>");
      return phone.talk("Provision", finish(ask), finish(policy)).provision->policy;
    };
    const auto parm = [](const char* name, const char* value) {
      return std::string{"<parm name=\""} + name + "\" value=\"" + value + "\"/>";
    };
    CHECK(policy_of(parm("4131", "0") + parm("AEFrequencyType", "1") +
                    parm("AEFrequencyValue", "5") + parm("DeviceWipeThreshold", "8") +
                    parm("MinimumPasswordLength", "6") + parm("PasswordComplexity", "0")) ==
          "PIN ≥ 6, letters required, wipe after 8, lock after 5 min");
    // "no lock by inactivity" stands in front of a time that then means nothing
    CHECK(policy_of(parm("4131", "0") + parm("AEFrequencyType", "0") +
                    parm("AEFrequencyValue", "5") + parm("PasswordComplexity", "2") +
                    parm("DeviceWipeThreshold", "-1")) == "PIN required");
    CHECK(policy_of(parm("4131", "1") + parm("MinimumPasswordLength", "6")) == "nothing demanded");
    CHECK(policy_of(parm("4133", "1")).empty());
  }

  TEST_CASE("status 110 of the command shows as it is") {
    Phone phone;
    Builder ask, failed;
    ask.open(pr::kProvision);
    failed.open(pr::kProvision).add(pr::kStatus, "110");
    const Command command = phone.talk("Provision", finish(ask), finish(failed));
    CHECK(command.eas_status == 110);
    CHECK(command.detail == "ask policy → status 110 ServerError");
  }
}

TEST_SUITE("decoder.eas.mail") {
  namespace cm = eastap::codepages::compose_mail;
  const std::string kMail =
      "From: alice@contoso.test\r\nTo: Bob <bob@contoso.test>\r\nSubject: "
      "=?utf-8?Q?L=C3=BCnch?=\r\n\r\n"
      "see you\r\n";

  TEST_CASE("a mail sent as WBXML shows recipient and subject; success is an empty answer") {
    Phone phone;
    Builder body;
    body.open(cm::kSendMail).add(cm::kClientId, "c-1").add(cm::kSaveInSentItems);
    body.open(cm::kMime).opaque(kMail);
    const std::string request = finish(body);
    Command command = phone.talk("SendMail", request, "");
    REQUIRE(command.mail);
    CHECK(command.mail->client_id == "c-1");
    CHECK(command.mail->save_in_sent);
    CHECK(command.mail->to.at(0) == "bob@contoso.test");
    CHECK(command.mail->subject == "Lünch");
    CHECK(command.mail->mime_octets == kMail.size());
    CHECK(command.asked == "to bob@contoso.test \"Lünch\", " + std::to_string(kMail.size()) + " B");
    CHECK(command.outcome == "sent");
    CHECK_FALSE(command.eas_status);
    Builder failed;
    failed.open(cm::kSendMail).add(cm::kStatus, "115");
    command = phone.talk("SendMail", request, finish(failed));
    CHECK(command.eas_status == 115);
    CHECK(command.outcome == "status 115 SendQuotaExceeded");
  }

  TEST_CASE("a reply names the mail that it answers, and what its Thread-Index says") {
    Phone phone;
    learn_folders(phone);
    Builder request;
    request.open(cm::kSmartReply).add(cm::kClientId, "c1").open(cm::kSource);
    request.add(cm::kFolderId, "5").add(cm::kItemId, "5:12").close().open(cm::kMime);
    request.opaque("To: bob@contoso.test\r\nThread-Index: " +
                   to_base64(from_hex("01CDF8AF75D244997723AC344564BBEEF22D3A1A3373").value()) +
                   "\r\n\r\nHi\r\n");
    const Command command = phone.talk("SmartReply", finish(request), "");
    CHECK(command.asked.find("to bob@contoso.test, answers 5:12 in Inbox(5), ") == 0);
    CHECK(command.mail->thread.starts_with("began "));
    CHECK(command.folder_name("5") == "Inbox");
    CHECK(command.folder_name("9").empty());
  }

  TEST_CASE("up to 12.1 the body is the mail and the query says the rest") {
    Phone phone;
    phone.request_type = "message/rfc822";
    const Command command =
        phone.talk("SmartReply", kMail, "", {}, "&CollectionId=5&ItemId=5%3a31&SaveInSent=T");
    CHECK(command.request.kind == Body::Kind::mime);
    CHECK(command.mail->source_folder == "5");
    CHECK(command.mail->source_item == "5:31");
    CHECK(command.mail->save_in_sent);
    CHECK(command.mail->subject == "Lünch");
    CHECK(command.outcome == "sent");
  }

  TEST_CASE("a forward without MIME names its source and forwardees") {
    Phone phone;
    Builder body;
    body.open(cm::kSmartForward).add(cm::kClientId, "c-2").open(cm::kSource);
    body.add(cm::kFolderId, "2")
        .add(cm::kItemId, "2:14")
        .add(cm::kInstanceId, "20261120T090000Z")
        .close();
    body.open(cm::kForwardees)
        .open(cm::kForwardee)
        .add(cm::kName, "Bob")
        .add(cm::kEmail, "bob@contoso.test");
    const Command command = phone.talk("SmartForward", finish(body), "");
    CHECK(command.mail->source_item == "2:14");
    CHECK(command.mail->instance_id == "20261120T090000Z");
    CHECK(command.asked == "to bob@contoso.test, forwards 2:14 in 2");
    CHECK(command.outcome == "forwarded");
  }
}

TEST_SUITE("decoder.eas.item_operations") {
  std::string fetch_request() {
    Builder body;
    body.open(io::kItemOperations).open(io::kFetch).add(io::kStore, "Mailbox");
    body.add(base::kFileReference, "5:31:0").close();
    body.open(io::kFetch).add(io::kStore, "Mailbox").add(as::kCollectionId, "5");
    body.add(as::kServerId, "5:32");
    return finish(body);
  }

  TEST_CASE("fetches are joined with their answers, status by status") {
    Phone phone;
    Builder body;
    body.open(io::kItemOperations).add(io::kStatus, "1").open(io::kResponse);
    body.open(io::kFetch).add(io::kStatus, "1").add(base::kFileReference, "5:31:0");
    body.open(io::kProperties)
        .add(base::kContentType, "application/pdf")
        .add(io::kData, "JVBERi0=");
    body.close().close();
    body.open(io::kFetch)
        .add(io::kStatus, "6")
        .add(as::kCollectionId, "5")
        .add(as::kServerId, "5:32");
    const Command command = phone.talk("ItemOperations", fetch_request(), finish(body));
    REQUIRE(command.fetched.size() == 2);
    CHECK(command.fetched[0].file_reference == "5:31:0");
    CHECK(command.fetched[0].status == 1);
    CHECK(command.fetched[0].content_type == "application/pdf");
    CHECK(command.fetched[0].octets == 8);
    CHECK(command.fetched[1].status == 6);
    CHECK(command.asked == "fetch attachment 0 of 5:31, fetch item 5:32");
    CHECK(command.outcome == "item 5:32: status 6 DocumentNotFound, fetched, 8 B");
    CHECK(command.eas_status == 1);
  }

  std::string number(std::uint32_t value) {
    std::string octets;
    for (int i = 0; i < 4; ++i) octets += static_cast<char>(value >> (8 * i) & 0xFF);
    return octets;
  }

  std::string multipart_document() {
    Builder body;
    body.open(io::kItemOperations).add(io::kStatus, "1").open(io::kResponse);
    body.open(io::kFetch).add(io::kStatus, "1").add(base::kFileReference, "5:31:0");
    body.open(io::kProperties).add(base::kContentType, "text/plain").add(io::kPart, "1");
    return finish(body);
  }

  TEST_CASE("a multipart answer is taken apart") {  // [MS-ASCMD] 2.2.1.10.1.1
    Phone phone;
    phone.headers += "MS-ASAcceptMultiPart: T\r\n";
    Answer answer;
    answer.type = "application/vnd.ms-sync.multipart";
    const std::string document = multipart_document();
    const auto size = static_cast<std::uint32_t>(document.size());
    const std::string body =
        number(2) + number(20) + number(size) + number(20 + size) + number(5) + document + "hello";
    const Command command = phone.talk("ItemOperations", fetch_request(), body, answer);
    CHECK(command.accepts_multipart);
    CHECK(command.response.kind == Body::Kind::multipart);
    CHECK(command.diagnostics.empty());
    REQUIRE(command.response.parts.size() == 2);
    CHECK(command.response.octets->substr(command.response.parts[1].offset,
                                          command.response.parts[1].size) == "hello");
    CHECK(command.fetched.at(0).part == 1);
    CHECK(command.fetched.at(0).octets == 5);
  }

  TEST_CASE("a multipart table that lies is remarked on and never believed") {
    Answer answer;
    answer.type = "application/vnd.ms-sync.multipart";
    const std::string document = multipart_document();
    const auto size = static_cast<std::uint32_t>(document.size());
    const std::string lies[] = {
        "",
        number(2).substr(0, 3),
        number(0xFFFF'FFFF),
        number(0),
        number(1) + number(0xFFFF'FFF0) + number(0xFFFF'FFF0),
        number(1) + number(12) + number(size + 1) + document,
        number(2) + number(20) + number(size) + number(20) + number(size) + document,
        number(1) + number(0) + number(12 + size) + document,
        number(1) + number(12) + number(size) + document,  // honest, but Part 1 does not exist
    };
    for (const std::string& body : lies) {
      CAPTURE(body.size());
      Phone phone;
      const Command command = phone.talk("ItemOperations", fetch_request(), body, answer);
      for (const Body::Part& part : command.response.parts) {
        CHECK(std::uint64_t{part.offset} + part.size <= body.size());
      }
      if (!body.empty() && body != number(0)) CHECK_FALSE(command.diagnostics.empty());
    }
  }

  TEST_CASE("emptying a folder and moving a conversation are told") {
    Phone phone;
    learn_folders(phone);
    Builder request, response;
    request.open(io::kItemOperations)
        .open(io::kEmptyFolderContents)
        .add(as::kCollectionId, "5")
        .close();
    request.open(io::kMove)
        .open(io::kConversationId)
        .opaque("\x01\x02")
        .close()
        .add(io::kDstFldId, "7");
    response.open(io::kItemOperations).add(io::kStatus, "1").open(io::kResponse);
    response.open(io::kEmptyFolderContents)
        .add(io::kStatus, "1")
        .add(as::kCollectionId, "5")
        .close();
    response.open(io::kMove).add(io::kStatus, "156");
    const Command command = phone.talk("ItemOperations", finish(request), finish(response));
    CHECK(command.asked == "empty Inbox(5), move conversation to Contacts(7)");
    REQUIRE(command.moved.size() == 1);
    CHECK(command.moved[0].source_item == "0102");
    CHECK(command.moved[0].status == 156);
    CHECK(status_at(command, "conversation move")->name == "ActionNotSupported_Destination");
  }

  TEST_CASE("GetAttachment is a file by name") {
    Phone phone;
    Answer answer;
    answer.type = "application/pdf";
    const Command command =
        phone.talk("GetAttachment", "", "%PDF-1.4", answer, "&AttachmentName=5%3a31%3a0");
    REQUIRE(command.fetched.size() == 1);
    CHECK(command.fetched[0].file_reference == "5:31:0");
    CHECK(command.fetched[0].octets == 8);
    CHECK(command.response.kind == Body::Kind::other);
    CHECK(command.detail == "attachment 0 of 5:31 → 8 B application/pdf");
  }
}

TEST_SUITE("decoder.eas.items") {
  TEST_CASE("MoveItems: 3 is success, and each item has its own status") {
    namespace mv = eastap::codepages::move;
    Phone phone;
    learn_folders(phone);
    Builder request, response;
    request.open(mv::kMoveItems);
    response.open(mv::kMoveItems);
    for (const char* id : {"5:1", "5:2"}) {
      request.open(mv::kMove)
          .add(mv::kSrcMsgId, id)
          .add(mv::kSrcFldId, "5")
          .add(mv::kDstFldId, "7")
          .close();
    }
    response.open(mv::kResponse).add(mv::kSrcMsgId, "5:2").add(mv::kStatus, "1").close();
    response.open(mv::kResponse)
        .add(mv::kSrcMsgId, "5:1")
        .add(mv::kStatus, "3")
        .add(mv::kDstMsgId, "7:9")
        .close();
    const Command command = phone.talk("MoveItems", finish(request), finish(response));
    REQUIRE(command.moved.size() == 2);
    CHECK(command.moved[0].new_item == "7:9");
    CHECK(command.moved[0].status == 3);
    CHECK(command.moved[1].status == 1);
    CHECK(command.asked == "2 items Inbox(5) → Contacts(7)");
    CHECK(command.outcome == "item 5:2: status 1 InvalidSource, 1 moved");
    CHECK(command.eas_status == 1);
    CHECK_FALSE(status_at(command, "item 5:2")->success);
    CHECK(status_at(command, "item 5:1")->success);
  }

  TEST_CASE("GetItemEstimate gives the number by folder") {
    namespace gi = eastap::codepages::get_item_estimate;
    Phone phone;
    learn_folders(phone);
    Builder request, response;
    request.open(gi::kGetItemEstimate).open(gi::kCollections).open(gi::kCollection);
    request.add(as::kSyncKey, "41")
        .add(gi::kCollectionId, "5")
        .open(as::kOptions)
        .add(as::kFilterType, "2");
    response.open(gi::kGetItemEstimate).open(gi::kResponse).add(gi::kStatus, "1");
    response.open(gi::kCollection).add(gi::kCollectionId, "5").add(gi::kEstimate, "31");
    const Command command = phone.talk("GetItemEstimate", finish(request), finish(response));
    REQUIRE(command.collections.size() == 1);
    CHECK(command.collections[0].estimate == 31);
    CHECK(command.collections[0].filter_type == 2);
    CHECK(command.collections[0].sync_key == "41");
    CHECK(command.eas_status == 1);
    CHECK(command.asked == "Inbox(5)");
    CHECK(command.outcome == "31 items");
  }

  TEST_CASE("MeetingResponse tells the answer and the appointment") {
    namespace mr = eastap::codepages::meeting_response;
    Phone phone;
    Builder request, response;
    request.open(mr::kMeetingResponse).open(mr::kRequest).add(mr::kUserResponse, "3");
    request.add(mr::kCollectionId, "5")
        .add(mr::kRequestId, "5:31")
        .add(mr::kInstanceId, "20261120T090000Z");
    response.open(mr::kMeetingResponse)
        .open(mr::kResult)
        .add(mr::kRequestId, "5:31")
        .add(mr::kStatus, "2");
    const Command command = phone.talk("MeetingResponse", finish(request), finish(response));
    REQUIRE(command.meetings.size() == 1);
    CHECK(command.meetings[0].response == 3);
    CHECK(command.meetings[0].status == 2);
    CHECK(command.asked == "decline 5:31 of 20261120T090000Z");
    CHECK(command.outcome == "meeting 5:31: status 2 InvalidMeetingRequest");
    CHECK(command.eas_status == 2);
  }

  TEST_CASE("a new time proposed in SendResponse is read") {
    namespace mr = eastap::codepages::meeting_response;
    Phone phone;
    Builder request;
    request.open(mr::kMeetingResponse).open(mr::kRequest).add(mr::kUserResponse, "2");
    request.add(mr::kCollectionId, "5").add(mr::kRequestId, "5:31").open(mr::kSendResponse);
    request.add(mr::kProposedStartTime, "20261120T090000Z");
    request.add(mr::kProposedEndTime, "20261120T100000Z");
    const Command command = phone.talk("MeetingResponse", finish(request), "");
    REQUIRE(command.meetings.size() == 1);
    CHECK(command.meetings[0].proposed_start == "20261120T090000Z");
    CHECK(command.meetings[0].proposed_end == "20261120T100000Z");
    CHECK(command.asked ==
          "accept tentatively 5:31, proposes 20261120T090000Z to 20261120T100000Z");
  }
}

TEST_SUITE("decoder.eas.search") {
  namespace sr = eastap::codepages::search;

  TEST_CASE("a mailbox search shows query, folder and hits") {
    Phone phone;
    learn_folders(phone);
    Builder request, response;
    request.open(sr::kSearch)
        .open(sr::kStore)
        .add(sr::kName, "Mailbox")
        .open(sr::kQuery)
        .open(sr::kAnd);
    request.add(as::kClass, "Email")
        .add(as::kCollectionId, "5")
        .add(sr::kFreeText, "invoice")
        .close()
        .close();
    request.open(sr::kOptions).add(sr::kRange, "0-99");
    response.open(sr::kSearch)
        .add(sr::kStatus, "1")
        .open(sr::kResponse)
        .open(sr::kStore)
        .add(sr::kStatus, "1");
    for (int i = 0; i < 2; ++i) response.open(sr::kResult).add(sr::kLongId, "x").close();
    response.add(sr::kRange, "0-1").add(sr::kTotal, "7");
    const Command command = phone.talk("Search", finish(request), finish(response));
    REQUIRE(command.searches.size() == 1);
    CHECK(command.searches[0].results == 2);
    CHECK(command.searches[0].total == 7);
    CHECK(command.searches[0].asked_range == "0-99");
    CHECK(command.asked == "Mailbox \"invoice\" in Inbox(5)");
    CHECK(command.outcome == "2 hits of 7");
  }

  TEST_CASE("a search for a conversation says which") {
    Phone phone;
    Builder request;
    request.open(sr::kSearch).open(sr::kStore).add(sr::kName, "Mailbox").open(sr::kQuery);
    request.open(sr::kAnd).open(sr::kConversationId).opaque("\x44\x99\x77\x23").close();
    const Command command = phone.talk("Search", finish(request), "");
    REQUIRE(command.searches.size() == 1);
    CHECK(command.searches[0].conversation_id == "44997723");
    CHECK(command.asked == "Mailbox conversation 44997723");
  }

  TEST_CASE("one empty result is no hit; the store's failure is named") {
    Phone phone;
    Builder request, empty, failed;
    request.open(sr::kSearch).open(sr::kStore).add(sr::kName, "GAL").add(sr::kQuery, "bo");
    const std::string asked = finish(request);
    empty.open(sr::kSearch).add(sr::kStatus, "1").open(sr::kResponse).open(sr::kStore);
    empty.add(sr::kStatus, "1").add(sr::kResult);
    CHECK(phone.talk("Search", asked, finish(empty)).outcome == "no hits");
    failed.open(sr::kSearch)
        .add(sr::kStatus, "1")
        .open(sr::kResponse)
        .open(sr::kStore)
        .add(sr::kStatus, "10");
    const Command command = phone.talk("Search", asked, finish(failed));
    CHECK(command.outcome == "store: status 10 TimedOut");
    CHECK(status_at(command, "store")->scope == "Search.Store");
    CHECK(command.eas_status == 1);
  }

  TEST_CASE("Find of 16.1 is read alike") {
    namespace fi = eastap::codepages::find;
    Phone phone;
    Builder request, response;
    request.open(fi::kFind)
        .add(fi::kSearchId, "1")
        .open(fi::kExecuteSearch)
        .open(fi::kMailBoxSearchCriterion);
    request.open(fi::kQuery).add(as::kClass, "Email").add(fi::kFreeText, "plan").close();
    request.open(fi::kOptions).add(fi::kRange, "0-9");
    response.open(fi::kFind).add(fi::kStatus, "1").open(fi::kResponse).add(io::kStore, "Mailbox");
    response.add(fi::kStatus, "1").open(fi::kResult).add(as::kServerId, "5:1").close();
    response.add(fi::kRange, "0-0").add(fi::kTotal, "1");
    const Command command = phone.talk("Find", finish(request), finish(response));
    CHECK(command.asked == "Mailbox \"plan\"");
    CHECK(command.outcome == "1 hit");
    CHECK(status_at(command, "answer")->scope == "Find.Response");
  }
}

TEST_SUITE("decoder.eas.settings") {
  namespace se = eastap::codepages::settings;

  TEST_CASE("device information and out-of-office, each with its own status") {
    Phone phone;
    Builder request, response;
    request.open(se::kSettings)
        .open(se::kDeviceInformation)
        .open(se::kSet)
        .add(se::kModel, "iPhone15,2");
    request.add(se::kOS, "iOS 17.1")
        .close()
        .close()
        .open(se::kOof)
        .open(se::kGet)
        .add(se::kBodyType, "Text");
    response.open(se::kSettings).add(se::kStatus, "1");
    response.open(se::kDeviceInformation).add(se::kStatus, "5").close();
    response.open(se::kOof).add(se::kStatus, "1").open(se::kGet).add(se::kOofState, "1");
    const Command command = phone.talk("Settings", finish(request), finish(response));
    CHECK(command.asked == "device: iPhone15,2, iOS 17.1, read out-of-office");
    CHECK(command.outcome == "DeviceInformation: status 5 InvalidArguments, out-of-office on");
    REQUIRE(command.settings.size() == 2);
    CHECK(command.settings[0].set);
    CHECK(command.settings[0].status == 5);
    CHECK(command.settings[1].status == 1);
    CHECK(status_at(command, "DeviceInformation")->scope == "Settings.DeviceInformation");
  }

  TEST_CASE("a recovery password is never taken over") {
    Phone phone;
    Builder request;
    request.open(se::kSettings)
        .open(se::kDevicePassword)
        .open(se::kSet)
        .add(se::kPassword, "s3cret");
    const Command command = phone.talk("Settings", finish(request), "");
    CHECK(command.asked == "store recovery password");
    CHECK(command.settings.at(0).values.empty());
  }
}

TEST_SUITE("decoder.eas.recipients") {
  TEST_CASE("names are resolved one by one, with the status of every part") {
    namespace rr = eastap::codepages::resolve_recipients;
    Phone phone;
    Builder request, response;
    request.open(rr::kResolveRecipients).add(rr::kTo, "bob").add(rr::kTo, "nobody");
    request.open(rr::kOptions)
        .open(rr::kAvailability)
        .add(rr::kStartTime, "2026-11-20T00:00:00.000Z");
    response.open(rr::kResolveRecipients).add(rr::kStatus, "1");
    response.open(rr::kResponse)
        .add(rr::kTo, "bob")
        .add(rr::kStatus, "1")
        .add(rr::kRecipientCount, "1");
    response.open(rr::kRecipient).add(rr::kType, "1").add(rr::kEmailAddress, "bob@contoso.test");
    response.open(rr::kAvailability).add(rr::kStatus, "163");
    response.add(rr::kMergedFreeBusy, "0022").close();
    response.open(rr::kCertificates).add(rr::kStatus, "1").add(rr::kCertificate, "QQ==");
    response.add(rr::kMiniCertificate, "QQ==").close();
    response.open(rr::kPicture).add(rr::kStatus, "1").add(rr::kData, "\x01\x02\x03").close();
    response.close().close();
    response.open(rr::kResponse).add(rr::kTo, "nobody").add(rr::kStatus, "4");
    const Command command = phone.talk("ResolveRecipients", finish(request), finish(response));
    REQUIRE(command.recipients.size() == 2);
    CHECK(command.recipients[0].addresses.at(0) == "bob@contoso.test");
    CHECK(command.recipients[0].free_busy == "0022");
    CHECK(command.recipients[0].certificates == 2);
    CHECK(command.recipients[0].picture_octets == 3);
    CHECK(command.recipients[1].status == 4);
    CHECK(command.recipients[1].certificates == 0);
    CHECK(command.asked == "bob, nobody, free/busy");
    CHECK(status_at(command, "recipient bob@contoso.test")->scope ==
          "ResolveRecipients.Availability");
    CHECK(status_at(command, "recipient nobody")->name == "NotResolved");
    CHECK(command.eas_status == 1);
  }

  TEST_CASE("certificates are judged one by one") {
    namespace vc = eastap::codepages::validate_cert;
    Phone phone;
    Builder request, response;
    request.open(vc::kValidateCert)
        .open(vc::kCertificates)
        .add(vc::kCertificate, "MIIB")
        .add(vc::kCertificate, "MIIC");
    response.open(vc::kValidateCert).add(vc::kStatus, "1");
    for (const char* status : {"1", "13"})
      response.open(vc::kCertificate).add(vc::kStatus, status).close();
    const Command command = phone.talk("ValidateCert", finish(request), finish(response));
    CHECK(command.asked == "2 certificates");
    CHECK(command.outcome == "certificate 2: status 13 Revoked, 1 of 2 valid");
  }
}
