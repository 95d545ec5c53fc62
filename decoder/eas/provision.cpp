#include <string>
#include <utility>

#include <pugixml.hpp>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages/page14_provision.hpp"
#include "decoder/codepages/pages/page18_settings.hpp"
#include "decoder/eas/reading.hpp"
#include "decoder/eas/values/policy.hpp"

/// Provision, [MS-ASPROV] 2.2 and 3.1.5.1.
namespace eastap::eas {
namespace {

namespace provision = codepages::provision;
namespace settings = codepages::settings;

void add_setting(Reading& reading, std::string name, std::string value) {
  auto& kept = reading.command.provision->settings;
  if (kept.size() >= reading.limits.values) {
    reading.remark_limit("policy settings", reading.limits.values);
    return;
  }
  kept.emplace_back(std::move(name), std::move(value));
}

std::string name_of(wbxml::Element element) {
  if (!element.name().empty()) return std::string{element.name()};
  return "tag " + std::to_string(element.tag().page) + ':' + std::to_string(element.tag().token);
}

/// Policies before 12.0 are WAP provisioning XML, [MS-ASPROV] 2.2.2.24.2.
void read_wap_policy(Reading& reading, std::string_view xml) {
  if (xml.size() > reading.limits.xml_octets) return;
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_minimal | pugi::parse_escapes)) {
    return;
  }
  struct Walker : pugi::xml_tree_walker {
    explicit Walker(Reading& to) : reading{to} {}
    bool for_each(pugi::xml_node& node) override {
      if (std::string_view{node.name()} == "parm") {
        add_setting(reading, clipped(node.attribute("name").value(), reading.limits.value_octets),
                    clipped(node.attribute("value").value(), reading.limits.value_octets));
      }
      return true;
    }
    Reading& reading;
  } walker{reading};
  document.traverse(walker);
}

void read_policy_data(Reading& reading, wbxml::Element data) {
  const auto document = data.child(provision::kEASProvisionDoc);
  if (!document) {
    read_wap_policy(reading, data.value());
    return;
  }
  for (const wbxml::Element child : document->children()) {
    if (child.tag().token == wbxml::Node::kPiece) continue;
    if (child.children().empty()) {
      add_setting(reading, name_of(child), reading.text(child));
      continue;
    }
    for (const wbxml::Element entry : child.children()) {  // lists of applications
      add_setting(reading, name_of(child), reading.text(entry));
    }
  }
}

void read_request(Reading& reading, Provision& facts) {
  const wbxml::Element root = *reading.asked;
  if (const auto policies = root.child(provision::kPolicies)) {
    for (const wbxml::Element policy : policies->children()) {
      if (!policy.is(provision::kPolicy)) continue;
      facts.request_key = reading.child_text(policy, provision::kPolicyKey);
      facts.acknowledged_status = reading.child_number(policy, provision::kStatus, false);
      if (facts.acknowledged_status) {
        reading.reported_status("Provision.Policy.Request", "policy on the device",
                                *facts.acknowledged_status);
      }
      break;  // one policy a request, [MS-ASPROV] 2.2.2.40
    }
  }
  const bool has_key = !facts.request_key.empty() && facts.request_key != "0";
  if (facts.acknowledged_status || has_key) facts.phase = Provision::Phase::acknowledge;
  for (const codepages::Tag tag : {provision::kRemoteWipe, provision::kAccountOnlyRemoteWipe}) {
    const auto wipe = root.child(tag);
    if (!wipe) continue;
    facts.phase = Provision::Phase::wipe_acknowledge;
    facts.account_only_wipe = tag == provision::kAccountOnlyRemoteWipe;
    facts.wipe_status = reading.child_number(*wipe, provision::kStatus, false);
    if (facts.wipe_status) {
      reading.reported_status("Provision.RemoteWipe.Request", "wipe on the device",
                              *facts.wipe_status);
    }
  }
  read_settings_groups(reading, root, false);
}

void read_answer(Reading& reading, Provision& facts) {
  const wbxml::Element root = *reading.answered;
  reading.child_status(Level::command, "Provision", "", root, provision::kStatus);
  read_settings_groups(reading, root, true);
  if (const auto policies = root.child(provision::kPolicies)) {
    for (const wbxml::Element policy : policies->children()) {
      if (!policy.is(provision::kPolicy)) continue;
      facts.policy_status = reading.child_status(Level::part, "Provision.Policy", "policy", policy,
                                                 provision::kStatus);
      facts.response_key = reading.child_text(policy, provision::kPolicyKey);
      if (const auto data = policy.child(provision::kData)) read_policy_data(reading, *data);
      break;
    }
  }
  if (root.has(provision::kRemoteWipe)) facts.remote_wipe = true;
  if (root.has(provision::kAccountOnlyRemoteWipe)) {
    facts.remote_wipe = true;
    facts.account_only_wipe = true;
  }
}

std::string asked_words(const Provision& facts) {
  switch (facts.phase) {
    case Provision::Phase::ask: return "ask policy";
    case Provision::Phase::wipe_acknowledge:
      return std::string{facts.account_only_wipe ? "account wipe " : "wipe "} +
             (facts.wipe_status.value_or(1) == 1 ? "done" : "failed");
    case Provision::Phase::acknowledge: break;
  }
  switch (facts.acknowledged_status.value_or(0)) {
    case 1: return "policy applied";
    case 2: return "policy partly applied";
    case 3: return "policy not applied";
    case 4: return "policy left to another manager";
    default: return "acknowledge policy";
  }
}

std::string outcome_words(const Provision& facts) {
  std::string words;
  if (facts.remote_wipe && facts.phase != Provision::Phase::wipe_acknowledge) {
    words = facts.account_only_wipe ? "account wipe ordered" : "remote wipe ordered";
  }
  if (!facts.response_key.empty() && facts.response_key != "0") {
    if (!words.empty()) words += ", ";
    words += "policy key " + facts.response_key +
             (facts.phase == Provision::Phase::ask ? " (temporary)" : " (final)");
  }
  if (!facts.policy.empty()) words += (words.empty() ? "" : ": ") + facts.policy;
  return words;
}

}  // namespace

void read_provision(Reading& reading) {
  Command& command = reading.command;
  Provision& facts = command.provision.emplace();
  if (reading.asked) {
    read_request(reading, facts);
    command.asked = asked_words(facts);
  }
  if (reading.answered) {
    read_answer(reading, facts);
    facts.policy = values::policy_words(facts.settings);
    command.outcome = clipped(outcome_words(facts), reading.limits.line_octets);
  }
}

}  // namespace eastap::eas
