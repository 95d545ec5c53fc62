#include "decoder/eas/mime.hpp"

#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/eas/html_page.hpp"

using namespace eastap::eas;

TEST_SUITE("decoder.eas.mime") {
  const std::string kMail =
      "From: =?utf-8?B?QWxpY2Ug8J+YgA==?= <alice@contoso.test>\r\n"
      "To: \"Bob, the first\" <bob@contoso.test>,\r\n"
      "  carol@contoso.test (at home)\r\n"
      "Cc: Team: dave@contoso.test, erin@contoso.test;\r\n"
      "Subject: =?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?Q?_aus_K=C3=B6ln?=\r\n"
      "Message-ID: <1@contoso.test>\r\n"
      "Content-Type: multipart/mixed; boundary=\"b=1\"\r\n"
      "\r\n"
      "preamble\r\n"
      "--b=1\r\n"
      "Content-Type: text/calendar; charset=utf-8; method=request\r\n"
      "\r\n"
      "BEGIN:VCALENDAR\r\n"
      "--b=1\r\n"
      "Content-Type: application/pdf; name=\"old.pdf\"\r\n"
      "Content-Disposition: attachment; filename*=UTF-8''Pr%C3%A4sentation.pdf\r\n"
      "\r\n"
      "JVBERi0=\r\n"
      "--b=1--\r\n";

  TEST_CASE("recipients, subject, method and attachment names are read") {
    const MimeFacts facts = read_mime(kMail, {});
    CHECK(facts.from == "alice@contoso.test");
    REQUIRE(facts.to.size() == 2);
    CHECK(facts.to[0] == "bob@contoso.test");
    CHECK(facts.to[1] == "carol@contoso.test");
    REQUIRE(facts.cc.size() == 2);
    CHECK(facts.cc[0] == "dave@contoso.test");
    CHECK(facts.cc[1] == "erin@contoso.test");
    CHECK(facts.subject == "Grüße aus Köln");
    CHECK(facts.message_id == "<1@contoso.test>");
    CHECK(facts.calendar_method == "REQUEST");
    REQUIRE(facts.attachment_names.size() == 1);
    CHECK(facts.attachment_names[0] == "Präsentation.pdf");
  }

  TEST_CASE("attachments have a type and the size that their content decodes to") {
    const MimeFacts facts = read_mime(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        "--b\r\nContent-Type: image/PNG; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "QUJD\r\nRA==\r\n"
        "--b\r\nContent-Type: text/plain; name=b.txt\r\n\r\none\r\ntwo\r\n"
        "--b\r\nContent-Type: text/plain; name=c.txt\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc\r\n"
        "--b--\r\n"
        "--b\r\nContent-Type: text/plain; name=cut.txt\r\n\r\none",
        {});
    REQUIRE(facts.attachments.size() == 4);
    CHECK(facts.attachments[0] == MimeAttachment{"a.png", "image/png", 4});
    CHECK(facts.attachments[1] == MimeAttachment{"b.txt", "text/plain", 8});
    CHECK(facts.attachments[2] == MimeAttachment{"c.txt", "text/plain", 4});
    CHECK(facts.attachments[3] == MimeAttachment{"cut.txt", "text/plain", std::nullopt});
    CHECK(facts.attachment_names.size() == 4);
  }

  TEST_CASE("a calendar part says whose meeting it is, in each coding") {
    const std::string calendar =
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:04000000\r\n 8200E000\r\n"
        "ORGANIZER;CN=\"Alice: the boss\":mailto:alice@contoso.test\r\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:bob@contoso.test\r\n"
        "ATTENDEE:mailto:carol@contoso.test\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    std::string quoted = calendar;
    for (std::size_t at = quoted.find('='); at != std::string::npos;
         at = quoted.find('=', at + 1)) {
      quoted.replace(at, 1, "=3D");
    }
    const std::string head = "Content-Type: text/calendar; charset=utf-8\r\n";
    for (const std::string& mail :
         {head + "\r\n" + calendar,
          head + "Content-Transfer-Encoding: base64\r\n\r\n" + eastap::to_base64(calendar) + "\r\n",
          head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted}) {
      const MimeFacts facts = read_mime(mail, {});
      CHECK(facts.calendar_method == "REPLY");
      CHECK(facts.calendar_uid == "040000008200E000");
      CHECK(facts.organizer == "alice@contoso.test");
      REQUIRE(facts.attendees.size() == 2);
      CHECK(facts.attendees[0] == "bob@contoso.test");
    }
  }

  TEST_CASE("what lies beyond the limit of octets has no size") {
    MimeLimits limits;
    const std::string mail =
        "Content-Type: text/plain; name=big.txt\r\n\r\n" + std::string(1'000, 'x');
    CHECK(read_mime(mail, limits).attachments.at(0).octets == 1'000);
    limits.octets = 500;
    CHECK_FALSE(read_mime(mail, limits).attachments.at(0).octets);
  }

  TEST_CASE("every cut of a mail gives what stands before it") {
    for (std::size_t kept = 0; kept < kMail.size(); ++kept) {
      const MimeFacts facts = read_mime(std::string_view{kMail}.substr(0, kept), {});
      CHECK(facts.to.size() <= 2);
      CHECK(facts.attachment_names.size() <= 1);
    }
  }

  TEST_CASE("encoded words of unknown charsets and broken ones stay as they are") {
    CHECK(decoded_words("=?koi8-r?B?xMHXyQ==?= x") == "=?koi8-r?B?xMHXyQ==?= x");
    CHECK(decoded_words("=?utf-8?B?***?=") == "=?utf-8?B?***?=");
    CHECK(decoded_words("a =?utf-8?Q?b?= c") == "a b c");
    CHECK(decoded_words("=?") == "=?");
    CHECK(decoded_words("=?utf-8?B?8J+Y?= =?utf-8?B?gA==?=") == "😀");  // cut inside a character
    CHECK(decoded_words("=?windows-1252?Q?=80?=") == "€");
  }

  TEST_CASE("a file name of other octets than UTF-8 is repaired") {
    const auto facts = read_mime("Content-Type: image/png; name=\"a\xFF.png\"\r\n\r\nx", {});
    REQUIRE(facts.attachments.size() == 1);
    CHECK(facts.attachments[0].name == "a\uFFFD.png");
    CHECK(facts.attachment_names[0] == "a\uFFFD.png");
  }

  TEST_CASE("lists are bounded") {
    std::string list;
    for (int i = 0; i < 5'000; ++i) list += "a@x,";
    CHECK(addresses(list, 1'000).size() == 1'000);
    MimeLimits limits;
    limits.addresses = 10;
    CHECK(read_mime("To: " + list + "\r\nCc: " + list + "\r\n\r\n", limits).to.size() == 10);
  }
}

TEST_SUITE("decoder.eas.html_page") {
  TEST_CASE("the title is taken, else the first heading, as plain text") {
    CHECK(page_title("<html><head><TITLE>\n All servers\n drained </TITLE>", 1'000) ==
          "All servers drained");
    CHECK(page_title("<html><title></title><h1 class=x>502 &ndash; <b>Bad</b> &amp; ugly</h1>",
                     1'000) == "502 &ndash; Bad & ugly");
    CHECK(page_title("<h2>IIS &#8211; 403.7</h2>", 1'000) == "IIS – 403.7");
    CHECK(page_title("<p>nothing</p>", 1'000).empty());
    CHECK(page_title("<title>cut", 1'000) == "cut");
    CHECK(page_title("<titles>x</titles>", 1'000).empty());
    CHECK(page_title("", 10).empty());
  }

  TEST_CASE("a title is bounded however long it is") {
    CHECK(page_title("<title>" + std::string(100'000, 'x'), 65'536).size() <= 200);
  }
}
