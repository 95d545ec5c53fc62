#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/wbxml/decode.hpp"
#include "proxy/http/mask.hpp"

namespace eastap::http {
namespace {

std::string json(std::string body) {
  mask_json_secrets(body);
  return body;
}
std::string form(std::string body) {
  mask_form_secrets(body);
  return body;
}
std::string xml(std::string body) {
  mask_xml_secrets(body);
  return body;
}

std::string mask_text(std::string body) {
  mask_text_secrets("text/plain", body);
  return body;
}

std::string wbxml_masked(const std::string& body) {
  std::string masked = body;
  mask_wbxml_secrets(wbxml::decode(std::make_shared<const std::string>(body)), masked);
  return masked;
}

// Settings { DevicePassword { Set { Password "s3cret" } } }, [MS-ASCMD] 2.2.3.47
const std::string kRecovery = std::string{"\x03\x01\x6A\x00", 4} +
                              std::string{"\x00\x12\x45\x54\x48\x55\x03", 7} + "s3cret" +
                              std::string{"\x00\x01\x01\x01\x01", 5};

}  // namespace

TEST_SUITE("proxy.http.mask_body") {
  TEST_CASE("form fields lose their values, lengths stay") {
    CHECK(form("grant_type=password&username=a&password=p%20w&refresh_token=abc&scope=x") ==
          "grant_type=password&username=a&password=*****&refresh_token=***&scope=x");
    CHECK(form("ctl00%24main%24Pass%77ord=abc&user[password]=d") ==
          "ctl00%24main%24Pass%77ord=***&user[password]=*");
    CHECK(form("code=&x") == "code=&x");
    CHECK(form("id_token_hint=a&pw=a&pin=12&session=a&jsessionid=a&X-OWA-CANARY=a&p=1&w=1") ==
          "id_token_hint=*&pw=*&pin=**&session=*&jsessionid=*&X-OWA-CANARY=*&p=1&w=1");
  }

  TEST_CASE("JSON members lose their values, structure stays") {
    CHECK(json(R"({"a":1,"access_token":"ab\"c","nested":{"Password": 12,"x":"y"}})") ==
          R"({"a":1,"access_token":"*****","nested":{"Password": 11,"x":"y"}})");
    CHECK(json(R"({"pass\u0077ord":"x","client_secret" : ["a",{"b":"c"}],"d":"e"})") ==
          R"({"pass\u0077ord":"*","client_secret" : ["*",{"b":"*"}],"d":"e"})");
    CHECK(json(R"({"error":{"code":400,"message":"m"}})") ==
          R"({"error":{"code":400,"message":"m"}})");
    CHECK(json(R"({"token":null,"x":"y"})") == R"({"token":null,"x":"y"})");
    CHECK(json(R"({"pw":"a","PIN":"12","session":{"id":"a"},"jsessionid":"a","spinning":"b"})") ==
          R"({"pw":"*","PIN":"**","session":{"id":"*"},"jsessionid":"*","spinning":"b"})");
  }

