// Provision that does not end, policies not applied, wipes: D-05, D-06, D-40.

#include <algorithm>
#include <array>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::string_view kKey;  // one incident a device

/// Settings of a policy that devices refuse most, with the values that demand something.
std::string policy_text(const eas::Provision& provision) {
  static constexpr std::array<std::string_view, 9> kNames{"DevicePasswordEnabled",
                                                          "MinDevicePasswordLength",
                                                          "MinDevicePasswordComplexCharacters",
                                                          "AlphanumericDevicePasswordRequired",
                                                          "DevicePasswordExpiration",
                                                          "DevicePasswordHistory",
                                                          "MaxDevicePasswordFailedAttempts",
                                                          "RequireDeviceEncryption",
                                                          "RequireStorageCardEncryption"};
  std::string out;
  for (const auto& [name, value] : provision.settings) {
    if (value.empty() || value == "0" || value.size() > 32) continue;
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end() || out.size() > 300) continue;
    out += (out.empty() ? "" : ", ") + name + " " + value;
  }
  return out;
}

bool asks_to_provision(const Facts& facts) {
  return (facts.status >= 142 && facts.status <= 144) || facts.http == 449;
}

}  // namespace

void detect_provision_loop(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const auto& provision = facts.command->provision;
  if (provision && provision->phase == eas::Provision::Phase::wipe_acknowledge) return;
  if (facts.http == 401) return;             // a leg of the sign-in is no round
  if (device.provision_undelivered) return;  // G3: asking again is right
  ++device.provisions;
  Incidents& incidents = context.incidents;
  const Subject subject = context.subject();
  if (incidents.open(RuleId::provision_110_loop, subject, kKey) != nullptr) {
    incidents.note(RuleId::provision_loop, subject, kKey, facts.began, facts.id);
    return;
  }
  Incident* incident =
      incidents.count(RuleId::provision_loop, subject, kKey, facts.began, facts.id);
  if (incident == nullptr) return;
  for (const RuleId cause : {RuleId::provision_negative_ack, RuleId::provision_refused}) {
    incident->because(incidents.open(cause, subject, kKey));
  }
  incident->summary =
      words({number(static_cast<std::int64_t>(incident->count)), " Provision requests in ",
             span_of(incident->first, facts.began), " and no data command that worked between"});
}

void detect_provision_answer(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  Incidents& incidents = context.incidents;
  const Subject subject = context.subject();
  const std::string& version = facts.command->protocol_version;
  const bool old_client = version.starts_with("2.") || version.starts_with("12.");
  if (facts.status == 110 || (old_client && facts.http == 500)) {
    ++device.provision_110;
    Incident* incident =
        incidents.count(RuleId::provision_110_loop, subject, kKey, facts.ended, facts.id);
    if (incident != nullptr) {
      context.claimed = true;
      incident->because(incidents.open(RuleId::server_exception, subject, "Provision 110"));
      incident->because(incidents.open(RuleId::provision_loop, subject, kKey));
      incident->summary = words({number(static_cast<std::int64_t>(incident->count)),
                                 " Provision answers with status 110 in a row, ",
                                 span_of(incident->first, facts.ended), "; the device asks on"});
      const std::string& agent = facts.command->user_agent;
      if (agent.find("/1101.") != std::string::npos) {
        incident->summary += "; iOS 7.0, the client of KB 2851708";
      }
    }
  } else if (device.provision_110 > 0 && facts.http != 0 && facts.http != 401) {
    device.provision_110 = 0;
    incidents.restart(RuleId::provision_110_loop, subject, kKey);
  }

  const auto& provision = facts.command->provision;
  if (!provision) return;
  if (!provision->settings.empty()) device.policy_text = policy_text(*provision);
  const int applied = provision->acknowledged_status.value_or(1);
  if (applied >= 2 && applied <= 4) {
    const std::optional<Severity> base =
        applied == 2 ? std::optional{Severity::notice} : std::nullopt;
    Incident* incident =
        incidents.count(RuleId::provision_negative_ack, subject, kKey, facts.ended, facts.id, base);
    if (incident != nullptr) {
      incident->summary = words({"the device says it ",
                                 applied == 2   ? "applied the policy in part"
                                 : applied == 3 ? "did not apply the policy"
                                                : "is managed by someone else",
                                 " (status ", number(applied), ")"});
      if (!device.policy_text.empty())
        incident->summary += "; the policy demands " + device.policy_text;
    }
  }
  const bool asked = provision->phase == eas::Provision::Phase::ask;
  if (asked && facts.delivered && !provision->response_key.empty() &&
      provision->response_key != "0" && facts.success && !provision->remote_wipe) {
    const auto window = incidents.rule(RuleId::provision_abandoned).window;
    for (const int round : {1, 2}) {
      context.deadlines.add(facts.ended + round * window, context.owner, Wait::provision_finish,
                            facts.id);
    }
  }
}

void provision_finish_passed(Moment& moment, const Deadline& deadline) {
  Device& device = moment.device;
  if (device.policy_delivered.exchange != deadline.about) return;
  if (device.last_began > device.policy_delivered.time) return;  // it went on in another way
  Incident* incident = moment.incidents.count(RuleId::provision_abandoned, moment.subject(), kKey,
                                              moment.now, deadline.about);
  if (incident == nullptr) return;
  incident->summary = words({"the policy was delivered (", exchange_number(deadline.about),
                             "), and the device has not acknowledged it for ",
                             span_of(device.policy_delivered.time, moment.now)});
}

