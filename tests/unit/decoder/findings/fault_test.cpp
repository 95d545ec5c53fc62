#include "decoder/findings/fault.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

using namespace eastap;
using namespace eastap::findings;

namespace {

/// An answer of that status with these header lines and page.
Fault judged(int status, const std::string& headers, const std::string& page = {},
             model::Ending ending = model::Ending::complete) {
  auto connection = std::make_shared<model::Connection>();
  connection->host = "mail.contoso.test";
  auto request = std::make_shared<model::Message>();
  request->complete = true;
  auto response = std::make_shared<model::Message>();
  response->head =
      model::HeaderList{"HTTP/1.1 " + std::to_string(status) + " x\r\n" + headers + "\r\n"};
  response->body = page;
  response->complete = true;
  model::Exchange exchange;
  exchange.id = ExchangeId{1};
  exchange.connection = connection;
  exchange.request = request;
  exchange.response = response;
  exchange.ending = ending;
  eas::Command command;
  command.name = "Sync";
  command.is_activesync = true;
  command.http_status = status;
  return fault_of(exchange, command);
}

}  // namespace

TEST_SUITE("decoder.findings.fault") {
  TEST_CASE("the back end is named by its header") {
    const Fault fault = judged(500, "X-FEServer: FE1\r\nX-BEServer: BE1\r\nX-DiagInfo: BE1\r\n");
    CHECK(fault.party == Party::back_end);
    CHECK(fault.who == "Exchange server BE1");
    CHECK(fault.evidence == "X-BEServer: BE1");
  }

  TEST_CASE("a front end that did not reach its back end") {
    const Fault fault =
        judged(503, "X-CalculatedBETarget: be1.contoso.test\r\nX-FEServer: FE1\r\n");
    CHECK(fault.party == Party::front_end);
    CHECK(fault.who == "Exchange front end FE1");
    CHECK(fault.evidence == "X-FEServer: FE1, no X-BEServer");
  }

  TEST_CASE("middleboxes are known by head or page") {
    struct Row {
      const char *headers, *page, *who;
    };
    for (const Row& row : {
             Row{"Server: nginx/1.22\r\n", "<html>", "nginx, not Exchange"},
             Row{"Server: BigIP\r\n", "", "F5 BIG-IP, not Exchange"},
             Row{"CF-RAY: 8a\r\nServer: cloudflare\r\n", "", "Cloudflare, not Exchange"},
             Row{"Set-Cookie: NSC_mail=1\r\nVia: NS-CACHE-10.0: 18\r\n", "",
                 "Citrix NetScaler, not Exchange"},
             Row{"Server: Microsoft-Azure-Application-Gateway/v2\r\n", "",
                 "Azure Application Gateway, not Exchange"},
             Row{"Server: awselb/2.0\r\n", "", "AWS load balancer, not Exchange"},
             Row{"Server: squid/5.7\r\nX-Squid-Error: ERR_READ_TIMEOUT 110\r\n", "",
                 "Squid, not Exchange"},
             Row{"Server: Apache/2.4.57 (Debian)\r\n", "", "Apache, not Exchange"},
             Row{"",
                 "<html>The requested URL was rejected. Please consult with your administrator.",
                 "F5 BIG-IP, not Exchange"},
             Row{"Via: 1.1 lb01\r\n", "", "via 1.1 lb01, not Exchange"},
             Row{"", "<html><title>Error</title>Forefront TMG denied it</html>",
                 "Forefront TMG, not Exchange"},
             Row{"", "<html><body>All servers drained</body></html>",
                 "Forefront TMG, not Exchange"},
             Row{"",
                 "<html><body><h1>503 Service Unavailable</h1>No server is available to handle "
                 "this request.</body></html>",
                 "HAProxy, not Exchange"},
             Row{"", "<html><body>Oops</body></html>", "a gateway's HTML page, not Exchange"},
         }) {
      CAPTURE(row.who);
      const Fault fault = judged(502, row.headers, row.page);
      CHECK(fault.party == Party::middlebox);
      CHECK(fault.who == row.who);
      CHECK(fault.evidence.starts_with("no Exchange header"));
    }
  }

  TEST_CASE("the web server of Exchange is its front end, also when Exchange does not run") {
    const Fault fault = judged(503, "Server: Microsoft-HTTPAPI/2.0\r\n");
    CHECK(fault.party == Party::front_end);
    CHECK(fault.evidence == "no Exchange header; Server: Microsoft-HTTPAPI/2.0");
  }

  TEST_CASE("a refused request is the device's") {
    CHECK(judged(400, "X-MS-ASError: Invalid XML\r\nX-BEServer: BE1\r\n").party == Party::device);
    CHECK(judged(401, "WWW-Authenticate: Basic\r\n").party == Party::device);
    CHECK(judged(456, "").party == Party::device);
    CHECK(judged(400, "Server: nginx\r\n").party == Party::middlebox);
  }

  TEST_CASE("this proxy's own failure is never blamed on others") {
    const Fault fault = judged(502, "Server: nginx\r\n", "", model::Ending::proxy_failed);
    CHECK(fault.party == Party::proxy);
    CHECK(fault.who == "this proxy itself");
  }

  TEST_CASE("without any sign the origin is unknown, and a success has no fault") {
    CHECK(judged(500, "").party == Party::unknown);
    CHECK(judged(200, "").party == Party::none);
    CHECK(to_string(Party::front_end) == "front_end");
  }
}
