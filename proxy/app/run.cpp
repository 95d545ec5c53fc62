#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include "certs/authority.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/host_name.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/capture/writer.hpp"
#include "proxy/net/server.hpp"
#include "proxy/pipeline/queue.hpp"
#include "proxy/sink/summary.hpp"

namespace eastap::app {
namespace {

Timestamp now() { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

model::ConnectionEvent note_event(std::string reason, std::string text) {
  model::ConnectionEvent event;
  event.kind = model::ConnectionEvent::Kind::proxy_note;
  event.time = now();
  event.reason = std::move(reason);
  event.detail = std::move(text);
  return event;
}

/// What a person needs before the phone is in hand.
std::string introduction(const config::Config& config, const net::Server& server,
                         const certs::Authority& authority, const std::string& capture) {
  const auto facts = authority.facts();
  const bool everywhere = config.listen.address == "0.0.0.0" || config.listen.address == "::";
  std::vector<std::string> addresses;
  if (everywhere) addresses = net::lan_addresses();
  if (addresses.empty()) addresses.push_back(everywhere ? "127.0.0.1" : config.listen.address);
  const std::string port = std::to_string(server.port());
  const std::string first = addresses.front().find(':') != std::string::npos
                                ? '[' + addresses.front() + ']'
                                : addresses.front();
  std::string text = "eastap " + std::string{version()} + "\n";
  text += "  1  On the phone: Wi-Fi > this network > proxy > manual: server " + addresses.front() +
          ", port " + port + "; mobile data off\n";
  if (addresses.size() > 1) {
    text += "     (other addresses of this machine:";
    for (std::size_t i = 1; i < addresses.size() && i < 6; ++i) text += ' ' + addresses[i];
    text += ")\n";
  }
  text += "  2  In the phone's browser: http://" + first + ':' + port +
          "/ has the certificate to install and trust\n";
  text += "     CA \"" + facts.subject + "\"" + (authority.created ? ", made just now" : "") +
          ": " + certs::certificate_file(config.ca_dir).string() + "\n";
  text += "     SHA-256 " + facts.sha256 + "\n";
  text += "  3  Open the mail app. Decrypted:";
  for (std::size_t i = 0; i < config.intercept.size() && i < 6; ++i)
    text += ' ' + config.intercept[i];
  if (config.intercept.size() > 6) {
    text += " and " + std::to_string(config.intercept.size() - 6) + " more patterns";
  }
  text += "; every other host passes through untouched\n";
  text += capture.empty() ? "     No capture is kept (--no-capture)\n"
                          : "     Capture: " + capture + " (eastap replay " + capture + ")\n";
  text += "     Ctrl-C stops\n";
  return text;
}

class Run {
 public:
  explicit Run(const config::Config& config)
      : config_{config},
        log_{make_logger(config)},
        queue_{{.bytes = static_cast<std::size_t>(config.limits.queue_bytes)}},
        renderer_{make_renderer(config)} {}

  int operator()() {
    StopSignal stop;
    const auto settings = pipeline_settings(config_);
    net::check_rules(config_);
    start_.authority = std::make_shared<const certs::Authority>(certs::load_or_create(
        config_.ca_dir, host_name(), std::chrono::floor<std::chrono::seconds>(now())));
    for (const auto& warning : start_.authority->warnings) log_->warn(warning);
    open_capture();
    net::Server server{config_, start_, queue_, *log_};
    if (renderer_) {
      // The reader of a pipe that goes away (`| head`) ends the run like Ctrl-C.
      outlet_ = std::make_unique<sink::Outlet>(STDOUT_FILENO, *renderer_,
                                               sink::Outlet::WhenFull::drop, &StopSignal::raise);
    }
    tell_ready(server);
    pipeline::Pipeline pipeline{settings,
                                [this](const pipeline::RecordPtr& record) { hand_on(record); }};
    std::thread understanding{[&] {
      std::vector<pipeline::Input> batch;
      while (queue_.pop_all(batch)) {
        for (auto& input : batch) pipeline.take(std::move(input));
      }
      pipeline.finish(now());
    }};
    stop.wait();
    server.stop();
    queue_.close();
    understanding.join();
    if (outlet_) outlet_->close();
    if (capture_) capture_->close();
    say_goodbye(server);
    return fails(config_, summary_.worst()) ? kFindings : kDone;
  }

 private:
  void open_capture() {
    if (!config_.capture) return;
    capture_path_ = config::expand_time(*config_.capture, std::chrono::system_clock::now());
    capture::WriterSettings settings;
    settings.program_version = version();
    settings.decoder_version = version();
    auto opened = capture::Writer::open(capture_path_, settings, [this](const std::string& text) {
      log_->warn("capture: {}", text);
      queue_.take(note_event("capture", text));
    });
    if (!opened) throw config::ConfigError{opened.error().detail};
    capture_ = std::move(*opened);
    const auto next = capture_->next_ids();
    start_.first_connection = next.connection.value;
    start_.first_exchange = next.exchange.value;
  }

  void tell_ready(const net::Server& server) {
    const std::string intro = introduction(config_, server, *start_.authority, capture_path_);
    if (config_.tail == config::TailMode::json) {
      outlet_->say("{\"type\":\"ready\",\"address\":\"" + server.address() + "\"}\n");
      log_->info("listening on {}", server.address());
    } else {
      write_all(STDERR_FILENO, intro + "ready " + server.address() + "\n");
    }
  }

  void hand_on(const pipeline::RecordPtr& record) {
    summary_.take(*record);
    if (capture_) capture_->write(record);
    if (outlet_) outlet_->take(record);
  }

  void say_goodbye(const net::Server& server) {
    std::string text = "eastap: " + summary_.sentence();
    const auto counts = server.counts();
    text += "; " + std::to_string(counts.connections) + " connections";
    if (counts.refused != 0) text += ", " + std::to_string(counts.refused) + " closed at the limit";
    text += '\n';
    if (capture_) {
      const auto stored = capture_->counters();
      text += "eastap: capture " + capture_path_;
      std::error_code ignored;
      const auto size = std::filesystem::file_size(capture_path_, ignored);
      if (!ignored) text += " (" + std::to_string(size / 1024) + " KiB)";
      if (stored.inputs_lost != 0 || stored.bodies_lost != 0) {
        text += ", incomplete: " + std::to_string(stored.inputs_lost) + " events and " +
                std::to_string(stored.bodies_lost) + " bodies could not be stored";
      }
      text += '\n';
    }
    write_all(STDERR_FILENO, text);
  }

  const config::Config& config_;
  std::shared_ptr<spdlog::logger> log_;
  pipeline::InputQueue queue_;
  std::unique_ptr<sink::Renderer> renderer_;
  net::ServerStart start_;
  std::string capture_path_;
  std::unique_ptr<capture::Writer> capture_;
  std::unique_ptr<sink::Outlet> outlet_;
  sink::Summary summary_;
};

}  // namespace

int run(const config::Invocation& invocation) { return Run{invocation.config}(); }

}  // namespace eastap::app
