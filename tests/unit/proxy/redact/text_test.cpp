#include "proxy/redact/text.hpp"

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/eas/mime.hpp"
#include "decoder/eas/request_query.hpp"
#include "decoder/findings/mime_text.hpp"
#include "proxy/redact/body.hpp"
#include "proxy/redact/mime.hpp"
#include "proxy/redact/url.hpp"

namespace eastap::redact {
namespace {

const Pseudonyms kNames{"a key of at least 16 octets"};

Scope scope(Level level, std::string user = "alice@contoso.test") {
  Scope scope;
  scope.names = &kNames;
  scope.level = level;
  scope.user = std::move(user);
  return scope;
}

}  // namespace

TEST_SUITE("proxy.redact.text") {
  TEST_CASE("a list of addresses keeps its number, and nobody's name") {
    const std::string_view list =
        "\"Smith, Bob\" <bob@contoso.test>, carla@fabrikam.test (Carla K.), Team: dora@x.test;";
    for (const Level level : {Level::content, Level::identity}) {
      const std::string redacted = redacted_addresses(scope(level), list);
      CHECK(eas::addresses(redacted, 10).size() == eas::addresses(list, 10).size());
      for (const std::string_view name : {"Smith", "bob", "carla", "Carla", "dora", "fabrikam"}) {
        CHECK(redacted.find(name) == std::string::npos);
      }
    }
    CHECK(redacted_addresses(scope(Level::content), list).size() == list.size());
    CHECK(redacted_addresses(scope(Level::identity), "bob@contoso.test") ==
          kNames.address("BOB@contoso.test"));
  }

  TEST_CASE("a display name without its second quote ends with the header") {
    const std::string mail =
        "To: LB, C\" <b@x.test\r\nContent-Type: multipart/mixed; boundary=\"q\"\r\n\r\n--q\r\n"
        "Content-Type: application/pdf; name=\"a.pdf\"\r\n\r\nx\r\n--q--\r\n";
    REQUIRE(eas::read_mime(mail, {}).attachments.size() == 1);
    const std::string redacted = redacted_mime(scope(Level::content), mail);
    CHECK(eas::read_mime(redacted, {}).attachments.size() == 1);
    CHECK(redacted.find("LB") == std::string::npos);
  }

  TEST_CASE("the account's own address is no secret where identities are shown") {
    CHECK(redacted_addresses(scope(Level::content), "Alice@contoso.test") == "Alice@contoso.test");
    CHECK(redacted_addresses(scope(Level::content, "CONTOSO\\alice"), "alice@contoso.test") ==
          "alice@contoso.test");
    CHECK(redacted_addresses(scope(Level::content, ""), "alice@contoso.test") !=
          "alice@contoso.test");
    CHECK(redacted_addresses(scope(Level::identity), "alice@contoso.test") ==
          kNames.user("alice@contoso.test"));
  }

  TEST_CASE("a gateway's page keeps the words that name it") {
    const std::string page =
        "<html><head><title>All servers drained</title></head><body>HTTP Error 503. Bob Smith's "
        "ticket 4711-22: the service is unavailable.</body></html>";
    const std::string redacted = redacted_body(scope(Level::content), "text/html", page, false);
    CHECK(redacted.size() == page.size());
    CHECK(redacted.find("<title>All servers drained</title>") != std::string::npos);
    CHECK(redacted.find("HTTP Error 503.") != std::string::npos);
    CHECK(redacted.find("the service is unavailable") != std::string::npos);
    for (const std::string_view secret : {"Bob", "Smith", "4711"}) {
      CHECK(redacted.find(secret) == std::string::npos);
    }
  }

  TEST_CASE("a plain query is the same query of somebody else") {
    const std::string text =
        "Cmd=GetAttachment&User=contoso%5Calice&DeviceId=ABCD1234&DeviceType=iPhone&AttachmentName="
        "5%253a12%253a0&Secret=4711x";
    const auto before = *eas::parse_plain_query(text);
    const auto after = *eas::parse_plain_query(redacted_query(scope(Level::identity), text));
    CHECK(after.command == "GetAttachment");
    CHECK(after.device_type == "iPhone");
    CHECK(after.user == kNames.user("contoso\\alice"));
    CHECK(after.device_id == kNames.shaped("ABCD1234"));
    CHECK(after.parameter("AttachmentName") == before.parameter("AttachmentName"));
    CHECK(redacted_query(scope(Level::identity), text).find("4711x") == std::string::npos);
    const auto content = *eas::parse_plain_query(redacted_query(scope(Level::content), text));
    CHECK(content.user == before.user);
    CHECK(content.device_id == before.device_id);
    CHECK(redacted_query(scope(Level::content), "Cmd=GetAttachment&AttachmentName=Inbox/plan.doc")
              .find("plan") == std::string::npos);
  }

  /// `text` with every octet, and then every octet of that, as %XX.
  std::vector<std::string> spellings(std::string_view text) {
    std::vector<std::string> out{std::string{text}};
    for (int depth = 0; depth < 5; ++depth) {
      std::string escaped;
      for (const char c : out.back()) {
        escaped += depth > 0 && c != '%' ? std::string{c} : "%" + to_hex(std::string{c});
      }
      out.push_back(escaped);
    }
    std::string odd;  // every other one, digits in capitals
    for (std::size_t i = 0; i < text.size(); ++i) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned char>(text[i]));
      odd += i % 2 == 0 ? hex : std::string{text[i]};
    }
    out.push_back(odd);
    return out;
  }

  /// With all escapes undone.
  std::string plain(std::string text) {
    for (std::string decoded = percent_decoded(text); decoded != text;) {
      text = std::exchange(decoded, percent_decoded(decoded));
    }
    return to_lower(text);
  }

  TEST_CASE("a name that is spelled with escapes is hidden as any other") {
    Scope all = scope(Level::identity);
    all.identities = {{"spqrstu@contoso.test", "user-1@example-1.invalid"},
                      {"mail.contoso.test", kNames.host("mail.contoso.test")},
                      {"DEADBEEF00421234", kNames.shaped("DEADBEEF00421234")},
                      {"203.0.113.7", kNames.ip("203.0.113.7")}};
    for (const std::string_view name :
         {"spqrstu@contoso.test", "mail.contoso.test", "DEADBEEF00421234", "203.0.113.7"}) {
      for (const std::string& spelled : spellings(name)) {
        CAPTURE(spelled);
        const std::string texts[] = {
            redacted_query(all, "Cmd=Sync&User=" + spelled + "&DeviceId=" + spelled +
                                    "&DeviceType=" + spelled + "&Reason=x" + spelled + "&" +
                                    spelled),
            redacted_query(all, "%43md=Sync&%55ser=" + spelled + "&Dev%69ceId=" + spelled),
            redacted_url(all, "https://" + spelled + "/a/" + spelled + "/x" + spelled + "?u=" +
                                  spelled + "&url=https%3A%2F%2F" + spelled + "%2Fb#" + spelled),
            redacted_url(all, "/owa/" + spelled + ";a=" + spelled),
            redacted_addresses(all, "<" + spelled + ">, " + spelled),
            without_identities(all, "no " + spelled + " here, nor (" + spelled + ")"),
            told_words(all, "no " + spelled + "; nor x=" + spelled),
            plain_words(all, "<b>" + spelled + "</b> '" + spelled + "'"),
            redacted_body(all, "text/html", "<html>for " + spelled + "</html>", false),
            redacted_body(all, "application/json",
                          R"({"Url":"https://)" + spelled + R"(/x","Type":")" + spelled + "\"}",
                          false),
            redacted_body(all, "text/xml",
                          "<?xml version=\"1.0\"?><a><Url>https://" + spelled +
                              "/</Url><EMailAddress>" + spelled + "</EMailAddress><Type>" +
                              spelled + "</Type></a>",
                          false)};
        for (const std::string& text : texts) {
          CAPTURE(text);
          CHECK(plain(text).find(to_lower(name)) == std::string::npos);
          CHECK(plain(text).find("contoso") == std::string::npos);
        }
      }
    }
  }

  TEST_CASE("escapes of plain words stay as they are") {
    const Scope all = scope(Level::identity);
    for (const std::string_view text : {"/autodiscover/autodiscover.xml", "Service%20Unavailable",
                                        "100%", "50% of %the", "error%3a%20access%20denied"}) {
      CHECK(plain_words(all, text) == text);
      CHECK(without_identities(all, text) == text);
    }
    CHECK(redacted_query(all, "Cmd=Sync&CollectionId=5%3A1") == "Cmd=Sync&CollectionId=5%3A1");
  }

  TEST_CASE("a base64 query is encoded again") {  // both forms of the device id
    for (const std::string_view text : {"oQAJBBAAAQIDBAUGBwgJCgsMDQ4PBAEAAAAGaVBob25lAQE1BwEB",
                                        "jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l"}) {
      CAPTURE(text);
      const auto before = *eas::parse_base64_query(text);
      CHECK(redacted_query(scope(Level::content), text) == text);
      const auto after = *eas::parse_base64_query(redacted_query(scope(Level::identity), text));
      CHECK(after.device_id == kNames.shaped(before.device_id));
      CHECK(after.command == before.command);
      CHECK(after.device_type == before.device_type);
      CHECK(after.policy_key == before.policy_key);
      CHECK(after.parameters == before.parameters);
      CHECK(after.protocol_version == before.protocol_version);
    }
  }

  TEST_CASE("every cut of a base64 query stays as cut, and never shows the device id") {
    const std::string whole = "jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l";
    for (std::size_t kept = 12; kept < whole.size(); ++kept) {
      CAPTURE(kept);
      const std::string cut = redacted_query(scope(Level::identity), whole.substr(0, kept));
      CHECK(from_base64(cut).value_or(cut).find("v140") == std::string::npos);
      CHECK(cut.find(whole.substr(7, 6)) == std::string::npos);
    }
  }

  TEST_CASE("a message keeps its form: recipients, parts, sizes, method, times, blankness") {
    const std::string mail =
        "From: Alice <alice@contoso.test>\r\nTo: bob@contoso.test,\r\n \"K, Carla\" "
        "<carla@x.test>\r\n"
        "Subject: =?utf-8?B?R2VoZWlt?=\r\n  plan\r\nMessage-ID: <77@contoso.test>\r\nX-Secret: "
        "bob\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b1\"\r\n\r\npreamble\r\n"
        "--b1\r\nContent-Type: text/plain\r\n\r\n \r\n\r\n--b1\r\nContent-Type: text/calendar; "
        "method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nUID:uid-1@contoso.test\r\n"
        "SUMMARY:Secret\r\n "
        "plan\r\nDTSTART:20261120T090000Z\r\nORGANIZER;CN=Bob:mailto:bob@contoso.test"
        "\r\nATTENDEE;CN=\"Alice A\":mailto:alice@contoso.test\r\nEND:VCALENDAR\r\n--b1\r\n"
        "Content-Type: application/pdf; name=\"budget.pdf\"\r\nContent-Transfer-Encoding: "
        "base64\r\n\r\n"
        "U2VjcmV0IHBsYW4=\r\n--b1--\r\n";
    const eas::MimeLimits limits;
    const auto before = eas::read_mime(mail, limits);
    for (const Level level : {Level::content, Level::identity}) {
      const std::string redacted = redacted_mime(scope(level), mail);
      CAPTURE(redacted);
      const auto after = eas::read_mime(redacted, limits);
      CHECK(after.to.size() == before.to.size());
      CHECK(after.calendar_method == "REPLY");
      CHECK(after.attendees.size() == 1);
      REQUIRE(after.attachments.size() == 1);
      CHECK(after.attachments[0].octets == before.attachments[0].octets);
      CHECK(after.attachments[0].type == "application/pdf");
      CHECK(after.message_id.size() == before.message_id.size());
      CHECK(after.organizer == after.to[0]);
      CHECK(after.from == after.attendees[0]);
      const auto text = findings::read_mime_text(redacted);
      CHECK(text.has_text);
      CHECK(text.text_blank);
      CHECK(redacted.find("DTSTART:20261120T090000Z") != std::string::npos);
      for (const std::string_view secret :
           {"bob", "carla", "K, Carla", "R2VoZWlt", "plan", "budget", "U2VjcmV0", "Secret\r", "77@",
            "preamble", "Alice A"}) {
        CAPTURE(secret);
        CHECK(redacted.find(secret) == std::string::npos);
      }
    }
  }

  TEST_CASE("an IPv6 address is hidden as a whole where an escape follows it") {
    for (const std::string text :
         {"client 2001:db8:1:2:3:4:5:6%20x", "[fe80::a1b2:c3d4:e5f6:1%25eth0] left"}) {
      const std::string told = told_words(scope(Level::identity), text);
      CAPTURE(told);
      for (const std::string_view piece : {"db8:1:2", "db8%3A1%3A2", "4:5", "a1b2", "e5f6"}) {
        CHECK(told.find(piece) == std::string::npos);
      }
    }
  }

  TEST_CASE("phrases that a mail repeats without end stay, and what is between them is hidden") {
    Scope with_phrases = scope(Level::content);
    const std::vector<std::string> phrases{"could not be synchronised", "", "not be"};
    with_phrases.phrases = &phrases;
    std::string text, wanted;
    for (int i = 0; i < 100'000; ++i) {
      text += "Mail could not be synchronised";
      wanted += kNames.hidden("Mail ") + "could not be synchronised";
    }
    const bool kept = hidden_text(with_phrases, text) == wanted;  // too long to print
    CHECK(kept);
    CHECK(hidden_text(with_phrases, "") == kNames.hidden(""));
  }

  TEST_CASE("a known name is replaced wherever it stands") {
    Scope all = scope(Level::identity);
    all.identities = {{"alice", "user-1"}};
    std::string text, wanted;
    for (int i = 0; i < 200'000; ++i) {
      text += "aLice ";
      wanted += "user-1 ";
    }
    const bool replaced = without_identities(all, text) == wanted;  // too long to print
    CHECK(replaced);
  }

  TEST_CASE("a meeting's UID is one in both of its spellings") {
    // [MS-ASEMAIL] 4.3: the server's own number stays
    const std::string own =
        "BAAAAAIIA4AB0xbcQGoLgCAfUCRDgQMnBJoXEAQAAAAAAAAAAEAAAAAvw7UtuTulOnjnjhns3jvM=";
    CHECK(redacted_uid(scope(Level::content), "x@contoso.test") == "x@contoso.test");
    CHECK(redacted_uid(scope(Level::identity), "x@contoso.test") != "x@contoso.test");
    const std::string number =
        "040000008200E00074C5B7101A82E00800000000E040C9C12685C401000000000000";
    CHECK(redacted_uid(scope(Level::identity), number) == number);
    const std::string wrapped = *from_hex(
        "040000008200E00074C5B7101A82E0080000000000000000000000000000000000000000"
        "1B0000007643616C2D55696401000000");
    const std::string global = to_base64(wrapped + "x@contoso.test" + std::string(1, '\0'));
    const auto after = from_base64(redacted_global_id(scope(Level::identity), global));
    REQUIRE(after);
    CHECK(after->find(redacted_uid(scope(Level::identity), "x@contoso.test")) != std::string::npos);
    CHECK(after->find("contoso") == std::string::npos);
  }

  TEST_CASE("free text loses who and where, and keeps the rest") {
    Scope all = scope(Level::identity);
    all.identities = {{"mail.contoso.test", kNames.host("mail.contoso.test")},
                      {"contoso", "example-1"}};
    const std::string text = without_identities(
        all,
        "mail.contoso.test (203.0.113.5, 2a02:8109::1) refused bob@fabrikam.test; "
        "/o=Contoso/cn=x, version 15.1.2507.39");
    CAPTURE(text);
    for (const std::string_view secret :
         {"ontoso.t", "Contoso", "203.0.113.5", "2a02", "fabrikam"}) {
      CHECK(text.find(secret) == std::string::npos);
    }
    CHECK(text.find(") refused ") != std::string::npos);
    CHECK(text.find("15.1.2507.39") != std::string::npos);
  }
}

}  // namespace eastap::redact
