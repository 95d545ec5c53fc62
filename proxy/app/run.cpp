#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include "certs/authority.hpp"
#include "proxy/app/cards.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/introduction.hpp"
#include "proxy/app/notify.hpp"
#include "proxy/app/open_authority.hpp"
#include "proxy/app/process_facts.hpp"
#include "proxy/app/reload.hpp"
#include "proxy/app/view.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/capture/writer.hpp"
#include "proxy/net/server.hpp"
#include "proxy/pipeline/queue.hpp"
#include "proxy/sink/metrics.hpp"
#include "proxy/sink/renderers.hpp"
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

capture::RotationLimits rotation_limits(const config::CaptureRotation& rotation) {
  using std::chrono::seconds;
  return {rotation.max_bytes, std::chrono::ceil<seconds>(rotation.max_age), rotation.keep_bytes,
          std::chrono::ceil<seconds>(rotation.keep_age)};
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

class Run {
 public:
  ~Run() {
    if (!unused_capture_) return;
    capture_.reset();
    std::error_code ignored;
    std::filesystem::remove(capture_path_, ignored);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  Run(config::Invocation invocation, std::function<config::Invocation()> read_again)
      : invocation_{std::move(invocation)},
        read_again_{std::move(read_again)},
        redactor_{make_redactor(config_)},
        log_{make_logger(config_, log_words(redactor_))},
        queue_{{.bytes = static_cast<std::size_t>(config_.limits.queue_bytes)}},
        renderer_{make_renderer(config_)} {}

  int operator()() {
    StopSignal stop;
    const auto settings = pipeline_settings(config_);
    net::check_rules(config_);
    start_.authority = std::make_shared<const certs::Authority>(open_authority(config_, *log_));
    for (const auto& warning : start_.authority->warnings) log_->warn(warning);
    open_capture();
    start_.routes.push_back(
        {"/metrics", [this](const portal::Request&) { return metrics_page(); }});
    net::Server server{config_, start_, queue_, *log_};
    unused_capture_ = false;
    server_ = &server;
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
    if (redactor_ && (outlet_ || config_.cards > 0)) {
      // The capture keeps what came, and its findings; what is printed is understood anew from what
      // may be shown.
      shown_ = std::make_unique<View>(config_, redactor_,
                                      [this](const pipeline::RecordPtr& record) { show(record); });
    }
    tell_ready(server);
    pipeline::Pipeline pipeline{settings,
                                [this](const pipeline::RecordPtr& record) { hand_on(record); }};
    std::thread understanding{[&] {
      std::vector<pipeline::Input> batch;
      while (queue_.pop_all(batch)) {
        for (auto& input : batch) {
          if (is_reload(input)) change_rules(pipeline);
          if (shown_) understand(*shown_, pipeline::Input{input});
          understand(pipeline, std::move(input));
        }
      }
      ended_ = now();
      pipeline.finish(ended_);
      if (shown_) shown_->finish(ended_);
    }};
    pthread_setname_np(understanding.native_handle(), "pipeline");
    notify_manager("READY=1\nSTATUS=Listening on " + server.address() + "\n");
    // Without either there is nothing to read again, and SIGHUP ends the program as ever.
    const bool reloads =
        !invocation_.config_file.empty() || std::getenv("NOTIFY_SOCKET") != nullptr;
    const auto waited = [&] { return stop.wait(reloads, kTidied, [this] { give_memory_back(); }); };
    while (waited() == StopSignal::Asked::reload) reload(server);
    notify_manager("STOPPING=1\n");
    server.stop();
    queue_.close();
    understanding.join();
    if (capture_) capture_->close(ended_);
    if (outlet_) outlet_->close();  // last: a terminal may hold it up
    write_all(STDERR_FILENO,
              short_cards(config_, shown_ ? shown_->knowledge() : pipeline.knowledge(), found_));
    say_goodbye(server);
    return fails(config_, summary_.worst()) ? kFindings : kDone;
  }

 private:
  /// The traffic goes on whatever becomes of its meaning.
  template <class Pipeline>
  void understand(Pipeline& pipeline, pipeline::Input input) {
    try {
      pipeline.take(std::move(input));
    } catch (const std::exception& error) {
      log_->error("an exchange could not be understood, which is a defect of this program: {}",
                  error.what());
    }
  }

  /// After a burst the allocator keeps what lay in the queue, most of it for good: each thread
  /// frees what another one made. Not while there is work, for it holds the threads up.
  void give_memory_back() {
    const auto queue = queue_.counts();
    if (queue.bytes != 0 || queue.taken == tidied_at_) return;
    tidied_at_ = queue.taken;
    malloc_trim(0);
  }

  void change_rules(pipeline::Pipeline& pipeline) {
    const std::lock_guard lock{next_rules_mutex_};
    if (!next_rules_) return;
    if (shown_) shown_->change(*next_rules_);
    pipeline.change(std::move(*next_rules_));
    next_rules_.reset();
  }

  /// New rules hold from the note's place in the order of all inputs on, so that a capture tells
  /// from where its findings were judged by others.
  [[nodiscard]] static bool is_reload(const pipeline::Input& input) {
    const auto* event = std::get_if<model::ConnectionEvent>(&input);
    // When the queue was too full for the note, the queue's own note stands in its place.
    return event != nullptr && !event->connection &&
           (event->reason == kReloadReason || event->reason == "queue_full");
  }

  /// What waits for a restart stays as it was, so that the next reload names it again.
  void take_over(config::Invocation next, const std::vector<config::Change>& changes) {
    for (const config::Change& change : changes) {
      if (change.reloads) invocation_.given[change.key] = next.given[change.key];
    }
    next.config.capture = config_.capture;
    next.config.tail = config_.tail;
    invocation_.config = std::move(next.config);
  }

  /// All of the new settings or nothing of them.
  void reload(net::Server& server) {
    notify_manager("RELOADING=1\n");
    try {
      config::Invocation next = read_again_();
      const auto changes = config::changes(invocation_, next);
      const auto settings = pipeline_settings(next.config);
      server.reload(next.config);
      try {
        change_logger(*log_, next.config);
      } catch (const std::exception&) {
        server.reload(config_);
        throw;
      }
      if (capture_) capture_->set_rotation(rotation_limits(next.config.capture_rotation));
      {
        const std::lock_guard lock{next_rules_mutex_};
        next_rules_ = settings.findings;
      }
      take_over(std::move(next), changes);
      ++reloads_;
      const std::string words = reload_words(changes);
      log_->info("{}", words);
      queue_.take(note_event(std::string{kReloadReason}, words));
    } catch (const std::exception& error) {
      ++reloads_refused_;
      const std::string words =
          std::string{"The settings were not read again, and stay as they were: "} + error.what();
      log_->error("{}", words);
      queue_.take(note_event("reload_refused", words));
    }
    notify_manager("READY=1\n");
  }

  void open_capture() {
    if (!config_.capture) return;
    capture_path_ = config::expand_time(*config_.capture, std::chrono::system_clock::now());
    capture::WriterSettings settings;
    settings.program_version = version();
    settings.decoder_version = version();
    settings.rotation = rotation_limits(config_.capture_rotation);
    settings.series = std::filesystem::absolute(*config_.capture).lexically_normal();
    const auto note = [this](const std::string& text) {
      log_->warn("capture: {}", text);
      queue_.take(note_event("capture", text));
    };
    const auto news = [this](const std::string& text) {
      log_->info("capture: {}", text);
      queue_.take(note_event("capture", text));
    };
    std::error_code ignored;
    const bool fresh = !std::filesystem::exists(capture_path_, ignored);
    auto opened = capture::Writer::open(capture_path_, settings, note, news);
    if (!opened) throw config::ConfigError{opened.error().detail};
    capture_ = std::move(*opened);
    unused_capture_ = fresh;
    const auto next = capture_->next_ids();
    start_.first_connection = next.connection.value;
    start_.first_exchange = next.exchange.value;
  }

  /// On a relay thread.
  [[nodiscard]] portal::Reply metrics_page() const {
    portal::Reply reply;
    reply.type = sink::Metrics::kContentType;
    reply.body = metrics_.render(gauges(server_));
    return reply;
  }

  [[nodiscard]] sink::Gauges gauges(const net::Server* server) const {
    sink::Gauges gauges;
    gauges.version = version();
    gauges.started = started_;
    gauges.reloads = reloads_;
    gauges.reloads_refused = reloads_refused_;
    if (server != nullptr) {
      const auto counts = server->counts();
      gauges.connections_accepted = counts.connections;
      gauges.connections_refused = counts.refused;
      gauges.connections_open = counts.open;
    }
    const auto queue = queue_.counts();
    gauges.queue_bytes = queue.bytes;
    gauges.queue_items = queue.taken;
    gauges.queue_bodies_dropped = queue.bodies_dropped;
    gauges.queue_dropped = queue.dropped;
    if (capture_) {
      const auto stored = capture_->counters();
      gauges.has_capture = true;
      gauges.capture_file_bytes = stored.file_bytes;
      gauges.capture_backlog_bytes = stored.backlog_bytes;
      gauges.capture_inputs_stored = stored.inputs_stored;
      gauges.capture_inputs_lost = stored.inputs_lost;
      gauges.capture_bodies_lost = stored.bodies_lost;
      gauges.capture_files_begun = stored.files_begun;
      gauges.capture_files_deleted = stored.files_deleted;
      gauges.capture_failing = stored.failing;
    }
    add_process_facts(gauges);
    return gauges;
  }

  void tell_ready(const net::Server& server) {
    const std::string intro = introduction(config_, server.listeners(), *start_.authority,
                                           capture_path_, redactor_.get());
    if (config_.tail == config::TailMode::json) {
      outlet_->say(ready_line(server));
      log_->info("listening on {}", server.address());
    } else {
      write_all(STDERR_FILENO, intro + "ready " + server.address() + "\n");
    }
  }

  void hand_on(const pipeline::RecordPtr& record) {
    summary_.take(*record);
    metrics_.take(*record);
    if (capture_) capture_->write(record);
    if (!shown_) show(record);
  }

  /// What a person sees: redacted, where that is asked for.
  void show(const pipeline::RecordPtr& record) {
    if (const auto* one = std::get_if<findings::Finding>(&record->what)) found_.take(*one);
    if (outlet_) outlet_->take(record);
  }

  void say_goodbye(const net::Server& server) {
    std::string sentence = summary_.sentence();
    const auto counts = server.counts();
    sentence += "; " + std::to_string(counts.connections) +
                (counts.connections == 1 ? " connection" : " connections");
    if (counts.refused != 0)
      sentence += ", " + std::to_string(counts.refused) + " closed at the limit";
    std::string text = told(sentence);
    if (capture_) {
      const auto stored = capture_->counters();
      const auto path = capture_->path();
      sentence = "capture " + (stored.files_begun == 1 ? capture_path_ : path.string());
      if (stored.files_begun > 1) {
        sentence += ", the last of " + std::to_string(stored.files_begun) + " files";
      }
      std::error_code ignored;
      const auto size = std::filesystem::file_size(path, ignored);
      if (!ignored) sentence += " (" + std::to_string(size / 1024) + " KiB)";
      if (stored.inputs_lost != 0 || stored.bodies_lost != 0) {
        sentence += ", incomplete: " + std::to_string(stored.inputs_lost) + " events and " +
                    std::to_string(stored.bodies_lost) + " bodies could not be stored";
      }
      text += told(sentence);
    }
    write_all(STDERR_FILENO, text);
  }

  static constexpr std::string_view kReloadReason = "reload";
  static constexpr std::chrono::seconds kTidied{20};  ///< between two looks for unused memory

  config::Invocation invocation_;
  const config::Config& config_ = invocation_.config;
  const std::function<config::Invocation()> read_again_;
  const RedactorPtr redactor_;  ///< null: nothing is hidden
  std::shared_ptr<spdlog::logger> log_;
  pipeline::InputQueue queue_;
  std::unique_ptr<sink::Renderer> renderer_;
  net::ServerStart start_;
  std::string capture_path_;
  std::unique_ptr<capture::Writer> capture_;
  bool unused_capture_ = false;  // made just now, and nothing listens yet
  std::unique_ptr<sink::Outlet> outlet_;
  std::unique_ptr<View> shown_;  // with --redact: what the tail shows
  sink::Summary summary_;
  sink::Metrics metrics_;
  std::atomic<const net::Server*> server_ = nullptr;
  const Timestamp started_ = now();
  std::mutex next_rules_mutex_;
  std::optional<findings::Settings> next_rules_;  ///< from the next reload note on
  std::atomic<std::uint64_t> reloads_ = 0, reloads_refused_ = 0;
  report::FindingStore found_;
  std::uint64_t tidied_at_ = 0;  ///< inputs taken when memory was given back
  Timestamp ended_{};            // of the pipeline: what a replay takes for the end, too
};

}  // namespace

int run(const config::Invocation& invocation,
        const std::function<config::Invocation()>& read_again) {
  return Run{invocation, read_again}();
}

}  // namespace eastap::app
