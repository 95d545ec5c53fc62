#include "proxy/sink/summary.hpp"

#include <algorithm>
#include <array>

namespace eastap::sink {
namespace {

std::string counted(std::uint64_t number, const char* one, const char* many) {
  return std::to_string(number) + ' ' + (number == 1 ? one : many);
}

}  // namespace

void Summary::take(const pipeline::Record& record) {
  if (const auto* done = std::get_if<pipeline::ExchangeRecord>(&record.what)) {
    if (done->exchange.ending == model::Ending::open) return;
    ++exchanges_;
    if (done->exchange.ending != model::Ending::complete) ++interrupted_;
    if (done->exchange.bodies_dropped) ++not_decoded_;
    const auto& command = done->command;
    if (command.is_activesync && !command.device_id.empty() && devices_.size() < kCounted) {
      devices_.insert(command.device_id + '\n' + command.user);
    }
  } else if (const auto* event = std::get_if<model::ConnectionEvent>(&record.what)) {
    if (!event->connection) return;
    using Kind = model::ConnectionEvent::Kind;
    if (event->kind == Kind::tunnelled && tunnelled_.size() < kCounted) {
      tunnelled_.insert(event->connection->host);
    }
    if (event->kind == Kind::client_tls_failed && tls_failures_.size() < kCounted) {
      tls_failures_.insert(event->connection->host);
    }
  } else if (const auto* finding = std::get_if<findings::Finding>(&record.what)) {
    if (findings_.size() < kCounted || findings_.contains(finding->id.value)) {
      findings_[finding->id.value] = finding->severity;
    } else if (!worst_uncounted_ || finding->severity > *worst_uncounted_) {
      worst_uncounted_ = finding->severity;
    }
  }
}

std::optional<findings::Severity> Summary::worst() const {
  std::optional<findings::Severity> worst = worst_uncounted_;
  for (const auto& [id, severity] : findings_) {
    if (!worst || severity > *worst) worst = severity;
  }
  return worst;
}

std::string Summary::sentence() const {
  std::string text = counted(exchanges_, "exchange", "exchanges") + " of " +
                     counted(devices_.size(), "device", "devices");
  if (interrupted_ != 0) text += ", " + std::to_string(interrupted_) + " interrupted";
  if (not_decoded_ != 0) text += ", " + std::to_string(not_decoded_) + " not decoded";
  if (!tunnelled_.empty()) {
    text += ", " + counted(tunnelled_.size(), "host", "hosts") + " passed through undecrypted";
  }
  if (!tls_failures_.empty()) {
    text += ", TLS failed for " + counted(tls_failures_.size(), "host", "hosts");
  }
  std::array<std::uint64_t, 4> by_severity{};
  for (const auto& [id, severity] : findings_) ++by_severity[static_cast<std::size_t>(severity)];
  if (findings_.empty()) return text + "; no findings";
  text += "; findings:";
  const char* separator = " ";
  for (std::size_t i = by_severity.size(); i-- > 0;) {
    if (by_severity[i] == 0) continue;
    const std::string word{findings::to_string(static_cast<findings::Severity>(i))};
    text += separator + std::to_string(by_severity[i]) + ' ' + word;
    // "info" and "notice" count incidents, "errors" and "warnings" are plural words
    if (by_severity[i] != 1 && word != "info") text += 's';
    separator = ", ";
  }
  return text;
}

}  // namespace eastap::sink
