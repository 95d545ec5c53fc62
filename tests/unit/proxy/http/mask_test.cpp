#include "proxy/http/mask.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/model/header_list.hpp"

namespace eastap::http {
namespace {

const Masker kMasker{{1, 2, 3, 4}};

std::string field(const std::string& name, const std::string& value) {
  const std::string head = "POST / HTTP/1.1\r\n" + name + ": " + value + "\r\nHost: x\r\n\r\n";
  const model::HeaderList masked{kMasker.head(head)};
  CHECK(masked.find("Host").value_or("") == "x");
  CHECK(masked.size() == 2);
  return std::string{masked.find(name).value_or("(none)")};
}

std::string without_digest(std::string text) {
  const std::size_t at = text.find(" digest=\"");
  return at == std::string::npos ? text : text.erase(at, 9 + 8 + 1);
}

std::string jwt(const std::string& payload) {
  const auto url_safe = [](std::string text) {
    while (!text.empty() && text.back() == '=') text.pop_back();
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text;
  };
  return url_safe(to_base64(R"({"alg":"RS256"})")) + "." + url_safe(to_base64(payload)) +
         ".c2lnbmF0dXJlLXNlY3JldA";
}

std::string utf16(const std::string& text) {
  std::string out;
  for (const char c : text) (out += c) += '\0';
  return out;
}

/// [MS-NLMP] 2.2.1.3 with both responses before the names.
std::string ntlm_authenticate(const std::string& domain, const std::string& user) {
  const auto number = [](std::size_t value, std::size_t octets) {
    std::string out;
    for (; octets > 0; --octets, value >>= 8) out += static_cast<char>(value & 0xFF);
    return out;
  };
  std::string payload;
  const auto reference = [&](const std::string& data) {
    const std::string out =
        number(data.size(), 2) + number(data.size(), 2) + number(64 + payload.size(), 4);
    payload += data;
    return out;
  };
  const std::string lm = reference("LM-RESPONSE-SECRET-24-OC");
  const std::string nt = reference("NT-RESPONSE-SECRET-24-OC");
  const std::string domain_ref = reference(utf16(domain));
  const std::string user_ref = reference(utf16(user));
  const std::string host = reference(utf16("PHONE"));
  const std::string key = reference("");
  return std::string{"NTLMSSP\0", 8} + number(3, 4) + lm + nt + domain_ref + user_ref + host + key +
         number(1, 4) + payload;
}

}  // namespace

TEST_SUITE("proxy.http.mask") {
  TEST_CASE("Basic keeps the user and shows equal credentials as equal") {
    const std::string value = "Basic " + to_base64("CONTOSO\\alice:Pa55word");
    const std::string masked = field("Authorization", value);
    CHECK(without_digest(masked) == "Basic <masked user=\"CONTOSO\\alice\">");
    CHECK(field("authorization", value) == masked);
    CHECK(field("Authorization", "Basic " + to_base64("CONTOSO\\alice:other")) != masked);
    CHECK(Masker{{9}}.digest("x") != kMasker.digest("x"));
    // As `openssl mac -digest SHA256 -macopt hexkey:01020304000… HMAC` says, however often.
    for (int again = 0; again < 3; ++again) {
      CHECK(kMasker.digest("x") == "fac49e91");
      CHECK(kMasker.digest("") == "fee46e1c");
    }
  }

  TEST_CASE("a Basic token that has no user shows none") {
    CHECK(without_digest(field("Authorization", "Basic " + to_base64("nocolon"))) ==
          "Basic <masked>");
    CHECK(without_digest(field("Authorization", "Basic ???")) == "Basic <masked>");
    CHECK(field("Authorization", "Basic") == "Basic");
  }

  TEST_CASE("users with quotes, control characters and broken UTF-8 cannot forge attributes") {
    CHECK(without_digest(
              field("Authorization", "Basic " + to_base64("a\" x=\"\n%\xFF<>\xC3\xA9:p"))) ==
          "Basic <masked user=\"a%22 x=%22%0A%25%FF%3C%3E\xC3\xA9\">");
    const std::string longest =
        field("Authorization", "Basic " + to_base64(std::string(5000, 'u') + ":p"));
    CHECK(longest.size() < 320);
  }

  TEST_CASE("Bearer keeps the harmless claims of a JWT and nothing else") {
    const std::string token = jwt(
        R"({"aud":["https://outlook.office365.com"],"iss":"https://sts","appid":"app-1",)"
        R"("unique_name":"alice@contoso.com","exp":1764000000,"sid":"session-secret","pwd_url":"no"})");
    const std::string masked = field("Authorization", "Bearer " + token);
    CHECK(without_digest(masked) ==
          "Bearer <masked upn=\"alice@contoso.com\" aud=\"https://outlook.office365.com\" "
          "iss=\"https://sts\" appid=\"app-1\" exp=\"1764000000\">");
    CHECK(without_digest(field("Authorization", "bearer opaque-token")) == "bearer <masked>");
    CHECK(field("Authorization", "Bearer ") == "Bearer");
    CHECK(field("Authorization", "Bearer") == "Bearer");
    CHECK(without_digest(field("Authorization", "Bearer a.!!!.c")) == "Bearer <masked>");
    CHECK(without_digest(field("Authorization", "Bearer " + jwt("[1]"))) == "Bearer <masked>");
    CHECK(without_digest(field("Authorization", "Bearer " + jwt("{broken"))) == "Bearer <masked>");
    CHECK(without_digest(field("Authorization", "Bearer " + jwt("{\"exp\":\"soon\"}"))) ==
          "Bearer <masked>");
    const std::string deep(20'000, '[');
    CHECK(without_digest(field("Authorization", "Bearer " + jwt("{\"a\":" + deep))) ==
          "Bearer <masked>");
  }

  TEST_CASE("NTLM shows its type, and the user of the third message") {
    const std::string type1{"NTLMSSP\0\x01\0\0\0\x07\x82\x08\xA2", 16};
    CHECK(without_digest(field("Authorization", "NTLM " + to_base64(type1))) ==
          "NTLM <masked type=\"1\">");
    CHECK(without_digest(
              field("Authorization", "Negotiate " + to_base64("\x60\x40spnego" + type1))) ==
          "Negotiate <masked type=\"1\">");
    CHECK(without_digest(
              field("Authorization", "NTLM " + to_base64(ntlm_authenticate("CONTOSO", "alice")))) ==
          "NTLM <masked type=\"3\" user=\"CONTOSO\\alice\">");
    CHECK(without_digest(field("Authorization", "Negotiate " + to_base64("kerberos ticket"))) ==
          "Negotiate <masked>");
  }

  TEST_CASE("an NTLM message cannot pass its responses off as a name") {
    std::string message = ntlm_authenticate("CONTOSO", "alice");
    message[36] = 24;  // user length and place: those of the NT response
    message[37] = 0;
    message.replace(40, 4, message.substr(24, 4));
    CHECK(without_digest(field("Authorization", "NTLM " + to_base64(message))) ==
          "NTLM <masked type=\"3\">");
  }

  TEST_CASE("challenges keep what they ask for and lose their tokens") {
    const std::string type2{"NTLMSSP\0\x02\0\0\0challenge", 21};
    CHECK(without_digest(field("WWW-Authenticate", "NTLM " + to_base64(type2))) ==
          "NTLM <masked type=\"2\">");
    CHECK(field("WWW-Authenticate", "Negotiate, NTLM, Basic realm=\"mail\"") ==
          "Negotiate, NTLM, Basic realm=\"mail\"");
    CHECK(field("WWW-Authenticate",
                "Bearer client_id=\"00000002\", authorization_uri=\"https://login\"") ==
          "Bearer client_id=\"00000002\", authorization_uri=\"https://login\"");
    CHECK(without_digest(field("WWW-Authenticate", "Basic realm=x, Negotiate oYGsecret==")) ==
          "Basic realm=x, Negotiate <masked>");
  }

  TEST_CASE("other schemes are masked whole") {
    CHECK(without_digest(field("Authorization", "Digest username=\"a\", response=\"secret\"")) ==
          "Digest <masked>");
    CHECK(without_digest(field("Authorization", "secret another")) == "<masked>");
    CHECK(without_digest(field("Proxy-Authorization", "Basic " + to_base64("p:q"))) ==
          "Basic <masked user=\"p\">");
    CHECK(without_digest(field("X-Api-Key", "secret")) == "<masked>");
    CHECK(without_digest(field("X-MS-AuthToken", "secret")) == "<masked>");
  }

  TEST_CASE("headers that carry a session's key are masked, and those that sound like them stay") {
    for (const char* name :
         {"X-Auth", "x-auth", "DPoP", "X-Session-Id", "X-SessionID", "X-OWA-CANARY"}) {
      CAPTURE(name);
      CHECK(without_digest(field(name, "secret")) == "<masked>");
    }
    for (const char* name :
         {"X-Author", "DPoP-Nonce", "X-Authority", "X-Session", "client-request-id",
          "X-MS-ASProtocolVersion", "X-MS-PolicyKey", "X-Pin"}) {
      CAPTURE(name);
      CHECK(field(name, "plain") == "plain");
    }
  }

  TEST_CASE("cookies keep names and attributes") {
    CHECK(field("Cookie", "a=secret; b=\"secret;x\" ; flag") ==
          "a=<masked>; b=<masked>;<masked>; <masked>");
    CHECK(field("Set-Cookie",
                "sid=secret; Path=/; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT; "
                "SameSite=None; secure") ==
          "sid=<masked>; Path=/; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT; SameSite=None; "
          "secure");
    CHECK(field("Set-Cookie", "a=secret; Path=/, b=secret; Domain=x") ==
          "a=<masked>; Path=<masked>; Domain=x");
    CHECK(field("Set-Cookie", "gone=; Max-Age=0") == "gone=; Max-Age=0");
  }

  TEST_CASE("secrets in URLs are masked, the rest of the URL stays") {
    CHECK(kMasker.head("GET /l?user=a&password=se cret&x=1 HTTP/1.1\r\n\r\n") ==
          "GET /l?user=a&password=<masked>&x=1 HTTP/1.1\r\n\r\n");
    CHECK(kMasker.head("GET http://alice:pw@host/a?b HTTP/1.1\r\n\r\n") ==
          "GET http://alice:<masked>@host/a?b HTTP/1.1\r\n\r\n");
    CHECK(mask_url_secrets("https://h/?pass%77ord=x&Client_Secret=y#id_token=z") ==
          "https://h/?pass%77ord=<masked>&Client_Secret=<masked>");
    CHECK(mask_url_secrets("https://h/?to=https%3A%2F%2Fi%3Faccess_token%3Dsecret&x=1") ==
          "https://h/?to=https%3A%2F%2Fi%3Faccess_token%3D<masked>&x=1");
    CHECK(mask_url_secrets("https://h/?to=https%3A%2F%2Falice%3asecret%40i%2Fx&x=1") ==
          "https://h/?to=https%3A%2F%2Falice%3a<masked>%40i%2Fx&x=1");
    CHECK(mask_url_secrets("https://alice:p%2Fse%40cret@h/") == "https://alice:<masked>@h/");
    CHECK(kMasker.head("GET /?to=https%3a%2f%2falice%3asecret%40i HTTP/1.1\r\n\r\n") ==
          "GET /?to=https%3a%2f%2falice%3a<masked>%40i HTTP/1.1\r\n\r\n");
    CHECK(field("Location", "https://x/cb?code=abc&state=1") ==
          "https://x/cb?code=<masked>&state=1");
    CHECK(field("Referer", "https://x/?q=1") == "https://x/?q=1");
    const std::string eas =
        "POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=alice&DeviceId=abc&DeviceType=iPhone "
        "HTTP/1.1\r\nX-MS-PolicyKey: 3609689902\r\nX-MS-Credentials-Expire: 3\r\n\r\n";
    CHECK(kMasker.head(eas) == eas);
    CHECK(mask_url_secrets("https://h/a;jsessionid=x&id_token_hint=x&pw=x&pin=x&session=x"
                           "&X-OWA-CANARY=x&p=1&spin=1&pinned=1&sessions=1") ==
          "https://h/a;jsessionid=<masked>&id_token_hint=<masked>&pw=<masked>&pin=<masked>"
          "&session=<masked>&X-OWA-CANARY=<masked>&p=1&spin=1&pinned=1&sessions=1");
    const std::string base64 =
        "POST /Microsoft-Server-ActiveSync?jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l== HTTP/1.1\r\n\r\n";
    CHECK(kMasker.head(base64) == base64);
  }

  TEST_CASE("no form of a head lets the secret through") {
    const std::string secret = "Xk7vQ2secretZ9";
    const std::string basic = to_base64("alice:" + secret);
    const std::vector<std::string> names{
        "Authorization",  "AUTHORIZATION",   "proxy-authorization", "Authorization ",
        " Authorization", "\tAuthorization", "Authori\x01zation",   "X-Forwarded-Authorization"};
    const std::vector<std::string> separators{": ",  ":", ":\t", ":\r\n ", ":\n\t", ": \r\n  \r\n ",
                                              " : ", " "};
    const std::vector<std::string> schemes{"Basic ",  "basic\t", "BASIC \r\n ", "Basic  ",
                                           "Bearer ", "NTLM ",   "Negotiate ",  "Digest ",
                                           "Foo ",    ""};
    const std::vector<std::string> ends{"\r\n", "\n", "\r", ""};
    const std::vector<std::string> values{basic, secret,
                                          basic.substr(0, 8) + "\r\n " + basic.substr(8),
                                          secret + "\r\n", secret + ", Basic " + basic};
    for (const auto& name : names) {
      for (const auto& separator : separators) {
        for (const auto& scheme : schemes) {
          for (const auto& value : values) {
            for (const auto& end : ends) {
              for (const std::string& start :
                   {std::string{"POST / HTTP/1.1\r\nHost: x\r\n"}, std::string{}}) {
                const std::string line = name + separator + scheme + value + end;
                const std::string masked = kMasker.head(start + line + line + "X: y\r\n\r\n");
                if (masked.find(secret) == std::string::npos &&
                    masked.find(basic.substr(8)) == std::string::npos) {
                  continue;
                }
                FAIL_CHECK("in: ", start + line, "\nout: ", masked);
              }
            }
          }
        }
      }
    }
  }

  TEST_CASE("every cut of a head is masked too") {
    const std::string secret = "Xk7vQ2secretZ9";
    const std::string head = "GET /?password=" + secret + "&x=1 HTTP/1.1\r\nCookie: a=" + secret +
                             "\r\nAuthorization: Bearer " + secret + "\r\n\r\n";
    for (std::size_t kept = 0; kept <= head.size(); ++kept) {
      const std::string masked = kMasker.head(head.substr(0, kept));
      CHECK(masked.find("Xk7vQ2") == std::string::npos);
    }
  }

  TEST_CASE("a secret that a fold cuts out of its URL is masked") {
    for (const std::string fold : {"\r\n ", "\n\t"}) {
      const std::string masked =
          kMasker.head("GET / HTTP/1.1\r\nLocation: https://x/?code=" + fold + "Xk7vQ2\r\n\r\n");
      CHECK(masked.find("Xk7vQ2") == std::string::npos);
    }
  }

  // Each would take minutes if work grew with the square of a head.
  TEST_CASE("tens of thousands of folds, lone CRs or escaped signs cost what the head is long") {
    for (const std::string piece : {"\r ", "\n ", "\r\n\tx", "=%3D", "%3D", "?a%3D"}) {
      std::string head = "GET /?x HTTP/1.1\r\nX: y";
      while (head.size() < 1'000'000) head += piece;
      head += "\r\nAuthorization: Bearer Xk7vQ2secretZ9\r\n\r\n";
      const std::string masked = kMasker.head(head);
      CHECK(masked.find("Xk7vQ2") == std::string::npos);
      CHECK(masked.starts_with("GET /?x HTTP/1.1\r\nX: y"));
    }
  }

  TEST_CASE("masking twice changes nothing but digests") {
    const std::string head =
        "GET /?code=x HTTP/1.1\r\nCookie: a=b\r\nSet-Cookie: a=b; Path=/\r\nX-Token-Count: "
        "1\r\n\r\n";
    const std::string once = kMasker.head(head);
    CHECK(kMasker.head(once).substr(0, once.find("X-Token")) ==
          once.substr(0, once.find("X-Token")));
  }

  TEST_CASE("a head without secrets stays octet for octet") {
    const std::string head =
        "OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\nHost: mail\r\nX-Odd : a\r\n folded\r\nno "
        "colon\r\nAccept: */*;q=0.8\r\n\r\n";
    CHECK(kMasker.head(head) == head);
  }
}

}  // namespace eastap::http
