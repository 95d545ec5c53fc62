#include "decoder/findings/incidents.hpp"

#include <algorithm>
#include <cassert>

#include "decoder/base/text.hpp"
#include "decoder/findings/context.hpp"

namespace eastap::findings {

namespace {

constexpr std::chrono::seconds kQuiet = std::chrono::minutes{10};
constexpr std::int64_t kLoadingFactor = 5;  // G11

Severity raised(Severity severity) {
  return severity == Severity::error
             ? severity
             : static_cast<Severity>(static_cast<std::uint8_t>(severity) + 1);
}

Severity lowered(Severity severity) {
  return severity == Severity::info
             ? severity
             : static_cast<Severity>(static_cast<std::uint8_t>(severity) - 1);
}

/// 10, 20, 50, 100, 200, 500 …: the largest of them that is at most `count`; 0 below 10.
std::uint64_t milestone(std::uint64_t count) {
  std::uint64_t best = 0;
  for (std::uint64_t decade = 10; decade <= count; decade *= 10) {
    for (const std::uint64_t step : {decade, 2 * decade, 5 * decade}) {
      if (step <= count) best = step;
    }
    if (decade > count / 10) break;
  }
  return best;
}

/// How much of the past a rule looks at for what would explain its event away (G1, G11). A finding
/// says so when the evidence does not go back that far.
std::chrono::seconds past_needed(RuleId rule) {
  using std::chrono::hours;
  using std::chrono::minutes;
  switch (rule) {
    case RuleId::synckey_zero:
    case RuleId::synckey_zero_repeat:
    case RuleId::synckey_zero_storm: return minutes{30};  // a demand, failures, a new profile
    case RuleId::command_rate:
    case RuleId::identical_commands:
    case RuleId::ping_storm:
    case RuleId::bulk_upload: return minutes{15};  // the initial load
    case RuleId::hierarchy_demand_ignored:
    case RuleId::policy_demand_ignored: return minutes{5};  // what obeys may be on its way
    case RuleId::reply_all_self: return hours{24};          // own mails, addresses
    default: return {};
  }
}

bool plain_user(std::string_view user) {
  return !user.empty() && std::all_of(user.begin(), user.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '@';
  });
}

/// The table's commands name a user "alice"; the finding names the real one, when the name is safe
/// to paste into a shell.
std::string with_user(std::string_view text, std::string_view user) {
  constexpr std::string_view kPlaceholder = "alice";
  const std::string_view name = plain_user(user) ? user : std::string_view{"USER"};
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t at = 0;;) {
    const std::size_t next = text.find(kPlaceholder, at);
    out += text.substr(at, next - at);
    if (next == std::string_view::npos) return out;
    out += name;
    at = next + kPlaceholder.size();
  }
}

/// A person without a name is told apart by the device.
bool of_one_device(const Subject& subject) {
  return subject.device != nullptr &&
         (subject.scope == Scope::device || subject.device->person.empty());
}

}  // namespace

void Incident::because(const Incident* cause) {
  if (cause != nullptr) because(cause->id);
}

void Incident::because(FindingId cause) {
  if (!cause || cause == id || because_of.size() >= 8) return;
  if (std::find(because_of.begin(), because_of.end(), cause) == because_of.end()) {
    because_of.push_back(cause);
  }
}

Incidents::Incidents(const Settings& settings, FindingId last)
    : limits_{settings.limits}, ids_{last.value} {
  limits_.examples = std::max<std::size_t>(limits_.examples, 2);
  limits_.window_events = std::max<std::size_t>(limits_.window_events, 1);
  limits_.tallies = std::max<std::size_t>(limits_.tallies, 16);
  change(settings);
}

void Incidents::change(const Settings& settings) {
  mutes_ = settings.mutes;
  rules_.clear();
  for (const Rule& row : rules()) {
    EffectiveRule rule;
    rule.threshold = row.threshold;
    rule.window = row.window;
    rule.escalate_at = row.escalate_at;
    rule.severity = row.severity;
    const std::string_view guards = row.guards.substr(0, row.guards.find(';'));
    rule.unknown_server_lowers =
        (',' + std::string{guards} + ',').find(",G8,") != std::string::npos;
    rule.patient_while_loading =
        (',' + std::string{guards} + ',').find(",G11,") != std::string::npos;
    if (const auto own = settings.rules.find(row.id); own != settings.rules.end()) {
      const RuleSettings& changes = own->second;
      rule.enabled = changes.enabled.value_or(rule.enabled);
      rule.threshold = changes.threshold.value_or(rule.threshold);
      rule.window = changes.window.value_or(rule.window);
      rule.escalate_at = changes.escalate_at.value_or(rule.escalate_at);
      rule.severity = changes.severity.value_or(rule.severity);
    }
    rules_.push_back(rule);
  }
}

