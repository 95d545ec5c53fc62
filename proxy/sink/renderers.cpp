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
    if (done->exchange.ending == model::Ending::open) {
      if (done->command.hangs()) {
        render::append_waiting_line(out, done->exchange, done->command, settings_.style);
      }
      return;
    }
    render::append_exchange_line(out, done->exchange, done->command, settings_.style);
    if (settings_.bodies) render::append_bodies(out, done->command, settings_.style);
  } else if (const auto* event = std::get_if<model::ConnectionEvent>(&record.what)) {
    if (event->kind == model::ConnectionEvent::Kind::tunnelled && event->connection &&
        !first_time(event->connection->host)) {
      return;
    }
    render::append_event_lines(out, *event, settings_.style);
  } else if (const auto* finding = std::get_if<findings::Finding>(&record.what)) {
    const auto known = shown_.find(finding->id.value);
    const bool repeated = known != shown_.end() && known->second >= finding->severity;
    if (shown_.size() >= kRememberedHosts) shown_.clear();
    shown_[finding->id.value] = finding->severity;
    render::append_finding_lines(out, *finding, settings_.style, repeated);
  } else if (const auto* progress = std::get_if<pipeline::ProgressRecord>(&record.what)) {
    render::append_progress_line(out, progress->exchange, progress->command, settings_.style);
    if (settings_.bodies) render::append_bodies(out, progress->command, settings_.style);
  }
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

std::size_t terminal_width(int descriptor) {
  winsize size{};
  if (::isatty(descriptor) == 0 || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col != 0 ? size.ws_col : 80;
}

std::chrono::seconds local_offset(Timestamp time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  return std::chrono::seconds{local.tm_gmtoff};
}

}  // namespace eastap::sink