  TEST_CASE("cut and broken JSON hides its secrets as well") {
    const std::string body = R"({"x":[1,2],"password":"Xk7vQ2","y":{"id_token":"Xk7vQ2"}})";
    for (std::size_t kept = 0; kept <= body.size(); ++kept) {
      CHECK(json(body.substr(0, kept)).find("Xk7v") == std::string::npos);
    }
    CHECK(json(R"({"password": Xk7vQ2 Xk7vQ2, "a":"b"})").find("Xk7v") == std::string::npos);
    CHECK(json(R"({'password':'Xk7vQ2'})").find("Xk7v") == std::string::npos);
    CHECK(json(R"({"password":"Xk7vQ2":"b"})").find("Xk7v") == std::string::npos);
    CHECK(json(std::string(100'000, '[')) == std::string(100'000, '['));
  }

  TEST_CASE("XML elements, CDATA, attributes and form fields of pages lose their secrets") {
    CHECK(xml("<s:U><o:Password Type=\"t\">se&amp;c</o:Password><b>x</b></s:U>") ==
          "<s:U><o:Password Type=\"t\">********</o:Password><b>x</b></s:U>");
    CHECK(xml("<Password><![CDATA[se]c]]></Password>x") ==
          "<Password><![CDATA[****]]></Password>x");
    CHECK(xml("<a password='x' b='y'/>") == "<a password='*' b='y'/>");
    CHECK(xml("<input type=\"hidden\" name=\"code\" value=\"abc\">") ==
          "<input type=\"hidden\" name=\"code\" value=\"***\">");
    CHECK(xml("<parm name=\"PXAUTH-PW\" value=\"abc\"/>") ==
          "<parm name=\"PXAUTH-PW\" value=\"***\"/>");
    // SyncML: user and password as base64
    CHECK(xml("<Cred><Data>Ynk6cHc=</Data></Cred><Data>1</Data>") ==
          "<Cred><Data>********</Data></Cred><Data>1</Data>");
    CHECK(xml("<parm name=\"AAUTHSECRET\" value=\"abc\"/>") ==
          "<parm name=\"AAUTHSECRET\" value=\"***\"/>");
    CHECK(xml("<Password>cut") == "<Password>***");
    const std::string autodiscover =
        "<?xml version=\"1.0\"?><Autodiscover><Request><EMailAddress>a@b</EMailAddress></Request></"
        "Autodiscover>";
    CHECK(xml(autodiscover) == autodiscover);
  }

  TEST_CASE("the content type chooses, and the first octet when it says nothing") {
    const auto masked = [](std::string_view type, std::string body) {
      mask_text_secrets(type, body);
      return body;
    };
    CHECK(masked("application/x-www-form-urlencoded; charset=utf-8", "password=a") == "password=*");
    CHECK(masked("application/problem+json", "{\"password\":\"a\"}") == "{\"password\":\"*\"}");
    CHECK(masked("", " {\"password\":\"a\"}") == " {\"password\":\"*\"}");
    CHECK(masked("text/plain", "password=a") == "password=*");
    CHECK(masked("text/html", "<Password>a</Password>") == "<Password>*</Password>");
    CHECK(masked("message/rfc822", "password=a") == "password=a");
    CHECK(masked("application/json", std::string{"{\0\"\0", 4}) == "****");
  }

  TEST_CASE(
      "what a text repeats of a request's credentials is overwritten, however it is spelled") {
    const std::string secret = "Xk7vQ2secretZ9", basic = to_base64("alice:" + secret);
    std::string escaped;  // each octet as %XX
    for (const char c : basic) escaped += "%" + to_hex(std::string{c});
    const std::string bodies[] = {
        "TRACE / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic " + basic + "\r\nAccept: */*\r\n",
        "POST / HTTP/1.1\nproxy-authorization : Negotiate " + basic + "\nCookie: a=" + basic + "\n",
        "Authorization: Digest username=\"alice\", response=\"" + basic + "\", x=\"" + basic + "\"",
        "<pre>Authorization: Digest u=&quot;a&quot;, response=&quot;" + basic + "&quot;</pre>",
        "<a href=\"/l?h=Authorization%3A%20Basic%20" + basic + "&amp;x=1\">log in</a>",
        R"({"log":"Authorization: Basic )" + basic + R"(\r\nAccept: x","y":1})",
        R"({"log":"Authorization: Digest a=\"b\", c=\")" + basic + R"(\"\nAccept: x","y":1})",
        "h=Authorization%3A+Basic+" + escaped + "&x=1",
        "the header was 'basic " + basic + "' of alice",
        "sent Basic%20" + escaped,
        "see https://alice:" + basic + "@mail.contoso.test/",
        "<a href='/l?u=https%3A%2F%2falice%3A" + basic.substr(0, 26) +
            "%40mail.contoso.test'>x</a>",
        "token Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJ." + basic.substr(0, 27) + ".b expired",
    };
    for (const std::string_view type : {"text/plain", "text/html", "message/http", "", "json"}) {
      for (const std::string& body : bodies) {
        CAPTURE(body);
        std::string masked = body;
        CHECK(mask_text_secrets(type, masked));
        CAPTURE(masked);
        CHECK(masked.size() == body.size());
        CHECK(masked.find(basic.substr(0, 8)) == std::string::npos);
        CHECK(masked.find(escaped.substr(0, 12)) == std::string::npos);
        const std::string once = masked;
        CHECK_FALSE(mask_text_secrets(type, masked));
        CHECK(masked == once);
      }
    }
    const auto masked = [](std::string body) {
      mask_text_secrets("text/html", body);
      return body;
    };
    CHECK(masked("<b>Authorization: Basic YTpi</b> x") == "<b>Authorization: Basic ****</b> x");
    for (const std::string plain :
         {"Basic authentication is off", "Bearer realm=\"x\", authorization_uri=\"https://h\"",
          "authorization failed: ask your administrator", "basically secured1234567890123",
          "we use cookies: yes", "Bearer tokens have to be renewed"}) {
      CHECK(masked(plain) == plain);
    }
  }

