#include "proxy/sink/metrics.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace eastap;

namespace {

using namespace std::chrono_literals;

pipeline::Record exchange(std::uint64_t id, const std::string& command, std::optional<int> status,
                          std::chrono::milliseconds took, bool waits = false) {
  pipeline::ExchangeRecord record;
  record.exchange.id.value = id;
  record.exchange.ending = model::Ending::complete;
  auto request = std::make_shared<model::Message>();
  request->began = Timestamp{1'000'000us};
  request->wire_size = 100;
  record.exchange.request = request;
  if (status) {
    auto response = std::make_shared<model::Message>();
    response->ended = request->began + took;
    response->wire_size = 1'000;
    record.exchange.response = response;
  }
  record.command.name = command;
  record.command.http_status = status;
  record.command.user = "alice";
  record.command.device_id = "DEVICE1";
  if (waits) record.command.waiting.emplace();
  return {std::move(record)};
}

pipeline::Record opened(std::uint64_t id, bool waits) {
  auto record = exchange(id, "Ping", std::nullopt, 0ms, waits);
  std::get<pipeline::ExchangeRecord>(record.what).exchange.ending = model::Ending::open;
  return record;
}

pipeline::Record finding(std::uint64_t id, const std::string& rule, findings::Severity severity) {
  findings::Finding found;
  found.id.value = id;
  found.rule = rule;
  found.severity = severity;
  found.user = "alice";
  return {std::move(found)};
}

pipeline::Record event(model::ConnectionEvent::Kind kind, const std::string& reason) {
  auto connection = std::make_shared<model::Connection>();
  connection->host = "mail.contoso.test";
  model::ConnectionEvent happened;
  happened.kind = kind;
  happened.reason = reason;
  happened.connection = connection;
  return {std::move(happened)};
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// What a busy day leaves.
void fill(sink::Metrics& metrics) {
  metrics.take(opened(1, true));
  metrics.take(opened(2, false));
  metrics.take(opened(3, true));
  metrics.take(exchange(3, "Ping", 200, 470s, true));
  metrics.take(exchange(4, "Sync", 200, 45ms));
  metrics.take(exchange(5, "sync", 503, 5ms));
  metrics.take(exchange(6, "OPTIONS", 200, 5'000'000s));
  metrics.take(exchange(7, "Sync\"} 1\nevil", 299, 1ms));
  metrics.take(exchange(8, "", std::nullopt, 0ms));
  metrics.take(finding(1, "synckey-zero", findings::Severity::warning));
  metrics.take(finding(1, "synckey-zero", findings::Severity::error));
  metrics.take(event(model::ConnectionEvent::Kind::client_tls_failed, "unknown_ca"));
  metrics.take(event(model::ConnectionEvent::Kind::upstream_failed, "mail.evil \"x\"\n"));
}

sink::Gauges gauges() {
  sink::Gauges gauges;
  gauges.connections_accepted = 7;
  gauges.has_capture = true;
  gauges.capture_file_bytes = 4096;
  gauges.started = Timestamp{1'764'417'600'123'456us};
  gauges.version = "1.2.3";
  return gauges;
}

}  // namespace

TEST_SUITE("proxy.sink.metrics") {
  TEST_CASE("exchanges count when they have ended, by command and class of status") {
    sink::Metrics metrics;
    fill(metrics);
    const std::string text = metrics.render(gauges());
    CHECK(has_line(text, "eastap_exchanges_total{command=\"Sync\",status=\"2xx\"} 1"));
    CHECK(has_line(text, "eastap_exchanges_total{command=\"Sync\",status=\"5xx\"} 1"));
    CHECK(has_line(text, "eastap_exchanges_total{command=\"OPTIONS\",status=\"2xx\"} 1"));
    CHECK(has_line(text, "eastap_exchanges_total{command=\"other\",status=\"2xx\"} 1"));
    CHECK(has_line(text, "eastap_exchanges_total{command=\"other\",status=\"none\"} 1"));
    CHECK(has_line(text, "eastap_http_answers_total{status=\"503\"} 1"));
    CHECK(has_line(text, "eastap_http_answers_total{status=\"other\"} 1"));
    CHECK(has_line(text, "eastap_requests_open 2"));
    CHECK(has_line(text, "eastap_requests_waiting 1"));
    CHECK(has_line(text, "eastap_request_bytes_total 600"));
    CHECK(has_line(text, "eastap_response_bytes_total 5000"));
    CHECK(has_line(text, "eastap_connections_total 7"));
    CHECK(has_line(text, "process_start_time_seconds 1764417600.123456"));
    CHECK(has_line(text, "eastap_build_info{version=\"1.2.3\"} 1"));
  }

  TEST_CASE("an incident counts once, when it opens, and every rule is there from the start") {
    sink::Metrics metrics;
    CHECK(has_line(metrics.render({}),
                   "eastap_findings_total{rule=\"heartbeat-cut\",severity=\"warning\"} 0"));
    fill(metrics);
    const std::string text = metrics.render({});
    std::size_t sum = 0;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("eastap_findings_total{rule=\"synckey-zero\"")) {
        sum += std::stoul(line.substr(line.rfind(' ')));
      }
    }
    CHECK(sum == 1);
  }

  TEST_CASE("a bucket counts what is within its bound, and the last one everything") {
    sink::Metrics metrics;
    fill(metrics);
    const std::string text = metrics.render({});
    const std::string name = "eastap_exchange_duration_seconds";
    CHECK(has_line(text, name + "_bucket{waiting=\"false\",le=\"0.005\"} 2"));
    CHECK(has_line(text, name + "_bucket{waiting=\"false\",le=\"0.050\"} 3"));
    CHECK(has_line(text, name + "_bucket{waiting=\"false\",le=\"3600.000\"} 3"));
    CHECK(has_line(text, name + "_bucket{waiting=\"false\",le=\"+Inf\"} 4"));
    CHECK(has_line(text, name + "_count{waiting=\"false\"} 4"));
    CHECK(has_line(text, name + "_bucket{waiting=\"true\",le=\"60.000\"} 0"));
    CHECK(has_line(text, name + "_bucket{waiting=\"true\",le=\"600.000\"} 1"));
    CHECK(has_line(text, name + "_sum{waiting=\"true\"} 470.000000"));
  }

  TEST_CASE("nothing of the wire becomes a label: no device, user, host or made-up reason") {
    sink::Metrics metrics;
    fill(metrics);
    for (int number = 0; number < 1'000; ++number) {
      metrics.take(event(model::ConnectionEvent::Kind::refused, "r" + std::to_string(number)));
      metrics.take(exchange(100, "Cmd" + std::to_string(number), 200 + number % 400, 1ms));
    }
    const std::string text = metrics.render(gauges());
    for (const char* secret : {"alice", "DEVICE1", "contoso", "evil", "Cmd1"}) {
      CAPTURE(secret);
      CHECK(text.find(secret) == std::string::npos);
    }
    CHECK(has_line(
        text, "eastap_connection_events_total{event=\"tls_failure\",reason=\"unknown_ca\"} 1"));
    CHECK(std::count(text.begin(), text.end(), '\n') < 400);
  }

  TEST_CASE("promtool finds nothing wrong with the page") {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
      MESSAGE("promtool is not installed");
      return;
    }
    sink::Metrics metrics;
    fill(metrics);
    const auto file =
        std::filesystem::temp_directory_path() / ("eastap-metrics-" + std::to_string(::getpid()));
    std::ofstream{file} << metrics.render(gauges());
    CHECK(std::system(("promtool check metrics < '" + file.string() + "'").c_str()) == 0);
    std::filesystem::remove(file);
  }
}
