#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <unistd.h>

#include "certs/authority.hpp"
#include "certs/trust.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/host_name.hpp"
#include "proxy/app/passphrase.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/capture/writer.hpp"
#include "proxy/net/host_tls.hpp"
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

/// The CA that a phone is about to trust, to compare with what it shows.
std::string described(const config::Config& config, const certs::Authority& authority) {
  const auto facts = authority.facts();
  std::string text;
  text += "     \"" + facts.subject + "\"" + (authority.created ? ", made just now" : "") + '\n';
  text += "     " + certs::certificate_file(config.ca_dir).string() + '\n';
  if (const std::string hosts = authority.permitted_text(); !hosts.empty()) {
    text += "     signs only for " + hosts + '\n';
  }
  // A SHA-256 in colon form is 95 characters: two lines.
  text += "     SHA-256 " + facts.sha256.substr(0, 48) + '\n';
  if (facts.sha256.size() > 48) text += "             " + facts.sha256.substr(48) + '\n';
  return text;
}

/// The listener that a phone's proxy setting leads to, else the first of all.
std::size_t phone_listener(const std::vector<net::BoundListener>& listeners) {
  const auto found = std::find_if(listeners.begin(), listeners.end(), [](const auto& listener) {
    return listener.mode == config::ListenMode::proxy;
  });
  return found == listeners.end() ? 0 : static_cast<std::size_t>(found - listeners.begin());
}

/// "     Also listening: socks5 0.0.0.0:1080", a line each; "" when there is one listener only.
std::string other_listeners(const std::vector<net::BoundListener>& listeners,
                            std::size_t told_already) {
  std::string text;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (i == told_already && listeners[i].mode == config::ListenMode::proxy) continue;
    text += "     Also listening: " + std::string{to_string(listeners[i].mode)} + ' ' +
            listeners[i].address + '\n';
  }
  return text;
}

std::string ready_line(const net::Server& server) {
  std::string text = "{\"type\":\"ready\",\"address\":\"" + server.address() + "\",\"listeners\":[";
  for (const auto& listener : server.listeners()) {
    if (!text.ends_with('[')) text += ',';
    text += "{\"mode\":\"" + std::string{to_string(listener.mode)} + "\",\"address\":\"" +
            listener.address + "\"}";
  }
  return text + "]}\n";
}

/// What a person needs before the phone is in hand.
std::string introduction(const config::Config& config, const net::Server& server,
                         const certs::Authority& authority, const std::string& capture) {
  const auto listeners = server.listeners();
  const std::size_t chosen = phone_listener(listeners);
  const config::Endpoint& listen = config.ways_in.listeners[chosen].address;
  const bool everywhere = listen.address == "0.0.0.0" || listen.address == "::";
  std::vector<std::string> addresses;
  if (everywhere) addresses = net::lan_addresses();
  if (addresses.empty()) addresses.push_back(everywhere ? "127.0.0.1" : listen.address);
  const std::string port = std::to_string(listeners[chosen].port);
  const std::string first = addresses.front().find(':') != std::string::npos
                                ? '[' + addresses.front() + ']'
                                : addresses.front();
  // Lines stay within 80 columns where names and paths allow it.
  std::string text = "eastap " + std::string{version()} + "\n";
  text += "  1  Phone, Wi-Fi > this network > proxy > manual (mobile data off):\n";
  text += "     server " + addresses.front() + "   port " + port + '\n';
  if (addresses.size() > 1) {
    text += "     (this machine also is";
    for (std::size_t i = 1; i < addresses.size() && i < 4; ++i) text += ' ' + addresses[i];
    text += ")\n";
  }
  text += authority.stand_in
              ? "  2  No CA is needed: every decrypted host has a certificate of its own\n"
              : "  2  Phone, browser: http://" + first + ':' + port +
                    "/  install and trust the certificate\n" + described(config, authority);
  text += "  3  Open the mail app. Decrypted hosts:";
  for (std::size_t i = 0; i < config.intercept.size() && i < 4; ++i)
    text += ' ' + config.intercept[i];
  if (config.intercept.size() > 4) {
    text += "\n     and " + std::to_string(config.intercept.size() - 4) + " more patterns";
  }
  text += "; all others pass through untouched\n";
  text += capture.empty() ? "     No capture is kept (--no-capture)\n"
                          : "     Capture: " + capture + '\n';
  text += other_listeners(listeners, chosen);
  text += "     Ctrl-C stops\n";
  return text;
}

certs::Authority open_authority(const config::Config& config, spdlog::logger& log) {
  const auto today = std::chrono::floor<std::chrono::seconds>(now());
  if (!config.certificates.empty() || !config.client_certificates.empty()) {
    const net::HostTls hosts{config};
    const certs::StoreHandle roots = certs::make_trust_store(config.upstream_ca);
    for (const auto& problem : hosts.problems(roots.get(), today)) log.warn(problem);
    if (hosts.covers(config.intercept)) return certs::make_stand_in(host_name(), today);
  }
  const PassphrasePlaces places = ca_passphrase_places(config);
  const std::optional<certs::Secret> given = given_passphrase(places);
  certs::AuthorityRequest request;  // for the first run
  if (given) request.passphrase = &*given;
  return certs::load_or_create(config.ca_dir, host_name(), today, request,
                               passphrase_source(places));
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
    start_.authority = std::make_shared<const certs::Authority>(open_authority(config_, *log_));
    for (const auto& warning : start_.authority->warnings) log_->warn(warning);
    open_capture();
    net::Server server{config_, start_, queue_, *log_};
    if (renderer_) {
      sink::Outlet::Callbacks callbacks;
      // The reader of a pipe that goes away (`| head`) ends the run like Ctrl-C.
      callbacks.closed = &StopSignal::raise;
      callbacks.failed = [this](const std::string& why) {
        log_->warn(
            "the tail cannot be written to standard output: {}; the proxy goes on, and tries "
            "again",
            why);
      };
      outlet_ = std::make_unique<sink::Outlet>(STDOUT_FILENO, *renderer_,
                                               sink::Outlet::WhenFull::drop, std::move(callbacks));
    }
    tell_ready(server);
    pipeline::Pipeline pipeline{settings,
                                [this](const pipeline::RecordPtr& record) { hand_on(record); }};
    std::thread understanding{[&] {
      std::vector<pipeline::Input> batch;
      while (queue_.pop_all(batch)) {
        for (auto& input : batch) understand(pipeline, std::move(input));
      }
      pipeline.finish(now());
    }};
    pthread_setname_np(understanding.native_handle(), "pipeline");
    stop.wait();
    server.stop();
    queue_.close();
    understanding.join();
    if (capture_) capture_->close();
    if (outlet_) outlet_->close();  // last: a terminal may hold it up
    say_goodbye(server);
    return fails(config_, summary_.worst()) ? kFindings : kDone;
  }

 private:
  /// The traffic goes on whatever becomes of its meaning.
  void understand(pipeline::Pipeline& pipeline, pipeline::Input input) {
    try {
      pipeline.take(std::move(input));
    } catch (const std::exception& error) {
      log_->error("an exchange could not be understood, which is a defect of this program: {}",
                  error.what());
    }
  }

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
      outlet_->say(ready_line(server));
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
