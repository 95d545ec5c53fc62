#include "proxy/sink/metrics.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <utility>
#include <variant>

#include "decoder/eas/request_query.hpp"
#include "decoder/findings/rule_table.hpp"

namespace eastap::sink {
namespace {

/// Requests open at once; beyond it (an attack) they are no longer told apart.
constexpr std::size_t kOpenTracked = 100'000;
/// Our own words are some dozens; should one be made from a peer's octets, it ends as "other".
constexpr std::size_t kReasons = 64;

/// What an Exchange server answers a phone with ([MS-ASHTTP] 2.2.2.1, 2.2.2.2), one by one.
constexpr std::array<int, 18> kToldStatuses{200, 302, 400, 401, 403, 404, 405, 413, 429,
                                            449, 451, 500, 501, 502, 503, 504, 507, 456};

std::string command_label(const eas::Command& command) {
  if (command.name == "OPTIONS" || command.name == "Autodiscover") return command.name;
  const auto code = eas::command_code(command.name);
  return code ? std::string{eas::command_name(*code)} : "other";
}

std::string class_of(const std::optional<int>& status) {
  if (!status || *status < 100 || *status > 599) return "none";
  return std::to_string(*status / 100) + "xx";
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         std::all_of(text.begin(), text.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                  letter == '_';
         });
}

std::string seconds(std::uint64_t microseconds) {
  std::string fraction = std::to_string(microseconds % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return std::to_string(microseconds / 1'000'000) + '.' + fraction;
}

/// Writes families of the text format.
class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += "# HELP ";
    text_ += name;
    text_ += ' ';
    text_ += help;
    text_ += "\n# TYPE ";
    text_ += name;
    text_ += ' ';
    text_ += type;
    text_ += '\n';
  }

  using Label = std::pair<std::string_view, std::string_view>;
  void sample(std::initializer_list<Label> labels, std::string_view value,
              std::string_view suffix = {}) {
    text_ += name_;
    text_ += suffix;
    char separator = '{';
    for (const auto& [label, content] : labels) {
      text_ += separator;
      text_ += label;
      text_ += "=\"";
      for (const char letter : content) {
        if (letter == '\\' || letter == '"') text_ += '\\';
        text_ += letter == '\n' ? ' ' : letter;
      }
      text_ += '"';
      separator = ',';
    }
    if (labels.size() != 0) text_ += '}';
    text_ += ' ';
    text_ += value;
    text_ += '\n';
  }
  void sample(std::initializer_list<Label> labels, std::uint64_t value,
              std::string_view suffix = {}) {
    sample(labels, std::to_string(value), suffix);
  }

