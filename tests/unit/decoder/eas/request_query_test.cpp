#include "decoder/eas/request_query.hpp"

#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"

using namespace eastap;
using namespace eastap::eas;

TEST_SUITE("decoder.eas.request_query") {
  const std::string kExample = "jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l";

  std::string with_parameters() {
    std::string octets;
    octets += '\xA1';                                  // 16.1
    octets += '\x13';                                  // ItemOperations
    octets += std::string{"\x07\x04", 2};              // de-DE
    octets += std::string{"\x04", 1} + "A1B2";         // device id
    octets += std::string{"\x04\xAE\x50\x27\xD7", 5};  // policy key, little-endian
    octets += std::string{"\x06", 1} + "iPhone";
    octets += std::string{"\x07\x01\x02", 3};        // Options: AcceptMultiPart
    octets += std::string{"\x08\x05", 2} + "alice";  // User
    octets += std::string{"\x00\x05", 2} + "5:1:0";  // AttachmentName
    return octets;
  }

  TEST_CASE("the specification's own example decodes") {  // [MS-ASHTTP] 2.2.1.1.1.1.1
    const auto query = parse_base64_query(kExample);
    REQUIRE(query);
    CHECK(query->protocol_version == 140);
    CHECK(query->command == "Sync");
    CHECK(query->command_code == 0);
    CHECK(query->locale == 0x0409);
    CHECK(query->device_id == "v140Device");
    CHECK_FALSE(query->policy_key.has_value());
    CHECK(query->device_type == "SmartPhone");
    CHECK(query->parameters.empty());
    CHECK(version_text(query->protocol_version) == "14.0");
  }

  TEST_CASE("policy key, options, user and parameters of the base64 form are read") {
    const auto query = parse_base64_query(to_base64(with_parameters()));
    REQUIRE(query);
    CHECK(query->command == "ItemOperations");
    CHECK(query->policy_key == 0xD72750AE);
    CHECK(query->accepts_multipart);
    CHECK_FALSE(query->save_in_sent);
    CHECK(query->user == "alice");
    CHECK(query->parameter("attachmentname") == "5:1:0");
  }

  TEST_CASE("every cut of a valid query is an error with a place, never a crash") {
    for (std::size_t kept = 0; kept < kExample.size(); ++kept) {
      CAPTURE(kept);
      const auto query = parse_base64_query(std::string_view{kExample}.substr(0, kept));
      CHECK_FALSE(query);
      if (!query) CHECK(query.error().offset <= 26);
    }
  }

  TEST_CASE(
      "a cut inside the octets says what was cut; one between parameters is a shorter query") {
    const std::string whole = with_parameters();
    for (std::size_t kept = 0; kept < whole.size(); ++kept) {
      CAPTURE(kept);
      const auto query = parse_base64_query(to_base64(whole.substr(0, kept)));
      const bool between = kept == 21 || kept == 24 || kept == 31;
      CHECK(query.has_value() == between);
      if (!query) {
        CHECK(query.error().code == Errc::truncated);
        CHECK(query.error().offset <= kept);
      }
    }
  }

  TEST_CASE("what stands before a cut is kept by the lenient reader") {
    const RequestQuery query = read_query(to_base64(with_parameters().substr(0, 18)));
    CHECK(query.base64);
    CHECK(query.command == "ItemOperations");
    CHECK(query.device_id == "A1B2");
    CHECK(query.policy_key == 0xD72750AE);
    CHECK(query.device_type == "iPh");
    REQUIRE(query.diagnostics.size() == 1);
    CHECK(query.diagnostics[0].part == "query");
    CHECK(query.diagnostics[0].code == Errc::truncated);
  }

  TEST_CASE("a device id that is a GUID is shown as hex, a code without a name by its number") {
    std::string octets{"\x8D\x2A\x09\x04\x10", 5};
    for (int i = 0; i < 16; ++i) octets += static_cast<char>(i + 0xF0);
    octets += std::string{"\x00\x02WP", 4};
    const auto query = parse_base64_query(to_base64(octets));
    REQUIRE(query);
    CHECK(query->device_id == "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    CHECK(query->command == "command 42");
    CHECK(query->command_code == 42);
  }

  TEST_CASE("a policy key of another length than 0 or 4 is malformed") {
    const auto query =
        parse_base64_query(to_base64(std::string{"\x8D\x00\x09\x04\x01"
                                                 "A\x02xx\x00",
                                                 10}));
    REQUIRE_FALSE(query);
    CHECK(query.error().code == Errc::malformed);
    CHECK(query.error().offset == 6);
  }

  TEST_CASE("the plain form is read by name, in any order and case, percent-decoded") {
    const RequestQuery query = read_query(
        "deviceid=A1&User=CONTOSO%5Calice&cmd=sendmail&DEVICETYPE=Windows+Phone&SaveInSent=T&x=1%"
        "262");
    CHECK_FALSE(query.base64);
    CHECK(query.command == "SendMail");
    CHECK(query.user == "CONTOSO\\alice");
    CHECK(query.device_id == "A1");
    CHECK(query.device_type == "Windows Phone");
    CHECK(query.save_in_sent);
    CHECK(query.parameter("X") == "1&2");
    CHECK(query.diagnostics.empty());
  }

  TEST_CASE("unknown commands keep their name and the first of equal parameters counts") {
    const RequestQuery query = read_query("Cmd=GetHierarchy&Cmd=Sync&User=a&User=b");
    CHECK(query.command == "GetHierarchy");
    CHECK(query.user == "a");
  }

  TEST_CASE("what is neither form is said so") {
    CHECK(read_query("User=alice").diagnostics.size() == 1);
    CHECK(read_query("User=alice").user == "alice");
    CHECK(read_query("%%%").diagnostics.size() == 1);
    CHECK(read_query("").diagnostics.empty());
    CHECK_FALSE(parse_plain_query("User=alice"));
  }

  TEST_CASE("more parameters than anybody sends are cut off with a remark") {
    std::string text = "Cmd=Sync";
    for (int i = 0; i < 1'000; ++i) text += "&a=b";
    const RequestQuery query = read_query(text);
    CHECK(query.command == "Sync");
    CHECK(query.parameters.size() <= kMaxQueryParameters);
    CHECK(query.diagnostics.size() == 1);
  }

  TEST_CASE("codes and names go both ways") {
    for (int code = 0; code < 256; ++code) {
      const std::string_view name = command_name(static_cast<std::uint8_t>(code));
      if (name.empty()) continue;
      CHECK(command_code(name) == code);
    }
    CHECK(command_name(23) == "Find");
    CHECK(command_name(5).empty());
    CHECK(canonical_command("PING") == "Ping");
    CHECK(canonical_command("Odd") == "Odd");
  }

  TEST_CASE("the user of a masked Authorization is found in all schemes") {
    CHECK(masked_user("Basic <masked user=\"CONTOSO\\alice\" digest=\"1a2b3c4d\">") ==
          "CONTOSO\\alice");
    CHECK(masked_digest("Basic <masked user=\"alice\" digest=\"1a2b3c4d\">") == "1a2b3c4d");
    CHECK(masked_user("Bearer <masked digest=\"1\" upn=\"alice@contoso.test\">") ==
          "alice@contoso.test");
    CHECK(masked_user("NTLM <masked type=\"3\" user=\"a%22b\" digest=\"1\">") == "a\"b");
    CHECK_FALSE(masked_user("Bearer <masked digest=\"1a2b3c4d\">"));
    CHECK_FALSE(masked_user("Bearer"));
    CHECK_FALSE(masked_user("Basic <masked user=\"alice"));
  }

  TEST_CASE("all spellings of a person are one") {
    CHECK(normalised_user("CONTOSO\\Alice") == "alice");
    CHECK(normalised_user("alice@contoso.test") == "alice");
    CHECK(normalised_user("Alice") == "alice");
    CHECK(normalised_user("@odd") == "@odd");
    CHECK(normalised_user("").empty());
  }
}
