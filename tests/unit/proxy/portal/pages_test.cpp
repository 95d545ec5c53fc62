#include "proxy/portal/pages.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "proxy/portal/platform.hpp"

using namespace eastap;
using namespace eastap::portal;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSafari =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.4 Mobile/15E148 Safari/604.1";

Site make_site() {
  Site site{SiteRules{}};
  PageFacts facts;
  facts.ca_pem = "-----BEGIN CERTIFICATE-----\n";
  facts.ca_der = std::string("\x30\x82\x00\x01", 4);
  facts.ca_name = "eastap CA <b>test</b>";
  facts.ca_sha256 = "AB:CD:EF:01";
  facts.form_key = "0123secret";
  facts.host_rules = [] {
    const std::vector<std::string> intercept{"mail.*"};
    return tunnel::HostRules::make(intercept, {})->entries();
  };
  add_pages(site, std::move(facts));
  return site;
}

Request get(std::string path, std::string query = {}) {
  Request request;
  request.method = "GET";
  request.path = std::move(path);
  request.query = std::move(query);
  request.host = "192.168.1.5";
  request.host_port = 8888;
  request.user_agent = kSafari;
  request.client = "192.168.1.20";
  request.proxy_address = "192.168.1.5";
  request.proxy_port = 8888;
  request.time = Timestamp{1000s};
  return request;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("proxy.portal.pages") {
  TEST_CASE("the device is known by its browser, in spite of what browsers claim to be") {
    CHECK(detect(kSafari) == Platform::ios);
    CHECK(detect("Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X)") == Platform::ipados);
    CHECK(detect("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/124") == Platform::android);
    CHECK(detect("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1) like iPhone") ==
          Platform::windows);
    CHECK(detect("Mozilla/5.0 (Windows NT 10.0; Win64; x64)") == Platform::windows);
    CHECK(detect("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)") == Platform::macos);
    CHECK(detect("Mozilla/5.0 (X11; Linux x86_64)") == Platform::linux);
    CHECK(detect("curl/8.0") == Platform::unknown);
  }

  TEST_CASE(
      "the front page has the device's own steps, every device to choose, and all downloads") {
    const std::string page = make_site().answer(get("/")).body;
    CHECK(has(page, "Set up this iPhone"));
    CHECK(has(page, "Certificate Trust Settings"));
    CHECK(has(page, "href=\"/eastap.mobileconfig\""));
    for (const auto platform : kPlatforms) {
      CHECK(has(page, "href=\"/?platform=" + std::string{word(platform)} + '"'));
    }
    for (const char* name : {"/ca.cer", "/ca.crt", "/ca.pem"}) {
      CHECK(has(page, "href=\"" + std::string{name} + '"'));
    }
    CHECK(has(page, "<svg class=\"qr\""));
    CHECK(has(page, "http://192.168.1.5:8888/proxy.pac"));
    CHECK(page.size() < 64 * 1024);
    const std::string chosen = make_site().answer(get("/", "platform=android")).body;
    CHECK(has(chosen, "Apps made for Android 7 and later ignore certificates"));
    CHECK_FALSE(has(chosen, "Certificate Trust Settings"));
    CHECK_FALSE(has(chosen, "name=\"ssid\""));
  }

  TEST_CASE("nothing of a page comes from elsewhere, and values are escaped") {
    for (const auto platform : kPlatforms) {
      const std::string page =
          make_site().answer(get("/", "platform=" + std::string{word(platform)})).body;
      CAPTURE(word(platform));
      CHECK(has(page, "eastap CA &lt;b&gt;test&lt;/b&gt;"));
      CHECK_FALSE(has(page, "<b>test</b>"));
      CHECK_FALSE(has(page, "src=\"http"));
      CHECK_FALSE(has(page, "{server}"));
      CHECK_FALSE(has(page, "{ca}"));
    }
    CHECK_FALSE(has(make_site().answer(get("/", "platform=%3Cscript%3E")).body, "<script>"));
  }

  TEST_CASE("the certificate comes in each form with the type that devices install") {
    const Site site = make_site();
    const Reply der = site.answer(get("/ca.cer"));
    CHECK(der.type == "application/x-x509-ca-cert");
    CHECK(der.body == std::string("\x30\x82\x00\x01", 4));
    CHECK(der.file_name == "eastap-ca.cer");
    REQUIRE(der.note);
    CHECK(der.note->kind == Note::Kind::downloaded);
    CHECK(site.answer(get("/ca.crt")).body.starts_with("-----BEGIN"));
    CHECK(site.answer(get("/ca.pem")).type == "application/x-pem-file");
    const Reply profile = site.answer(get("/eastap.mobileconfig"));
    CHECK(profile.type == "application/x-apple-aspen-config");
    CHECK(profile.file_name.empty());
    Request head = get("/ca.cer");
    head.method = "HEAD";
    CHECK_FALSE(site.answer(head).note);
  }

  TEST_CASE("a profile with an account is made for our own form only") {
    const Site site = make_site();
    const std::string account = "mail=mail.evil.test&address=a%40evil.test";
    CHECK(site.answer(get("/eastap.mobileconfig", account)).status == 403);
    CHECK(site.answer(get("/eastap.mobileconfig", account + "&key=guess")).status == 403);
    const Reply made = site.answer(get("/eastap.mobileconfig", account + "&key=0123secret"));
    CHECK(made.status == 200);
    CHECK(has(made.body, "mail.evil.test"));
    CHECK(site.answer(get("/eastap.mobileconfig", "mail=x&key=0123secret")).status == 400);
    CHECK(has(site.answer(get("/")).body, "value=\"0123secret\""));
  }

  TEST_CASE("the PAC file is also found under the name of automatic discovery") {
    const Site site = make_site();
    const Reply pac = site.answer(get("/proxy.pac"));
    CHECK(pac.type == "application/x-ns-proxy-autoconfig");
    CHECK(has(pac.body, "PROXY 192.168.1.5:8888"));
    CHECK(site.answer(get("/wpad.dat")).body == pac.body);
  }

  TEST_CASE("the status joins what the browser says with what the proxy saw since the test began") {
    const Site site = make_site();
    Request asked = get("/status.json", "browser=failed&age=3000");
    asked.known.probed = Timestamp{998s};
    asked.known.refused = Timestamp{999s};
    asked.known.reason = "unknown_ca";
    const Reply reply = site.answer(asked);
    const auto json = boost::json::parse(reply.body);
    CHECK(json.at("word") == "not_installed");
    CHECK(json.at("good") == false);
    CHECK(json.at("reason") == "unknown_ca");
    CHECK(json.at("advice").as_array().size() >= 2);
    REQUIRE(reply.note);
    CHECK(reply.note->word == "not_installed");
    asked.query = "browser=failed&age=100";  // that refusal is older than this test
    CHECK(boost::json::parse(site.answer(asked).body).at("word") == "no_proxy");
    asked.query = "browser=failed&age=99999999999999999999";
    CHECK(site.answer(asked).status == 200);
    asked.query = "browser=ok";
    CHECK(boost::json::parse(site.answer(asked).body).at("good") == true);
  }

  TEST_CASE("the probe may be read by any page, and opened says that all is well") {
    const Site site = make_site();
    Request probe = get("/probe");
    probe.host = "probe.eastap.test";
    probe.tls = true;
    const std::string octets = to_octets(site.answer(probe), true, site.probe_origin());
    CHECK(has(octets, "Access-Control-Allow-Origin: *\r\n"));
    probe.path = "/";
    CHECK(has(site.answer(probe).body, "trusts the proxy"));
  }

  TEST_CASE("where every host has its own certificate, none is offered and the page says so") {
    const Site site = make_site();
    for (const char* platform :
         {"ios", "ipados", "android", "windows", "macos", "linux", "unknown"}) {
      CAPTURE(platform);
      Request asked = get("/", std::string{"platform="} + platform);
      CHECK(has(site.answer(asked).body, "href=\"/ca.c"));
      asked.no_ca = true;
      const std::string page = site.answer(asked).body;
      CHECK(has(page, "No certificate is needed"));
      CHECK(has(page, "data-probe=\"http://probe.eastap.test/probe\""));
      for (const char* offer :
           {"/ca.", "href=\"/eastap.mobileconfig", "eastap CA", "AB:CD", "Trust Settings",
            "accept all certificates", "Install it", "Trusted Root"}) {
        CAPTURE(offer);
        CHECK_FALSE(has(page, offer));
      }
      CHECK(has(page, "8888"));  // the proxy is set all the same
    }
    for (const char* path : {"/ca.cer", "/ca.crt", "/ca.pem", "/eastap.mobileconfig"}) {
      CAPTURE(path);
      Request asked = get(path);
      CHECK(site.answer(asked).status == 200);
      asked.no_ca = true;
      const Reply reply = site.answer(asked);
      CHECK(reply.status == 404);
      CHECK(has(reply.body, "no certificate to install"));
      CHECK_FALSE(reply.note);
    }
  }

  TEST_CASE("without a CA the profile sets Wi-Fi and account, and holds no certificate") {
    const Site site = make_site();
    Request asked = get("/eastap.mobileconfig", "key=0123secret&ssid=Office");
    CHECK(has(site.answer(asked).body, "com.apple.security.root"));
    asked.no_ca = true;
    const std::string profile = site.answer(asked).body;
    CHECK_FALSE(has(profile, "com.apple.security.root"));
    CHECK(has(profile, "com.apple.wifi.managed"));
    CHECK(has(profile, "<string>test.eastap.proxy.wifi</string>"));
  }

  TEST_CASE("a page of a SOCKS5 listener alone says so, and its PAC file speaks of SOCKS") {
    const Site site = make_site();
    Request asked = get("/");
    CHECK_FALSE(has(site.answer(asked).body, "SOCKS5"));
    asked.socks_only = true;
    CHECK(has(site.answer(asked).body, "This proxy takes SOCKS5 only"));
    asked.path = "/proxy.pac";
    CHECK(has(site.answer(asked).body, "\"SOCKS5 192.168.1.5:8888; SOCKS 192.168.1.5:8888\""));
    asked.path = "/eastap.mobileconfig";
    asked.query = "key=0123secret&ssid=Office";
    CHECK(site.answer(asked).status == 400);
    asked.query += "&auto=1";
    CHECK(has(site.answer(asked).body, "proxy.pac"));
  }
}