  void single(std::string_view name, std::string_view type, std::string_view help,
              std::uint64_t value) {
    family(name, type, help);
    sample({}, value);
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string_view name_;
};

void add_process(Page& page, const Gauges& gauges) {
  page.family("eastap_build_info", "gauge", "1, with the version of this eastap.");
  page.sample({{"version", gauges.version}}, std::uint64_t{1});
  page.family("process_start_time_seconds", "gauge", "Start of this process, seconds since 1970.");
  page.sample({}, seconds(static_cast<std::uint64_t>(
                      std::max<std::int64_t>(gauges.started.time_since_epoch().count(), 0))));
  page.family("process_cpu_seconds_total", "counter", "CPU time of this process.");
  page.sample({}, seconds(gauges.cpu_microseconds));
  page.single("process_resident_memory_bytes", "gauge", "Resident memory.", gauges.resident_bytes);
  page.single("process_open_fds", "gauge", "Open file descriptors.", gauges.open_files);
  page.single("eastap_reloads_total", "counter", "Times the configuration was read again.",
              gauges.reloads);
  page.single("eastap_reloads_refused_total", "counter",
              "Times a configuration with a mistake was refused.", gauges.reloads_refused);
}

void add_proxy(Page& page, const Gauges& gauges) {
  page.single("eastap_connections_total", "counter", "Connections accepted from clients.",
              gauges.connections_accepted);
  page.single("eastap_connections_refused_total", "counter",
              "Of these, closed at once because of a limit.", gauges.connections_refused);
  page.single("eastap_connections_open", "gauge", "Client connections open now.",
              gauges.connections_open);
  page.single("eastap_queue_bytes", "gauge", "Octets that wait to be decoded.", gauges.queue_bytes);
  page.single("eastap_queue_items_total", "counter", "Exchanges and events handed to the decoder.",
              gauges.queue_items);
  page.single("eastap_queue_bodies_dropped_total", "counter",
              "Of these, kept with heads only because the decoder was behind.",
              gauges.queue_bodies_dropped);
  page.single("eastap_queue_dropped_total", "counter",
              "Of these, lost because the decoder was far behind.", gauges.queue_dropped);
}

void add_capture(Page& page, const Gauges& gauges) {
  if (!gauges.has_capture) return;
  page.single("eastap_capture_file_bytes", "gauge", "Size of the capture file at hand.",
              gauges.capture_file_bytes);
  page.single("eastap_capture_backlog_bytes", "gauge", "Octets that wait to be stored.",
              gauges.capture_backlog_bytes);
  page.single("eastap_capture_inputs_total", "counter", "Exchanges and events stored.",
              gauges.capture_inputs_stored);
  page.single("eastap_capture_inputs_lost_total", "counter",
              "Exchanges and events that could not be stored.", gauges.capture_inputs_lost);
  page.single("eastap_capture_bodies_lost_total", "counter",
              "Exchanges stored without their bodies.", gauges.capture_bodies_lost);
  page.single("eastap_capture_files_total", "counter", "Capture files begun by this process.",
              gauges.capture_files_begun);
  page.single("eastap_capture_files_deleted_total", "counter",
              "Old capture files deleted by the limits on what is kept.",
              gauges.capture_files_deleted);
  page.single("eastap_capture_failing", "gauge", "1 while the capture cannot be written.",
              gauges.capture_failing ? 1 : 0);
}

}  // namespace

Metrics::Metrics() {
  // Rules that never fired are there with 0, so that an alert on an increase works the first time.
  for (const auto& rule : findings::rules()) {
    findings_[{std::string{rule.id}, std::string{findings::to_string(rule.severity)}}] = 0;
  }
}

void Metrics::take(const pipeline::Record& record) {
  const std::lock_guard lock{mutex_};
  if (const auto* exchange = std::get_if<pipeline::ExchangeRecord>(&record.what)) {
    take_exchange(*exchange);
  } else if (const auto* event = std::get_if<model::ConnectionEvent>(&record.what)) {
    take_event(*event);
  } else if (const auto* finding = std::get_if<findings::Finding>(&record.what)) {
    take_finding(*finding);
  }
}

void Metrics::take_exchange(const pipeline::ExchangeRecord& record) {
  const model::Exchange& exchange = record.exchange;
  const eas::Command& command = record.command;
  const std::uint64_t id = exchange.id.value;
  if (exchange.ending == model::Ending::open) {
    if (open_ids_.size() >= kOpenTracked) return;
    if (open_ids_.emplace(id, command.waiting.has_value()).second) {
      ++open_;
      waiting_ += command.waiting ? 1U : 0U;
    }
    return;
  }
  if (const auto opened = open_ids_.find(id); opened != open_ids_.end()) {
    --open_;
    waiting_ -= opened->second ? 1U : 0U;
    open_ids_.erase(opened);
  }
  ++exchanges_[{command_label(command), class_of(command.http_status)}];
  ++endings_[std::string{model::to_string(exchange.ending)}];
  if (command.http_status) {
    const bool told = std::find(kToldStatuses.begin(), kToldStatuses.end(), *command.http_status) !=
                      kToldStatuses.end();
    ++statuses_[told ? std::to_string(*command.http_status) : "other"];
  }
  if (exchange.bodies_dropped) ++bodies_not_decoded_;
  if (!exchange.request) return;
  request_octets_ += exchange.request->wire_size;
  if (!exchange.response) return;
  response_octets_ += exchange.response->wire_size;
  const auto took = exchange.response->ended - exchange.request->began;
  Histogram& histogram = durations_[command.waiting ? 1 : 0];
  const auto bucket = std::find_if(kBounds.begin(), kBounds.end(), [&](std::int64_t bound) {
    return took <= std::chrono::milliseconds{bound};
  });
  ++histogram.counts[static_cast<std::size_t>(bucket - kBounds.begin())];
  histogram.microseconds += static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
}

