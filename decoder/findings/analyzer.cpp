#include "decoder/findings/analyzer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "decoder/findings/apply.hpp"
#include "decoder/findings/clients.hpp"
#include "decoder/findings/context.hpp"
#include "decoder/findings/evidence_clock.hpp"
#include "decoder/findings/rules/rules.hpp"
#include "decoder/findings/searches.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kVerbCount = 32;
/// At the end of the evidence a search that was tried this long ago has failed.
constexpr std::chrono::seconds kSearchOver{60};

/// Detectors of a phase by command, so that an ordinary request meets only its own.
using Dispatch = std::array<std::vector<void (*)(Context&)>, kVerbCount>;

Dispatch dispatch_of(Phase phase) {
  Dispatch out;
  for (const Detector& detector : detectors()) {
    if (detector.phase != phase) continue;
    for (std::size_t verb = 0; verb < kVerbCount; ++verb) {
      if ((detector.verbs >> verb & 1U) != 0) out[verb].push_back(detector.run);
    }
  }
  return out;
}

void run(const Dispatch& dispatch, Context& context) {
  for (const auto detector : dispatch[static_cast<std::size_t>(context.facts.verb)])
    detector(context);
}

/// What a device begins an account with. One that synchronises was set up long before, and goes on
/// beside a search for another account.
bool sets_up(const Facts& facts) {
  return facts.verb == Verb::options || facts.verb == Verb::provision ||
         facts.verb == Verb::settings ||
         (facts.verb == Verb::folder_sync && facts.command->sync_key == "0");
}

}  // namespace

class Analyzer::Engine {
 public:
  explicit Engine(Settings settings, FindingId last = {})
      : limits_{settings.limits},
        history_{settings.limits},
        incidents_{settings, last},
        items_{settings.limits.item_octets},
        people_{settings.limits.people},
        searches_{settings.limits.searches},
        clients_{settings.limits.hosts},
        on_request_{dispatch_of(Phase::request)},
        on_answer_{dispatch_of(Phase::answer)},
        settings_{std::move(settings)} {}

  void change(Settings settings) {
    settings.limits = limits_;
    incidents_.change(settings);
    settings_ = std::move(settings);
  }

  std::vector<Finding> observe(const model::Exchange& exchange, const eas::Command& command) {
    std::vector<Finding> out;
    if (exchange.connection == nullptr || exchange.request == nullptr) return out;
    note_trust(exchange);
    const bool discovers = command.autodiscover.has_value() || command.name == "Autodiscover";
    if (!command.is_activesync && !discovers) {
      take(out);
      return out;
    }
    const bool waits = exchange.ending == model::Ending::open;
    const auto device = history_.device(exchange.connection->host, command.user, command.device_id,
                                        command.device_type, command.user_agent);
    const Microseconds shift = clock_.arrive(arrival_of(exchange));
    Facts facts = request_facts(exchange, command, shift_of_request(*device, exchange, shift));
    if (!waits) add_answer(facts, std::max(now_, facts.sent), shift);
    pass_time(waits ? facts.sent : facts.ended);
    const std::string_view client = without_port(exchange.connection->client);
    if (!searches_.empty() && sets_up(facts))
      searches_.ended_by(client, device->person, facts.began, incidents_);

    if (device->monitoring) return out;
    Host& host = history_.host(exchange.connection->host);
    Context context{facts,      device, *device, host,      incidents_,
                    deadlines_, items_, people_, settings_, limits_};

    const auto twin =
        std::find_if(device->open.begin(), device->open.end(), [&](const OpenRequest& open) {
          return open.id == exchange.id ||
                 (open.began == facts.began && open.fingerprint == facts.fingerprint);
        });
    const bool begun = twin != device->open.end();
    if (is_duplicate(*device, facts)) {
      if (begun) device->open.erase(twin);
    } else if (waits) {
      if (!begun) begin(context);
    } else {
      if (begun) {
        twin->id = exchange.id;
      } else {
        begin(context);
      }
      if (discovers) searches_.observe(facts, people_);
      if (!host.activesync_seen && !facts.head.activesync.empty()) host.activesync_seen = true;
      run(on_answer_, context);
      apply_answer(context);
      apply_setup_answer(context);
    }
    history_.settle(*device);
    take(out);
    return out;
  }

  std::vector<Finding> observe(const model::ConnectionEvent& event) {
    std::vector<Finding> out;
    pass_time(event.time + clock_.arrive(event.time));
    detect_connection(event, incidents_, clients_);
    using Kind = model::ConnectionEvent::Kind;
    if (event.connection != nullptr &&
        (event.kind == Kind::client_tls_failed || event.kind == Kind::upstream_failed))
      clients_.note_failure(event);
    searches_.observe(event);
    take(out);
    return out;
  }

  std::vector<Finding> finish(Timestamp end) {
    std::vector<Finding> out;
    pass_time(end + clock_.offset());
    searches_.settle(now_, kSearchOver, incidents_);
    incidents_.take_rest(out);
    show_times(out);
    return out;
  }

  [[nodiscard]] Size size() const {
    return {history_.devices(), history_.octets(), incidents_.size(), incidents_.closings()};
  }
  /// The same from nothing, whose findings are numbered on.
  [[nodiscard]] std::unique_ptr<Engine> renewed() const {
    return std::make_unique<Engine>(settings_, incidents_.last());
  }
  [[nodiscard]] Knowledge knowledge() const {
    return {history_, clients_, clock_, incidents_.open_ids()};
  }

