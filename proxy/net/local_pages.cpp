#include "proxy/net/local_pages.hpp"

namespace eastap::net {
namespace {

std::string answer(std::uint16_t status, std::string_view reason, std::string_view type,
                   std::string_view extra_head, std::string_view body, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + ' ';
  text += reason;
  text += "\r\nContent-Type: ";
  text += type;
  text += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  text += extra_head;
  text += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  if (with_body) text += body;
  return text;
}

std::string front_page(const CaDownload& ca) {
  return R"(<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>eastap</title>
<style>body{font:1.1em/1.5 system-ui,sans-serif;max-width:38em;margin:2em auto;padding:0 1em}
a.get{display:inline-block;padding:.6em 1em;margin:.3em 0;border:1px solid;border-radius:.4em}
code{overflow-wrap:anywhere}</style>
<h1>eastap is running here</h1>
<p>This proxy records what this phone and its Exchange server say to each other. Only its
administrator should ask you to install the certificate below.</p>
<p><a class="get" href="/ca.cer">Get the certificate (phones)</a><br>
<a class="get" href="/ca.pem">Get it as PEM (computers)</a></p>
<p>Name: <b>)" +
         ca.name + "</b><br>SHA-256: <code>" + ca.sha256 + R"(</code></p>
<ol>
<li><b>iPhone, iPad</b> (open this page in Safari): after the download, Settings &rsaquo; General
&rsaquo; VPN &amp; Device Management &rsaquo; install it; then Settings &rsaquo; General &rsaquo;
About &rsaquo; Certificate Trust Settings &rsaquo; switch it on. Both steps are needed.</li>
<li><b>Android</b>: Settings &rsaquo; Security &rsaquo; Encryption &amp; credentials &rsaquo;
Install a certificate &rsaquo; CA certificate. Many apps trust it only when the account is set to
accept all certificates.</li>
<li><b>Windows</b>: import it into <i>Trusted Root Certification Authorities</i>.</li>
<li>Set this address and port as the HTTP proxy of the Wi-Fi network, switch mobile data off, and
switch Wi-Fi off and on once.</li>
</ol>
<p>Afterwards remove the proxy setting and the certificate.</p>
</html>
)";
}

}  // namespace

std::string plain_answer(std::uint16_t status, std::string_view reason, std::string_view text) {
  std::string body = "eastap: ";
  body += text;
  body += '\n';
  return answer(status, reason, "text/plain; charset=utf-8", "", body, true);
}

std::string proxy_authentication_answer() {
  return answer(407, "Proxy Authentication Required", "text/plain; charset=utf-8",
                "Proxy-Authenticate: Basic realm=\"eastap\", charset=\"UTF-8\"\r\n",
                "eastap: this proxy asks for a user and password\n", true);
}

std::string local_answer(std::string_view method, std::string_view target, const CaDownload& ca) {
  const bool head = method == "HEAD";
  if (method != "GET" && !head) {
    return answer(405, "Method Not Allowed", "text/plain; charset=utf-8", "Allow: GET, HEAD\r\n",
                  "eastap: only GET is answered here\n", true);
  }
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/") {
    return answer(200, "OK", "text/html; charset=utf-8",
                  "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n",
                  front_page(ca), !head);
  }
  if (path == "/ca.cer") {
    return answer(200, "OK", "application/x-x509-ca-cert",
                  "Content-Disposition: attachment; filename=\"eastap-ca.cer\"\r\n", ca.der, !head);
  }
  if (path == "/ca.pem") {
    return answer(200, "OK", "application/x-pem-file",
                  "Content-Disposition: attachment; filename=\"eastap-ca.pem\"\r\n", ca.pem, !head);
  }
  return answer(
      404, "Not Found", "text/plain; charset=utf-8", "",
      "eastap: there is no such page here; / has the certificate and how to set up a phone\n",
      !head);
}

}  // namespace eastap::net