  TEST_CASE("a Basic credential ends where Base64 does, and goes on behind JSON's \\/") {
    const std::string basic = to_base64("alice:secret");  // no padding
    CHECK(mask_text("Rejected: Basic " + basic + ". Again, please.") ==
          "Rejected: Basic " + std::string(basic.size(), '*') + ". Again, please.");
    const std::string slash = to_base64("alice:???pass");
    REQUIRE(slash.find('/') != std::string::npos);
    std::string escaped = slash;
    escaped.insert(escaped.find('/'), "\\");
    CHECK(mask_text("sent Basic " + escaped + " twice") ==
          "sent Basic " + std::string(escaped.size(), '*') + " twice");
  }

  TEST_CASE("a scheme that is named a million times costs no more than the text is long") {
    std::string text;
    while (text.size() < 4'000'000) text += "basic+bearer+";
    const std::string masked = mask_text(text + " end");
    CHECK(masked.ends_with("** end"));
    CHECK(masked.size() == text.size() + 4);
  }

  TEST_CASE("a URL's password is sought in the URL only") {
    const std::string text = "http://mail:8080 failed\nask admin@contoso.com";
    CHECK(mask_text(text) == text);
  }

  TEST_CASE("a recovery password is overwritten in place and the body decodes as before") {
    CHECK(may_hold_wbxml_secrets(kRecovery));
    const std::string masked = wbxml_masked(kRecovery);
    CHECK(masked.size() == kRecovery.size());
    CHECK(masked.find("s3cret") == std::string::npos);
    const auto before = wbxml::decode(std::make_shared<const std::string>(kRecovery));
    const auto after = wbxml::decode(std::make_shared<const std::string>(masked));
    CHECK(before.nodes == after.nodes);
    CHECK(after.complete);
    CHECK(after.nodes.back().value_size == 6);
    CHECK(wbxml_masked(masked) == masked);
  }

  TEST_CASE("every cut of a body with a password hides it") {
    for (std::size_t kept = 0; kept <= kRecovery.size(); ++kept) {
      CAPTURE(kept);
      CHECK(wbxml_masked(kRecovery.substr(0, kept)).find("s3") == std::string::npos);
    }
  }

  TEST_CASE("opaque and search passwords are overwritten, other bodies stay") {
    // Search { Store { Options { Password OPAQUE "s3cret" } } }
    const std::string search = std::string{"\x03\x01\x6A\x00\x00\x0F\x45\x47\x4A\x5F\xC3\x06", 12} +
                               "s3cret" + "\x01\x01\x01\x01";
    const std::string masked = wbxml_masked(search);
    CHECK(masked.find("s3cret") == std::string::npos);
    CHECK(masked.find("******") != std::string::npos);
    const std::string ping{
        "\x03\x01\x6A\x00\x00\x0D\x45\x48\x03"
        "480\0\x01\x01",
        15};
    CHECK_FALSE(may_hold_wbxml_secrets(ping));
    CHECK(wbxml_masked(ping) == ping);
  }
}

}  // namespace eastap::http