 private:
  /// Whatever was asked: the device has accepted our certificate for this host.
  void note_trust(const model::Exchange& exchange) {
    const model::Connection& connection = *exchange.connection;
    if (!connection.tls) return;
    const std::string_view client = without_port(connection.client);
    if (clients_.decrypted(client, connection.host)) {
      detect_trust(client, connection.host, exchange.request->ended, incidents_);
    }
  }

  /// The moment at which this was handed over, by the clock of the machine.
  static Timestamp arrival_of(const model::Exchange& exchange) {
    if (exchange.ending == model::Ending::open) return exchange.request->ended;
    if (exchange.ended != Timestamp{}) return exchange.ended;
    return exchange.response != nullptr ? exchange.response->ended : exchange.request->ended;
  }

  /// An exchange that was open while the clock was set back keeps the time of its beginning.
  static Microseconds shift_of_request(const Device& device, const model::Exchange& exchange,
                                       Microseconds shift) {
    if (shift == Microseconds{}) return shift;
    for (const OpenRequest& open : device.open) {
      if (open.id == exchange.id) return open.began - exchange.request->began;
    }
    return shift;
  }

  void take(std::vector<Finding>& out) {
    incidents_.take(out);
    show_times(out);
  }

  /// Findings tell the times that the clock showed.
  void show_times(std::vector<Finding>& out) const {
    if (!clock_.stepped()) return;
    for (Finding& finding : out) {
      for (Timestamp* time : {&finding.time, &finding.first, &finding.last})
        *time = clock_.shown(*time);
    }
  }

  void begin(Context& context) {
    apply_identity(context);
    run(on_request_, context);
    apply_request(context);
    apply_setup_request(context);
    watch_for_answer(context);
  }

  /// One deadline a device suffices: it looks at all that is open.
  void watch_for_answer(Context& context) {
    Device& device = context.device;
    if (device.answer_deadline || context.facts.may_hang ||
        context.facts.exchange->ending != model::Ending::open)
      return;
    device.answer_deadline = true;
    deadlines_.add(
        context.facts.sent + std::chrono::seconds{incidents_.rule(RuleId::no_answer).threshold},
        context.owner, Wait::answer, context.facts.id);
  }

  /// Two imported logs can hold one exchange twice (G6): same moment, same content.
  static bool is_duplicate(const Device& device, const Facts& facts) {
    for (std::size_t back = device.steps.size(); back-- > 0;) {
      const Step& step = device.steps[back];
      if (device.steps.fingerprint(back) == facts.fingerprint &&
          (step.id == facts.id || step.began == facts.began))
        return true;
      if (device.steps.size() - back >= 8) break;
    }
    return false;
  }

  /// Time only moves on; a late event is taken at the time it names and moves nothing back.
  void pass_time(Timestamp to) {
    if (to <= now_) return;
    while (deadlines_.due(to)) {
      const Deadline deadline = deadlines_.take();
      const auto device = deadline.device.lock();
      if (!device) continue;
      incidents_.advance(deadline.at);
      Moment moment{deadline.at, *device, incidents_};
      switch (deadline.wait) {
        case Wait::policy_silence: policy_silence_passed(moment, deadline); break;
        case Wait::provision_finish: provision_finish_passed(moment, deadline); break;
        case Wait::more_items: more_items_passed(moment, deadline); break;
        case Wait::quarantine: quarantine_passed(moment, deadline); break;
        case Wait::folders_unused: folders_unused_passed(moment, deadline); break;
        case Wait::answer: answer_deadline(device, moment, deadline); break;
      }
    }
    now_ = to;
    if (!searches_.empty())
      searches_.settle(now_, incidents_.rule(RuleId::autodiscover_failed).window, incidents_);
    incidents_.advance(now_);
  }

  void answer_deadline(const std::shared_ptr<Device>& device, Moment& moment,
                       const Deadline& deadline) {
    device->answer_deadline = false;
    answer_passed(moment, deadline);
    const std::chrono::seconds patience{incidents_.rule(RuleId::no_answer).threshold};
    Timestamp next{};
    ExchangeId about;
    for (const OpenRequest& open : device->open) {
      if (open.hangs || open.sent + patience <= moment.now) continue;
      if (next == Timestamp{} || open.sent + patience < next) {
        next = open.sent + patience;
        about = open.id;
      }
    }
    if (next == Timestamp{}) return;
    device->answer_deadline = true;
    deadlines_.add(next, device, Wait::answer, about);
  }

  Limits limits_;
  History history_;
  Incidents incidents_;
  Deadlines deadlines_;
  ItemStore items_;
  People people_;
  Searches searches_;
  Clients clients_;
  Dispatch on_request_, on_answer_;
  Settings settings_;
  EvidenceClock clock_;
  Timestamp now_{};
};

Analyzer::Analyzer(Settings settings) : engine_{std::make_unique<Engine>(std::move(settings))} {}
Analyzer::Analyzer(Analyzer&&) noexcept = default;
Analyzer& Analyzer::operator=(Analyzer&&) noexcept = default;
Analyzer::~Analyzer() = default;

std::vector<Finding> Analyzer::observe(const model::Exchange& exchange,
                                       const eas::Command& command) {
  return engine_->observe(exchange, command);
}
std::vector<Finding> Analyzer::observe(const model::ConnectionEvent& event) {
  return engine_->observe(event);
}
std::vector<Finding> Analyzer::finish(Timestamp end) { return engine_->finish(end); }
void Analyzer::change(Settings settings) { engine_->change(std::move(settings)); }
void Analyzer::forget() { engine_ = engine_->renewed(); }
Analyzer::Size Analyzer::size() const { return engine_->size(); }
Analyzer::Knowledge Analyzer::knowledge() const { return engine_->knowledge(); }

}  // namespace eastap::findings
