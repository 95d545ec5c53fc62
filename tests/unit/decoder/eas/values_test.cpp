#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/eas/charset.hpp"
#include "decoder/eas/values/conversation.hpp"
#include "decoder/eas/values/credential.hpp"
#include "decoder/eas/values/dates.hpp"
#include "decoder/eas/values/global_object_id.hpp"
#include "decoder/eas/values/meaning.hpp"
#include "decoder/eas/values/names.hpp"
#include "decoder/eas/values/policy.hpp"
#include "decoder/eas/values/recurrence.hpp"
#include "decoder/eas/values/time_zone.hpp"
#include "decoder/eas/values/user_agent.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"

using namespace eastap;
using namespace eastap::eas::values;
namespace pages = eastap::codepages;

namespace {

/// W. Europe Standard Time as devices send it: bias -60, DST from the last Sunday of March at 2 to
/// the last Sunday of October at 3. [MS-ASDTYPE] 2.7.6.
std::string berlin() {
  std::string out;
  const auto number = [&out](std::uint32_t value, int octets) {
    for (int i = 0; i < octets; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
  };
  const auto name = [&](const std::string& text) {
    for (std::size_t i = 0; i < 32; ++i) {
      number(i < text.size() ? static_cast<unsigned char>(text[i]) : 0U, 2);
    }
  };
  const auto rule = [&](std::uint32_t month, std::uint32_t day, std::uint32_t hour) {
    for (const std::uint32_t field : {0U, month, 0U, day, hour, 0U, 0U, 0U}) number(field, 2);
  };
  number(static_cast<std::uint32_t>(-60), 4);
  name("W. Europe Standard Time");
  rule(10, 5, 3);
  number(0, 4);
  name("W. Europe Daylight Time");
  rule(3, 5, 2);
  number(static_cast<std::uint32_t>(-60), 4);
  return out;
}

std::string octets(std::string_view hex) { return from_hex(hex).value(); }

constexpr std::string_view kIndex = "01CEC1E829ED44997723AC344564BBEEF22D3A1A3373";
constexpr std::string_view kObjectId =
    "BAAAAAIIA4AB0xbcQGoLgCAfUCRDgQMnBJoXEAQAAAAAAAAAAEAAAAAvw7UtuTulOnjnjhns3jvM=";

/// Every cut and every bit flip of `whole`.
void each_damage(const std::string& whole, const std::function<void(const std::string&)>& check) {
  for (std::size_t kept = 0; kept < whole.size(); ++kept) check(whole.substr(0, kept));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
      check(flipped);
    }
  }
}

struct Told {
  wbxml::Document document;
  [[nodiscard]] std::string of(pages::Tag tag) const {
    for (std::uint32_t i = 0; i < document.nodes.size(); ++i) {
      if (document.nodes[i].tag == tag) return meaning({document, i});
    }
    return "(no such element)";
  }
};

Told told(wbxml::Builder body) {
  return {wbxml::decode(std::make_shared<const std::string>(std::move(body).finish()))};
}

}  // namespace