void detect_provision_refused(Context& context) {
  const Facts& facts = context.facts;
  if (facts.status != 139 && facts.status != 141 && facts.status != 145) return;
  context.claimed = true;
  const Subject subject = context.subject();
  Incident* incident =
      context.incidents.count(RuleId::provision_refused, subject, kKey, facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->because(context.incidents.open(RuleId::provision_negative_ack, subject, kKey));
  incident->summary = words({facts.command->name, " refused with status ", number(facts.status),
                             ": the device does not meet the policy"});
}

void detect_policy_demand(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  if (!asks_to_provision(facts) || facts.verb == Verb::options || facts.verb == Verb::settings)
    return;
  const Subject subject = context.subject();
  const int code = facts.http == 449 ? 449 : facts.status;
  // G2: only what began after the demand had arrived ignores it.
  if (device.policy_demand && facts.began >= device.policy_demand.time) {
    // The first refusal made the demand: it is no ignoring yet, and counts for the escalation.
    const EffectiveRule& rule = context.incidents.rule(RuleId::policy_demand_ignored);
    const bool loud = rule.escalate_at > 0 && device.policy_refusals + 1 >= rule.escalate_at &&
                      rule.severity != Severity::error;
    const auto base =
        loud ? std::optional{static_cast<Severity>(static_cast<std::uint8_t>(rule.severity) + 1)}
             : std::nullopt;
    Incident* incident = context.incidents.count(RuleId::policy_demand_ignored, subject, kKey,
                                                 facts.ended, facts.id, base);
    if (incident != nullptr) {
      context.claimed = true;
      context.incidents.add_example(*incident, device.policy_demand.exchange);
      incident->summary =
          words({"the server demands Provision (", number(code), ", first in ",
                 exchange_number(device.policy_demand.exchange), ") and the device sent ",
                 number(static_cast<std::int64_t>(incident->count)), " other commands instead"});
    }
  }
  if (!facts.delivered || device.steps.size() < 3) return;  // G1: it must have been talking
  std::vector<Microseconds> gaps;
  for (std::size_t index = 1; index < device.steps.size(); ++index) {
    gaps.push_back(device.steps[index].began - device.steps[index - 1].began);
  }
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  const Microseconds least =
      std::chrono::seconds{context.incidents.rule(RuleId::policy_demand_silence).threshold};
  context.deadlines.add(facts.ended + std::max(least, 2 * *middle), context.owner,
                        Wait::policy_silence, facts.id);
}

void policy_silence_passed(Moment& moment, const Deadline& deadline) {
  Device& device = moment.device;
  if (device.steps.empty() || !device.open.empty()) return;
  const Step* demand = nullptr;
  for (std::size_t index = 0; index < device.steps.size(); ++index) {
    if (device.steps[index].id == deadline.about) demand = &device.steps[index];
  }
  // Requests that were on their way may end after the demand; new ones end the silence.
  if (demand == nullptr || device.last_began > demand->ended) return;
  const bool is_latest = device.steps.newest().id == deadline.about;
  const bool left = device.dropped && device.dropped.time >= demand->ended;
  if (!is_latest && !left) return;
  const auto silent =
      std::chrono::duration_cast<std::chrono::seconds>(moment.now - device.last_ended);
  Incident* incident = moment.incidents.gauge(RuleId::policy_demand_silence, moment.subject(), kKey,
                                              moment.now, deadline.about, silent.count(),
                                              left ? std::optional{Severity::info} : std::nullopt);
  if (incident == nullptr) return;
  incident->because(moment.incidents.open(RuleId::policy_demand_ignored, moment.subject(), kKey));
  incident->summary =
      words({"the server demanded Provision (", number(device.policy_demand.code), " in ",
             exchange_number(deadline.about), ") and the device has been silent for ",
             span_of(device.last_ended, moment.now)});
  if (left) incident->summary += "; its connections dropped before, it left the network";
}

void detect_policy_obeyed(Context& context) {
  if (!context.device.policy_demand) return;
  context.incidents.restart(RuleId::policy_demand_ignored, context.subject(), kKey);
}

void detect_wipe(Context& context) {
  const Facts& facts = context.facts;
  const auto& provision = facts.command->provision;
  const Subject subject = context.subject();
  if (provision && provision->wipe_status) {
    if (Incident* incident = context.incidents.open(RuleId::wipe_command, subject, kKey)) {
      context.incidents.add_example(*incident, facts.id);
      incident->summary = *provision->wipe_status == 1
                              ? "remote wipe: the device acknowledged, it erases itself"
                              : "remote wipe: the device answered that it failed";
      context.incidents.announce(*incident, facts.ended);
      return;
    }
  }
  const bool orders = provision && provision->remote_wipe &&
                      provision->phase != eas::Provision::Phase::wipe_acknowledge;
  if (!orders && facts.status != 140) return;
  context.claimed = true;
  Incident* incident =
      context.incidents.count(RuleId::wipe_command, subject, kKey, facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({"the server orders this device to erase ",
                             orders && provision->account_only_wipe ? "the account" : "itself",
                             " (", orders ? "RemoteWipe" : "status 140", ")"});
}

}  // namespace eastap::findings
