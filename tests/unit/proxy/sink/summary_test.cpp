#include "proxy/sink/summary.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

using namespace eastap;

namespace {

pipeline::Record exchange(const std::string& device, model::Ending ending) {
  pipeline::ExchangeRecord done;
  done.exchange.ending = ending;
  done.command.is_activesync = true;
  done.command.device_id = device;
  return {std::move(done)};
}

pipeline::Record finding(std::uint64_t id, findings::Severity severity) {
  findings::Finding found;
  found.id.value = id;
  found.severity = severity;
  return {std::move(found)};
}

pipeline::Record event(model::ConnectionEvent::Kind kind, const std::string& host) {
  auto connection = std::make_shared<model::Connection>();
  connection->host = host;
  model::ConnectionEvent happened;
  happened.kind = kind;
  happened.connection = connection;
  return {std::move(happened)};
}

}  // namespace

TEST_SUITE("proxy.sink.summary") {
  using findings::Severity;
  using model::ConnectionEvent;
  using model::Ending;

  TEST_CASE("an exchange counts when it has ended, a device once") {
    sink::Summary summary;
    summary.take(exchange("A", Ending::open));
    CHECK(summary.sentence() == "0 exchanges of 0 devices; no findings");
    summary.take(exchange("A", Ending::complete));
    CHECK(summary.sentence() == "1 exchange of 1 device; no findings");
    summary.take(exchange("A", Ending::device_reset));
    summary.take(exchange("B", Ending::complete));
    CHECK(summary.sentence() == "3 exchanges of 2 devices, 1 interrupted; no findings");
  }

  TEST_CASE("hosts count once, and a note without a connection not at all") {
    sink::Summary summary;
    for (int i = 0; i < 3; ++i) {
      summary.take(event(ConnectionEvent::Kind::tunnelled, "www.fabrikam.test"));
      summary.take(event(ConnectionEvent::Kind::client_tls_failed, "mail.contoso.test"));
    }
    summary.take({ConnectionEvent{}});
    CHECK(summary.sentence() ==
          "0 exchanges of 0 devices, 1 host passed through undecrypted, TLS failed for 1 host; no "
          "findings");
  }

  TEST_CASE("an incident counts once, by its last severity") {
    sink::Summary summary;
    CHECK_FALSE(summary.worst());
    summary.take(finding(1, Severity::info));
    summary.take(finding(2, Severity::warning));
    summary.take(finding(2, Severity::error));
    CHECK(summary.worst() == Severity::error);
    CHECK(summary.sentence() == "0 exchanges of 0 devices; findings: 1 error, 1 info");
  }

  TEST_CASE("the gravest finding decides however many there were before") {
    sink::Summary summary;
    for (std::uint64_t id = 1; id <= 10'000; ++id) summary.take(finding(id, Severity::notice));
    summary.take(finding(10'001, Severity::error));
    CHECK(summary.worst() == Severity::error);
  }
}