std::string_view Incidents::make_key(RuleId id, const Subject& subject, std::string_view key) {
  key_.clear();
  key_ += static_cast<char>(id);
  if (of_one_device(subject)) {
    key_ += 'd';
    const std::uint64_t serial = subject.device->serial;
    for (unsigned shift = 0; shift < 64; shift += 8)
      key_ += static_cast<char>((serial >> shift) & 0xFF);
  } else if (subject.device != nullptr) {
    key_ += 'p';
    key_ += subject.device->person;
    key_ += '\0';
    if (subject.scope == Scope::person_on_host) key_ += subject.device->host;
    key_ += '\0';
  } else {
    key_ += 'h';
    key_ += subject.host;
    key_ += '\0';
  }
  key_ += key;
  return key_;
}

Incident* Incidents::find(RuleId id, const Subject& subject, std::string_view key) {
  if (of_one_device(subject) && !subject.device->tallied[static_cast<std::size_t>(id)])
    return nullptr;
  const auto* found = tallies_.find(make_key(id, subject, key));
  return found == nullptr ? nullptr : found->get();
}

Timestamp Incidents::closes_at(const Incident& incident) const {
  return incident.last + std::max(rule(incident.rule).window, kQuiet);
}

void Incidents::forget(Incident& incident) {
  if (incident.id && incident.count > incident.emitted_count) {
    closed_.push_back(finding(incident));
    incident.emitted_count = incident.count;
    incident.emitted_severity = incident.severity;
  }
  tallies_.erase(incident.key);
}

Incident& Incidents::get(RuleId id, const Subject& subject, std::string_view key, Timestamp at) {
  const std::string_view whole = make_key(id, subject, key);
  if (const auto* found = tallies_.use(whole); found != nullptr) {
    Incident& known = **found;
    if (closes_at(known) >= at) return known;
    forget(known);
  }
  while (tallies_.size() >= limits_.tallies) forget(*tallies_.oldest());
  auto made = std::make_shared<Incident>();
  if (of_one_device(subject)) subject.device->tallied.set(static_cast<std::size_t>(id));
  made->rule = id;
  made->key = whole;
  made->last = at;
  tallies_.add(made->key, made);
  forget_closings_of_the_forgotten();
  closings_.push({closes_at(*made), ++closing_order_, made});
  return *made;
}

/// Where more devices take turns than there is room for, each event makes a tally that soon has to
/// go again, and the time it would have closed at lies an hour ahead.
void Incidents::forget_closings_of_the_forgotten() {
  constexpr std::size_t kFew = 1'024;
  if (closings_.size() <= 2 * tallies_.size() + kFew) return;
  std::vector<Closing> left;
  left.reserve(2 * tallies_.size());
  tallies_.newest_first([&](const auto& incident) {
    left.push_back({closes_at(*incident), 0, incident});
    return true;
  });
  std::reverse(left.begin(), left.end());
  for (Closing& closing : left) closing.order = ++closing_order_;
  closings_ = decltype(closings_){std::greater<>{}, std::move(left)};
}

bool Incidents::muted(const Rule& row, const Subject& subject) const {
  const auto fits = [](const std::string& wanted, std::string_view is) {
    return wanted.empty() || equals_ignoring_case(wanted, is);
  };
  return std::any_of(mutes_.begin(), mutes_.end(), [&](const Mute& mute) {
    const bool names_nothing = mute.rule.empty() && mute.host.empty() && mute.user.empty() &&
                               mute.device_id.empty() && mute.folder.empty();
    if (names_nothing) return false;
    const Device* device = subject.device;
    const std::string_view host = device != nullptr ? std::string_view{device->host} : subject.host;
    return fits(mute.rule, row.id) && fits(mute.host, host) &&
           (mute.user.empty() ||
            (device != nullptr && normalised_user(mute.user) == device->person)) &&
           (mute.device_id.empty() ||
            (device != nullptr && fits(mute.device_id, device->device_id))) &&
           (mute.folder.empty() || fits(mute.folder, subject.folder_id) ||
            fits(mute.folder, subject.folder_name));
  });
}

void Incidents::add_event(Incident& incident, Timestamp at, ExchangeId exchange) {
  incident.last = std::max(incident.last, at);
  const EffectiveRule& own = rule(incident.rule);
  const std::int64_t needed = std::max<std::int64_t>({own.threshold, own.escalate_at, 1}) *
                              (own.patient_while_loading ? kLoadingFactor : 1);
  incident.events.push({at, exchange},
                       std::min(limits_.window_events, static_cast<std::size_t>(needed)));
  incident.unreported = std::min(incident.unreported + 1, incident.events.size());
}