TEST_SUITE("decoder.eas.values") {
  TEST_CASE("a time zone says its offset, its switches and its name") {
    const auto zone = parse_time_zone_text(to_base64(berlin()));
    REQUIRE(zone);
    CHECK(zone->bias_minutes == -60);
    CHECK(words(*zone) == "UTC+01:00, DST last Sun Mar – last Sun Oct, W. Europe Standard Time");
  }

  TEST_CASE("a time zone without switches has no daylight saving time") {
    std::string blob(172, '\0');
    CHECK(words(*parse_time_zone(blob)) == "UTC+00:00, no DST");
    blob[0] = static_cast<char>(0xB6);  // -330: India
    blob[1] = static_cast<char>(0xFE);
    blob[2] = blob[3] = static_cast<char>(0xFF);
    CHECK(words(*parse_time_zone(blob)) == "UTC+05:30, no DST");
  }

  TEST_CASE("a time zone of any other length than 172 octets is refused with the place") {
    const std::string whole = berlin();
    REQUIRE(whole.size() == kTimeZoneOctets);
    for (std::size_t kept = 0; kept < whole.size(); ++kept) {
      const auto cut = parse_time_zone(std::string_view{whole}.substr(0, kept));
      REQUIRE_FALSE(cut);
      CHECK(cut.error().code == Errc::truncated);
      CHECK(cut.error().offset == kept);
    }
    CHECK(parse_time_zone(whole + 'x').error().code == Errc::malformed);
    CHECK(parse_time_zone_text("no base64 !").error().code == Errc::bad_base64);
  }

  TEST_CASE("every flip of a time zone is another time zone, in words that are UTF-8") {
    each_damage(berlin(), [](const std::string& blob) {
      const auto zone = parse_time_zone(blob);
      CHECK(zone.has_value() == (blob.size() == kTimeZoneOctets));
      if (zone) CHECK(is_utf8(words(*zone)));
    });
  }

  TEST_CASE("the guide's conversation index gives its time and its GUID") {
    const auto index = parse_conversation_index(octets(kIndex));
    REQUIRE(index);
    CHECK(hex_words(index->guid) == "44997723AC344564BBEEF22D3A1A3373");
    REQUIRE(index->began);
    CHECK(date_words(*index->began).substr(4, 7) == "2013-10");
    CHECK(index->replies.empty());
    // The same without the leading 01, and the 5 octets that email2:ConversationIndex has.
    const auto shorter = parse_conversation_index(octets(kIndex.substr(2)));
    REQUIRE(shorter);
    CHECK(*shorter == *index);
    const auto time_only = parse_conversation_index(*from_base64("zsHoKe0="));
    REQUIRE(time_only);
    CHECK(time_only->began == index->began);
    CHECK(time_only->guid.empty());
  }

  TEST_CASE("replies count from the beginning of the conversation, in both of their units") {
    // 2^18 ticks of 100 ns: 0x8000 of them are 858.99 s; with the first bit set 2^23 ticks each.
    const auto index = parse_conversation_index(octets("CEC1E829ED") + octets("0000800012") +
                                                octets("8000100034"));
    REQUIRE(index);
    REQUIRE(index->reply_count == 2);
    CHECK(index->replies[0] == ReplyBlock{Microseconds{858'993'459}, 1, 2});
    CHECK(index->replies[1].after == Microseconds{3'435'973'836});
    CHECK(words(*index).find("2 replies, the last after 57 min") != std::string::npos);
  }

  TEST_CASE("damage to a conversation index is an error or another index") {
    each_damage(octets(kIndex), [](const std::string& damaged) {
      const auto index = parse_conversation_index(damaged);
      const std::size_t form = damaged.size() % 5;
      if (!index) {
        CHECK(index.error().offset <= damaged.size());
      } else {
        CHECK((form == 0 || form == 1 || form == 2));
        CHECK(is_utf8(words(*index)));
      }
    });
  }

  TEST_CASE("the specification's GlobalObjId is its UID, and the UID gives it back") {
    const std::string text =
        "BAAAAIIA4AB0xbcQGoLgCAfUCRDgQMnBJoXEAQAAAAAAAAAAEAAAAAvw7UtuTulOnjnjhns3"
        "jvM=";
    const auto id = parse_global_object_id(*from_base64(text));
    REQUIRE(id);
    CHECK(id->year == 2004);
    CHECK(id->month == 9);
    CHECK(id->day == 16);
    const std::string uid =
        "040000008200E00074C5B7101A82E00800000000E040C9C12685C4010000000000000000100000000BF0ED4B6E"
        "4E"
        "E94E9E39E3867B378EF3";
    CHECK(id->uid() == uid);
    CHECK(id->octets() == *from_base64(text));
    auto back = global_object_id_of(uid);
    REQUIRE(back);
    CHECK(back->uid() == uid);
    back->year = 2004;
    back->month = 9;
    back->day = 16;
    CHECK(*back == *id);
    CHECK(words(*id).find("instance 2004-09-16, created ") != std::string::npos);
    CHECK(same_meeting(hex_words(id->octets()), to_lower(uid)));
    CHECK_FALSE(same_meeting(uid, "other@google.com"));
  }

  TEST_CASE("a foreign UID travels behind vCal-Uid") {
    const auto id = global_object_id_of("abc123@google.com");
    REQUIRE(id);
    CHECK(id->data.starts_with("vCal-Uid"));
    CHECK(id->uid() == "abc123@google.com");
    const auto again = parse_global_object_id(id->octets());
    REQUIRE(again);
    CHECK(*again == *id);
    CHECK_FALSE(global_object_id_of(""));
    GlobalObjectId padded = *id;
    padded.data.append(3, '\0');
    CHECK(padded.uid() == "abc123@google.com");
    CHECK(words(padded).find("UID abc123@google.com") != std::string::npos);
    CHECK(words(padded).find('\0') == std::string::npos);
    CHECK(global_object_id_of(std::string(2'000, 'x')).error().code == Errc::too_large);
  }

  TEST_CASE("damage to a GlobalObjId is an error inside it, or an id that encodes to the same") {
    const std::string whole = global_object_id_of("abc123@google.com")->octets();
    each_damage(whole, [](const std::string& damaged) {
      const auto id = parse_global_object_id(damaged);
      if (id) {
        CHECK(id->octets() == damaged);
      } else {
        CHECK(id.error().offset <= damaged.size());
      }
    });
  }

  TEST_CASE("dates are read in both forms, and only whole") {
    const auto compact = parse_date("20261120T140211Z");
    REQUIRE(compact);
    CHECK(date_words(*compact) == "Fri 2026-11-20 14:02:11 UTC");
    CHECK(parse_date("2026-11-20T14:02:11.000Z") == compact);
    CHECK(date_words(*parse_date("20270131T000000Z"), true) == "Sun 2027-01-31");
    for (const char* wrong : {"20260230T000000Z", "20261120T240000Z", "20261120T1402119",
                              "20261120 140211Z", "2026-11-20", ""}) {
      CHECK_FALSE(parse_date(wrong));
    }
    each_damage("20261120T140211Z", [](const std::string& damaged) {
      if (const auto date = parse_date(damaged)) CHECK(date_words(*date).size() == 27);
    });
    CHECK(date_words(*from_filetime(116'444'736'000'000'000)) == "Thu 1970-01-01 00:00:00 UTC");
    CHECK_FALSE(from_filetime(UINT64_MAX));
  }

  TEST_CASE("lengths of time are said in their largest units") {
    CHECK(duration_words(45) == "45 s");
    CHECK(duration_words(590) == "9 min 50 s");
    CHECK(duration_words(900) == "15 min");
    CHECK(duration_words(5'400) == "1 h 30 min");
    CHECK(duration_words(259'200) == "3 days");
  }

  TEST_CASE("recurrences are said in words") {
    Recurrence rule;
    CHECK(words(rule).empty());
    rule.type = 1;
    rule.interval = 2;
    rule.days_of_week = 2 | 8;
    rule.occurrences = 10;
    CHECK(words(rule) == "every 2 weeks on Mon and Wed, 10 times");
    rule.occurrences.reset();
    rule.days_of_week = 62;
    CHECK(words(rule) == "every 2 weeks on weekdays");
    rule.interval = 1;
    rule.days_of_week = 127;
    CHECK(words(rule) == "every week on every day");
    rule = {};
    rule.type = 3;
    rule.days_of_week = 32;
    rule.week_of_month = 5;
    rule.until = parse_date("20270131T000000Z");
    CHECK(words(rule) == "on the last Fri of every month, until Sun 2027-01-31");
    rule = {};
    rule.type = 0;
    rule.days_of_week = 62;
    CHECK(words(rule) == "every weekday");
    rule = {};
    rule.type = 6;
    rule.days_of_week = 16;
    rule.week_of_month = 4;
    rule.month_of_year = 11;
    CHECK(words(rule) == "every year on the 4th Thu of Nov");
    rule = {};
    rule.type = 5;
    rule.day_of_month = 24;
    rule.month_of_year = 12;
    CHECK(words(rule) == "every year on 24 Dec");
    rule = {};
    rule.type = 2;
    rule.interval = 3;
    rule.day_of_month = 15;
    CHECK(words(rule) == "on day 15 of every 3 months");
    rule.type = 4;
    CHECK(words(rule).empty());
  }

  TEST_CASE("Apple's user agent is a model and a build") {
    CHECK(parse_apple_agent("Apple-iPhone8C4/1504.100") ==
          AppleAgent{"iPhone8,4", "15D100", "iOS 11.2.6"});
    CHECK(parse_apple_agent("Apple-iPhone3C1/1101.465").version == "iOS 7.0");
    CHECK(parse_apple_agent("Apple-iPad2C1/1002.141").version == "iOS 6.1");
    CHECK(parse_apple_agent("Apple-iPhone3C1/902.176").build == "9B176");
    CHECK(parse_apple_agent("Apple-iPad13C4/1901.346").version == "iPadOS 15.0");
    // A build beside those of the table has their major version; of others none is guessed.
    CHECK(parse_apple_agent("Apple-iPhone13C2/1901.405").version == "iOS 15");
    CHECK(user_agent_words("Apple-iPad7C3/1701.001") == "iPad7,3, iPadOS 13 (build 17A001)");
    CHECK(parse_apple_agent("Apple-iPad2C1/902.999").version.empty());
    CHECK(parse_apple_agent("Apple-iPhone15C2/2701.999") == AppleAgent{"iPhone15,2", "27A999", ""});
    CHECK(user_agent_words("Apple-iPhone15C2/2701.999") == "iPhone15,2, build 27A999");
    CHECK(user_agent_words("Apple-iPhone8C4/1504.100") == "iPhone8,4, iOS 11.2.6 (build 15D100)");
    for (const char* other : {"Outlook-iOS-Android/1.0", "Apple-iPhone8C4", "Apple-iPhone/15.1",
                              "Apple-x/1599.1", "Apple-/1504.", ""}) {
      CHECK(user_agent_words(other).empty());
    }
    each_damage("Apple-iPhone8C4/1504.100",
                [](const std::string& damaged) { CHECK(is_utf8(user_agent_words(damaged))); });
  }

  TEST_CASE("a policy is said by what it demands") {
    using Settings = std::vector<std::pair<std::string, std::string>>;
    CHECK(policy_words(Settings{{"DevicePasswordEnabled", "1"},
                                {"MinDevicePasswordLength", "6"},
                                {"MaxDevicePasswordFailedAttempts", "8"},
                                {"RequireDeviceEncryption", "1"},
                                {"AllowCamera", "1"},
                                {"MaxInactivityTimeDeviceLock", "900"}}) ==
          "PIN ≥ 6, encryption required, wipe after 8, lock after 15 min");
    // Without a PIN its rules do not hold.
    CHECK(policy_words(Settings{{"DevicePasswordEnabled", "0"},
                                {"MinDevicePasswordLength", "6"},
                                {"AllowCamera", "0"}}) == "no camera");
    CHECK(policy_words(Settings{{"DevicePasswordEnabled", "0"}, {"MaxEmailAgeFilter", "0"}}) ==
          "nothing demanded");
    CHECK(policy_words({}).empty());
    CHECK(policy_words(Settings{{"Odd", "1"}}).empty());
    CHECK(setting_words("MaxInactivityTimeDeviceLock", "9999") == "no lock by inactivity");
    CHECK(setting_words("AllowBluetooth", "1") == "Bluetooth hands-free only");
    CHECK(setting_words("AllowCamera", "7").empty());
    CHECK(setting_words("AllowCamera", "x").empty());
    CHECK(setting_words("MaxEmailAgeFilter", "2") == "mail back 3 days");
    CHECK(setting_words("MaxAttachmentSize", "1048576") == "attachments ≤ 1 MiB");
  }

  TEST_CASE("a file reference is a folder, an item and a number") {
    CHECK(split_file_reference("5%3a12%3a0") == FileReference{"5", "12", "0"});
    CHECK(words(split_file_reference("5%3A12%3A3")) == "attachment 3 of 5:12");
    for (const char* other :
         {"", "5:12", "a b:1:2", "5:12:x", "::", "5:1:2:3:x", "https://x.test:1:2"}) {
      CHECK(words(split_file_reference(other)).empty());
    }
  }

  TEST_CASE("free and busy half-hours are added up") {
    CHECK(free_busy_words("0022204") == "free 1 h, busy 1 h 30 min, free 30 min, unknown 30 min");
    CHECK(free_busy_words("012x").empty());
    CHECK(free_busy_words("01010101010101").ends_with("…"));
  }

  TEST_CASE("a masked credential says for whom and until when") {
    const Credential token = read_credential(
        "Bearer <masked digest=\"1a2b3c4d\" upn=\"alice@contoso.test\" "
        "aud=\"https://outlook.office365.com\" appid=\"f8d98a96-0999-43f5-8af3-69971c7bb423\" "
        "exp=\"1795183331\">");
    CHECK(words(token) ==
          "Bearer for alice@contoso.test, audience https://outlook.office365.com, app Apple "
          "Internet Accounts, until 2026-11-20T14:02:11Z");
    CHECK(words(read_credential("Basic <masked user=\"contoso\\alice\" digest=\"00\">")) ==
          "Basic for contoso\\alice");
    CHECK(words(read_credential("Bearer")).empty());
    CHECK(words(read_credential("")).empty());
    CHECK(read_credential("Bearer <masked upn=\"a%22b\"").user == "a\"b");
  }

  TEST_CASE("four charsets become UTF-8, others are not guessed") {
    CHECK(eas::to_utf8("\xA4", "ISO-8859-15") == "€");
    CHECK(eas::to_utf8("\x80", "windows-1252") == "€");
    CHECK(eas::to_utf8("\xFC", "iso-8859-1") == "ü");
    CHECK(eas::to_utf8("ü", "utf-8") == "ü");
    CHECK_FALSE(eas::to_utf8("x", "koi8-r"));
  }

  TEST_CASE("elements mean what their value stands for") {
    wbxml::Builder body;
    body.open(pages::airsync::kSync).open(pages::airsync::kCollections);
    body.open(pages::airsync::kCollection).add(pages::airsync::kStatus, "3");
    body.add(pages::airsync::kFilterType, "2").add(pages::airsync::kMIMESupport, "2");
    body.open(pages::airsync::kApplicationData);
    body.add(pages::calendar::kTimezone, to_base64(berlin()));
    body.add(pages::calendar::kStartTime, "20261120T140211Z");
    body.add(pages::calendar::kBusyStatus, "2").add(pages::calendar::kSubject, "2");
    body.open(pages::calendar::kRecurrence).add(pages::calendar::kType, "1");
    body.add(pages::calendar::kDayOfWeek, "2").close();
    body.open(pages::email2::kConversationId).opaque(octets(kIndex.substr(12))).close();
    body.open(pages::email2::kConversationIndex).opaque(octets("CEC1E829ED")).close();
    body.open(pages::airsync_base::kBodyPart).add(pages::airsync_base::kStatus, "176").close();
    body.add(pages::airsync_base::kFileReference, "5%3a12%3a0");
    const Told all = told(std::move(body));
    CHECK(all.of(pages::airsync::kStatus) == "InvalidSyncKey");
    CHECK(all.of(pages::airsync::kFilterType) == "3 days");
    CHECK(all.of(pages::airsync::kMIMESupport) == "MIME for all mail");
    CHECK(all.of(pages::calendar::kTimezone) ==
          "UTC+01:00, DST last Sun Mar – last Sun Oct, W. Europe Standard Time");
    CHECK(all.of(pages::calendar::kStartTime) == "Fri 2026-11-20 14:02:11 UTC");
    CHECK(all.of(pages::calendar::kBusyStatus) == "busy");
    CHECK(all.of(pages::calendar::kSubject).empty());
    CHECK(all.of(pages::calendar::kRecurrence) == "every week on Mon");
    CHECK(all.of(pages::email2::kConversationId) == "44997723AC344564BBEEF22D3A1A3373");
    CHECK(all.of(pages::email2::kConversationIndex).starts_with("CEC1E829ED, began "));
    CHECK(all.of(pages::airsync_base::kFileReference) == "attachment 0 of 5:12");
    CHECK(all.of(pages::airsync_base::kStatus) == "BodyPart_ConversationTooLarge");
  }

  TEST_CASE("a mail's meaning is its sender, receivers, subject and files") {
    wbxml::Builder body;
    body.open(pages::compose_mail::kSendMail);
    body.open(pages::compose_mail::kMime);
    body.opaque(
        "From: alice@contoso.test\r\nTo: bob@contoso.test, c@contoso.test\r\n"
        "Subject: Lunch\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: image/png; name=a.png\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nAAAAAAAA\r\n--x--\r\n");
    CHECK(told(std::move(body)).of(pages::compose_mail::kMime) ==
          "from alice@contoso.test, to bob@contoso.test +1, \"Lunch\", attachment a.png (6 B)");
  }

  TEST_CASE("every tag of the tables has a meaning or none on any value, and it stays short") {
    const std::string values[] = {"",
                                  "0",
                                  "1",
                                  "2",
                                  "127",
                                  "-1",
                                  "99999999999",
                                  "x",
                                  std::string(5'000, 'A'),
                                  berlin(),
                                  octets(kIndex),
                                  std::string{kObjectId},
                                  "\xFF\xFE",
                                  "5%3a12%3a0"};
    for (const pages::Page* page : pages::kPages) {
      for (const pages::TagRow& row : page->rows) {
        for (const std::string& value : values) {
          wbxml::Builder body;
          body.open(row.tag).open(row.tag).open(row.tag).opaque(value);
          const Told all = told(std::move(body));
          for (std::uint32_t i = 0; i < all.document.nodes.size(); ++i) {
            const std::string text = meaning({all.document, i});
            CHECK(text.size() <= kMeaningOctets);
            CHECK(is_utf8(text));
            if (!may_have_meaning(row.tag)) CHECK(text.empty());
          }
        }
      }
    }
  }
}
