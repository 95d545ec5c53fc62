#include "proxy/sink/renderers.hpp"

#include <ctime>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

#include "decoder/render/record_json.hpp"

namespace eastap::sink {
namespace {

model::ConnectionEvent note_event(const std::string& text) {
  model::ConnectionEvent event;
  event.kind = model::ConnectionEvent::Kind::proxy_note;
  event.time = std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
  event.reason = "output";
  event.detail = text;
  return event;
}

}  // namespace

LineRenderer::LineRenderer(Settings settings) : settings_{std::move(settings)} {}

bool LineRenderer::first_time(const std::string& host) {
  if (tunnelled_.size() >= kRememberedHosts) tunnelled_.clear();
  return tunnelled_.insert(host).second;
}

void LineRenderer::append(std::string& out, const pipeline::Record& record) {
  if (settings_.width) settings_.style.width = settings_.width();
  if (const auto* done = std::get_if<pipeline::ExchangeRecord>(&record.what)) {
    append_exchange(out, *done);
  } else if (const auto* event = std::get_if<model::ConnectionEvent>(&record.what)) {
    if (event->kind == model::ConnectionEvent::Kind::tunnelled && event->connection &&
        // for a client that refuses us: a note has told it
        (event->reason == "refused_certificate" || !first_time(event->connection->host))) {
      return;
    }
    render::append_event_lines(out, *event, settings_.style);
    release_held(out, 0, event->time);
  } else if (const auto* finding = std::get_if<findings::Finding>(&record.what)) {
    append_finding(out, *finding);
  } else if (const auto* progress = std::get_if<pipeline::ProgressRecord>(&record.what)) {
    render::append_progress_line(out, progress->exchange, progress->command, settings_.style);
    if (settings_.bodies) render::append_bodies(out, progress->command, settings_.style);
  }
}

void LineRenderer::append_exchange(std::string& out, const pipeline::ExchangeRecord& record) {
  const auto& exchange = record.exchange;
  if (exchange.ending == model::Ending::open) {
    if (record.command.hangs()) {
      render::append_waiting_line(out, exchange, record.command, settings_.style);
    } else {
      if (unanswered_.size() >= kRememberedHosts) unanswered_.clear();
      unanswered_[exchange.id.value] = exchange.request->ended;
    }
    release_held(out, 0, exchange.request->ended);
    return;
  }
  // The next step of one and the same trouble is told once in ten minutes, its line each time.
  render::LineStyle style = settings_.style;
  if (const std::string trouble = render::trouble_signature(exchange, record.command);
      !trouble.empty()) {
    if (told_.size() >= kRememberedHosts) told_.clear();
    Timestamp& last = told_[trouble];
    style.next_steps = last == Timestamp{} || exchange.ended - last > std::chrono::minutes{10};
    if (style.next_steps) last = exchange.ended;
  }
  render::append_exchange_line(out, exchange, record.command, style);
  if (settings_.bodies) render::append_bodies(out, record.command, settings_.style);
  unanswered_.erase(exchange.id.value);
  release_held(out, exchange.id.value, exchange.ended);
}

void LineRenderer::append_finding(std::string& out, const findings::Finding& finding) {
  if (shown_.size() >= kRememberedHosts) shown_.clear();
  const bool repeated = !shown_.insert(finding.id.value).second;
  for (const ExchangeId exchange : finding.exchanges) {
    if (!unanswered_.contains(exchange.value)) continue;
    Held held{{}, exchange.value, finding.time};
    render::append_finding_lines(held.lines, finding, settings_.style, repeated);
    held_.push_back(std::move(held));
    return;
  }
  render::append_finding_lines(out, finding, settings_.style, repeated);
}

/// Prints what was held for `exchange`, and what has been held for two seconds of traffic: a slow
/// answer must not keep a finding from the screen.
void LineRenderer::release_held(std::string& out, std::uint64_t exchange, Timestamp now) {
  std::erase_if(held_, [&](const Held& held) {
    if (held.exchange != exchange && now - held.since < std::chrono::seconds{2}) return false;
    out += held.lines;
    return true;
  });
}

void LineRenderer::append_note(std::string& out, const std::string& text) {
  render::append_event_lines(out, note_event(text), settings_.style);
}

void JsonRenderer::append(std::string& out, const pipeline::Record& record) {
  if (const auto* done = std::get_if<pipeline::ExchangeRecord>(&record.what)) {
    if (done->exchange.ending != model::Ending::open) {
      render::append_exchange_json(out, done->exchange, done->command);
    } else if (done->command.hangs()) {
      render::append_waiting_json(out, done->exchange, done->command);
    }
  } else if (const auto* event = std::get_if<model::ConnectionEvent>(&record.what)) {
    render::append_event_json(out, *event);
  } else if (const auto* finding = std::get_if<findings::Finding>(&record.what)) {
    render::append_finding_json(out, *finding);
  } else if (const auto* progress = std::get_if<pipeline::ProgressRecord>(&record.what)) {
    render::append_progress_json(out, progress->exchange, progress->command);
  }
}

void JsonRenderer::append_note(std::string& out, const std::string& text) {
  render::append_event_json(out, note_event(text));
}

namespace {

/// A terminal that does not know its size has the usual one.
winsize terminal_size(int descriptor) {
  winsize size{};
  if (::isatty(descriptor) == 0 || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0) return {};
  if (size.ws_col == 0) size.ws_col = 80;
  if (size.ws_row == 0) size.ws_row = 24;
  return size;
}

}  // namespace

std::size_t terminal_width(int descriptor) { return terminal_size(descriptor).ws_col; }

std::size_t terminal_height(int descriptor) { return terminal_size(descriptor).ws_row; }

std::chrono::seconds local_offset(Timestamp time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  return std::chrono::seconds{local.tm_gmtoff};
}

}  // namespace eastap::sink