void Incidents::add_example(Incident& incident, ExchangeId exchange) {
  if (!exchange) return;
  const std::size_t half = limits_.examples / 2;
  const auto& first = incident.first_examples;
  if (std::find(first.begin(), first.end(), exchange) != first.end()) return;
  for (std::size_t index = 0; index < incident.last_examples.size(); ++index) {
    if (incident.last_examples[index] == exchange) return;
  }
  if (first.size() < half) {
    incident.first_examples.push_back(exchange);
  } else {
    incident.last_examples.push(exchange, limits_.examples - half);
  }
}

void Incidents::announce(Incident& incident, Timestamp at) {
  incident.last = std::max(incident.last, at);
  incident.news = true;
  mark(incident);
}

void Incidents::close(Incident& incident, Timestamp at) {
  incident.last = std::max(incident.last, at);
  closed_.push_back(finding(incident));
  incident.emitted_count = incident.count;
  std::erase_if(dirty_, [&](const auto& other) { return other.get() == &incident; });
  forget(incident);
}

void Incidents::mark(Incident& incident) {
  if (incident.dirty) return;
  incident.dirty = true;
  dirty_.push_back(*tallies_.find(incident.key));
}

Incident* Incidents::report(Incident& incident, const Subject& subject, Timestamp at,
                            std::int64_t windowed, std::optional<Severity> base) {
  const EffectiveRule& own = rule(incident.rule);
  const std::int64_t factor = own.patient_while_loading && subject.loading ? kLoadingFactor : 1;
  Severity severity = base.value_or(own.severity);
  if (own.unknown_server_lowers && subject.unknown_server) severity = lowered(severity);
  if (!incident.id) {
    incident.id = FindingId{++ids_};
    incident.severity = severity;
    if (subject.device != nullptr) {
      incident.host = subject.device->host;
      incident.user = subject.device->user;
      incident.device_id = subject.device->device_id;
      incident.device_type = subject.device->device_type;
      incident.evidence_from = subject.device->first_seen;
    } else {
      incident.host = subject.host;
    }
  }
  const bool at_most = findings::rule(incident.rule).at_most();
  const bool escalates =
      own.escalate_at > 0 && !subject.harmless &&
      (at_most ? windowed <= own.escalate_at * factor : windowed >= own.escalate_at * factor);
  incident.escalated = incident.escalated || escalates;
  incident.severity = std::max(incident.severity, incident.escalated ? raised(severity) : severity);
  incident.last = std::max(incident.last, at);
  mark(incident);
  return &incident;
}

Incident* Incidents::count(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
                           ExchangeId exchange, std::optional<Severity> base) {
  const EffectiveRule& own = rule(id);
  if (!own.enabled || muted(findings::rule(id), subject)) return nullptr;
  Incident& incident = get(id, subject, key, at);
  add_event(incident, at, exchange);
  std::size_t windowed = incident.events.size();
  if (own.window.count() > 0) {
    windowed = 0;
    for (std::size_t index = 0; index < incident.events.size(); ++index) {
      if (incident.events[index].time + own.window >= at) ++windowed;
    }
  }
  const std::int64_t factor = own.patient_while_loading && subject.loading ? kLoadingFactor : 1;
  const bool counting_on = incident.id && !incident.restarted;
  if (!counting_on && static_cast<std::int64_t>(windowed) < own.threshold * factor) return nullptr;
  const std::size_t fresh = std::min(incident.unreported, windowed);
  for (std::size_t index = incident.events.size() - fresh; index < incident.events.size();
       ++index) {
    const Incident::Event& event = incident.events[index];
    if (incident.count == 0) incident.first = event.time;
    ++incident.count;
    add_example(incident, event.exchange);
  }
  incident.unreported = 0;
  incident.restarted = false;
  return report(incident, subject, at, static_cast<std::int64_t>(windowed), base);
}

void Incidents::note(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
                     ExchangeId exchange) {
  if (!enabled(id) || muted(findings::rule(id), subject)) return;
  add_event(get(id, subject, key, at), at, exchange);
}

/// The incident when `value` is on the wrong side of the threshold.
Incident* Incidents::reach(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
                           std::int64_t value) {
  const EffectiveRule& own = rule(id);
  if (!own.enabled) return nullptr;
  const std::int64_t factor = own.patient_while_loading && subject.loading ? kLoadingFactor : 1;
  const bool reached = findings::rule(id).at_most() ? value <= own.threshold * factor
                                                    : value >= own.threshold * factor;
  if (!reached || muted(findings::rule(id), subject)) return nullptr;
  Incident& incident = get(id, subject, key, at);
  if (incident.count == 0) incident.first = at;
  return &incident;
}

Incident* Incidents::measure(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
                             ExchangeId exchange, std::int64_t value,
                             std::optional<Severity> base) {
  assert(counts_a_value(id));
  Incident* incident = reach(id, subject, key, at, value);
  if (incident == nullptr) return nullptr;
  incident->count =
      std::max(incident->count, static_cast<std::uint64_t>(std::max<std::int64_t>(value, 1)));
  add_example(*incident, exchange);
  return report(*incident, subject, at, value, base);
}

