#include "decoder/findings/mime_text.hpp"

#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"

using namespace eastap;
using namespace eastap::findings;

TEST_SUITE("decoder.findings.mime_text") {
  TEST_CASE("the UID and the organizer of an invitation are found in a folded base64 part") {
    const std::string calendar =
        "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nBEGIN:VEVENT\r\nORGANIZER;CN=\"Bob\":MAILTO:bob@c\r\n "
        "ontoso.test\r\nUID:0400\r\n 00AA\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    const std::string message =
        "From: a@x\r\nContent-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n--b\r\n"
        "Content-Type: text/html\r\n\r\n<html><p>&nbsp;</p></html>\r\n--b\r\n"
        "Content-Type: text/calendar; method=CANCEL\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
        to_base64(calendar) + "\r\n--b--\r\n";
    const MimeText text = read_mime_text(message);
    CHECK(text.calendar_uid == "040000AA");
    CHECK(text.calendar_organizer == "bob@contoso.test");
    CHECK(text.has_text);
    CHECK(text.text_blank);
  }

  TEST_CASE("a word of the user is a text, also quoted-printable and behind styles") {
    CHECK_FALSE(read_mime_text("Content-Type: text/plain\r\n\r\n join \r\n").text_blank);
    CHECK_FALSE(read_mime_text("Content-Type: text/plain\r\nContent-Transfer-Encoding: "
                               "quoted-printable\r\n\r\n=20=41=\r\n")
                    .text_blank);
    CHECK(read_mime_text("Content-Type: text/html\r\n\r\n<style>p{color:red}</style><p> </p>")
              .text_blank);
  }

  TEST_CASE("every cut of a message is read without harm") {
    const std::string whole =
        "From: a@x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
        "multipart/alternative; boundary=c\n\n--c\n\nhello\n--c--\n--b\nContent-Type: "
        "text/calendar\nContent-Transfer-Encoding: base64\n\nQkVHSU46\n--b--\n";
    for (std::size_t kept = 0; kept <= whole.size(); ++kept)
      (void)read_mime_text(std::string_view{whole}.substr(0, kept));
    CHECK(read_mime_text(whole).has_text);
  }

  TEST_CASE("parts inside parts end at a limit") {
    std::string deep = "Content-Type: multipart/mixed; boundary=b\n\n";
    for (int part = 0; part < 1'000; ++part)
      deep += "--b\nContent-Type: multipart/mixed; boundary=b\n\n";
    CHECK(read_mime_text(deep).calendar_uid.empty());
  }
}