void Metrics::take_event(const model::ConnectionEvent& event) {
  Pair key{std::string{model::to_string(event.kind)}, is_word(event.reason) ? event.reason : ""};
  if (!events_.contains(key) && events_.size() >= kReasons) key.second = "other";
  ++events_[std::move(key)];
}

void Metrics::take_finding(const findings::Finding& finding) {
  // An incident is told again when it grows; its number is given when it opens.
  if (finding.id.value <= highest_finding_) return;
  highest_finding_ = finding.id.value;
  ++findings_[{finding.rule, std::string{findings::to_string(finding.severity)}}];
}

std::string Metrics::render(const Gauges& gauges) const {
  const std::lock_guard lock{mutex_};
  Page page;
  add_process(page, gauges);
  add_proxy(page, gauges);
  add_capture(page, gauges);
  page.family("eastap_exchanges_total", "counter",
              "Ended exchanges by command and class of the HTTP status.");
  for (const auto& [key, count] : exchanges_) {
    page.sample({{"command", key.first}, {"status", key.second}}, count);
  }
  page.family("eastap_http_answers_total", "counter",
              "Answers by HTTP status, the rare ones as other.");
  for (const auto& [status, count] : statuses_) page.sample({{"status", status}}, count);
  page.family("eastap_exchange_endings_total", "counter", "How exchanges ended.");
  for (const auto& [ending, count] : endings_) page.sample({{"ending", ending}}, count);
  page.single("eastap_exchanges_not_decoded_total", "counter",
              "Exchanges shown by their heads only because the decoder was behind.",
              bodies_not_decoded_);
  page.single("eastap_requests_open", "gauge", "Requests without an answer now.", open_);
  page.single("eastap_requests_waiting", "gauge", "Of these, that wait for news (Ping, Sync).",
              waiting_);
  page.single("eastap_request_bytes_total", "counter", "Octets of requests as sent.",
              request_octets_);
  page.single("eastap_response_bytes_total", "counter", "Octets of answers as sent.",
              response_octets_);
  page.family("eastap_exchange_duration_seconds", "histogram",
              "From the first octet of the request to the last of the answer.");
  for (const std::size_t waits : {0U, 1U}) {
    const Histogram& histogram = durations_[waits];
    const std::string_view label = waits == 1 ? "true" : "false";
    std::uint64_t below = 0;
    for (std::size_t at = 0; at < kBounds.size(); ++at) {
      below += histogram.counts[at];
      const std::string bound = seconds(static_cast<std::uint64_t>(kBounds[at]) * 1'000);
      page.sample({{"waiting", label}, {"le", std::string_view{bound}.substr(0, bound.size() - 3)}},
                  below, "_bucket");
    }
    below += histogram.counts.back();
    page.sample({{"waiting", label}, {"le", "+Inf"}}, below, "_bucket");
    page.sample({{"waiting", label}}, seconds(histogram.microseconds), "_sum");
    page.sample({{"waiting", label}}, below, "_count");
  }
  page.family("eastap_connection_events_total", "counter",
              "Tunnels, TLS failures, failures toward servers, refusals.");
  for (const auto& [key, count] : events_) {
    page.sample({{"event", key.first}, {"reason", key.second}}, count);
  }
  page.family("eastap_findings_total", "counter",
              "Incidents by rule, with the severity at their opening.");
  for (const auto& [key, count] : findings_) {
    page.sample({{"rule", key.first}, {"severity", key.second}}, count);
  }
  return page.take();
}

}  // namespace eastap::sink