Incident* Incidents::gauge(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
                           ExchangeId exchange, std::int64_t value, std::optional<Severity> base) {
  Incident* incident = reach(id, subject, key, at, value);
  if (incident == nullptr) return nullptr;
  ++incident->count;
  add_example(*incident, exchange);
  return report(*incident, subject, at, value, base);
}

void Incidents::restart(RuleId id, const Subject& subject, std::string_view key) {
  Incident* known = find(id, subject, key);
  if (known == nullptr) return;
  known->events.clear();
  known->unreported = 0;
  known->restarted = true;
}

Incident* Incidents::open(RuleId id, const Subject& subject, std::string_view key) {
  Incident* known = find(id, subject, key);
  return known != nullptr && known->id ? known : nullptr;
}

Incident* Incidents::latest(RuleId id, const Device& device) {
  constexpr std::size_t kLooked = 512;
  std::size_t looked = 0;
  Incident* found = nullptr;
  tallies_.newest_first([&](const auto& incident) {
    if (incident->rule == id && incident->id && incident->device_id == device.device_id &&
        incident->host == device.host && incident->user == device.user)
      found = incident.get();
    return found == nullptr && ++looked < kLooked;
  });
  return found;
}

std::size_t Incidents::counted(RuleId id, const Subject& subject, std::string_view key) {
  const Incident* known = find(id, subject, key);
  return known == nullptr ? 0 : known->events.size();
}

void Incidents::advance(Timestamp now) {
  while (!closings_.empty() && closings_.top().at < now) {
    const Closing due = closings_.top();
    closings_.pop();
    const auto incident = due.incident.lock();
    if (!incident || tallies_.find(incident->key) == nullptr) continue;
    if (const Timestamp later = closes_at(*incident); later >= now) {
      closings_.push({later, ++closing_order_, incident});
    } else {
      forget(*incident);
    }
  }
}

Finding Incidents::finding(const Incident& incident) const {
  const Rule& row = findings::rule(incident.rule);
  Finding out;
  out.id = incident.id;
  out.rule = row.id;
  out.severity = incident.severity;
  out.time = incident.last;
  out.host = incident.host;
  out.user = incident.user;
  out.device_id = incident.device_id;
  out.device_type = incident.device_type;
  out.count = incident.count;
  out.first = incident.first;
  out.last = incident.last;
  out.exchanges = incident.first_examples;
  for (std::size_t index = 0; index < incident.last_examples.size(); ++index) {
    out.exchanges.push_back(incident.last_examples[index]);
  }
  std::sort(out.exchanges.begin(), out.exchanges.end());
  out.because_of = incident.because_of;
  out.summary = incident.summary.empty() ? std::string{row.title} : incident.summary;
  if (const auto past = std::max(past_needed(incident.rule), incident.looks_back);
      past.count() > 0 && incident.evidence_from != Timestamp{} &&
      incident.first - incident.evidence_from < past) {
    out.summary += "; the evidence begins " +
                   span_of(std::min(incident.evidence_from, incident.first), incident.first) +
                   " before";
  }
  out.explanation = row.consequence;
  out.next_step =
      incident.next_step.empty() ? with_user(row.next_step, incident.user) : incident.next_step;
  out.source = row.source;
  return out;
}

void Incidents::take(std::vector<Finding>& out) {
  out.insert(out.end(), std::make_move_iterator(closed_.begin()),
             std::make_move_iterator(closed_.end()));
  closed_.clear();
  for (const auto& incident : dirty_) {
    incident->dirty = false;
    const bool opened = incident->emitted_count == 0;
    const bool louder = incident->severity > incident->emitted_severity;
    const bool grew = milestone(incident->count) > milestone(incident->emitted_count);
    if (!opened && !louder && !grew && !incident->news) continue;
    incident->news = false;
    incident->emitted_count = incident->count;
    incident->emitted_severity = incident->severity;
    out.push_back(finding(*incident));
  }
  dirty_.clear();
}

void Incidents::take_rest(std::vector<Finding>& out) {
  take(out);
  std::vector<Incident*> grown;
  tallies_.newest_first([&](const auto& incident) {
    if (incident->id && incident->count > incident->emitted_count) grown.push_back(incident.get());
    return true;
  });
  std::sort(grown.begin(), grown.end(),
            [](const Incident* left, const Incident* right) { return left->id < right->id; });
  for (Incident* incident : grown) {
    incident->emitted_count = incident->count;
    out.push_back(finding(*incident));
  }
}

std::vector<FindingId> Incidents::open_ids() const {
  std::vector<FindingId> out;
  tallies_.newest_first([&](const auto& incident) {
    if (incident->id) out.push_back(incident->id);
    return true;
  });
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace eastap::findings
