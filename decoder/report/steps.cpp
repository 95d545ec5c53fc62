#include "decoder/report/steps.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "decoder/eas/status_table.hpp"
#include "decoder/findings/rule_table.hpp"
#include "decoder/render/exchange_words.hpp"

namespace eastap::report {
namespace {

using findings::Device;
using findings::Milestone;
using findings::Obstacle;
using findings::Stage;

constexpr std::array<Stage, findings::kStages> kOrder{
    Stage::trusted,     Stage::options,    Stage::signed_in, Stage::provision,
    Stage::folder_sync, Stage::first_sync, Stage::wait,      Stage::push};

std::size_t index_of(Stage stage) { return static_cast<std::size_t>(stage); }

/// What one phone achieved, over all its contexts.
struct Merged {
  std::array<Milestone, findings::kStages> done;
  std::array<Obstacle, findings::kStages> missed;
  std::string scheme;
  bool credential_sent = false;

  void add(const findings::Setup& setup) {
    for (std::size_t index = 0; index < done.size(); ++index) {
      const Milestone& milestone = setup.done[index];
      if (milestone && (!done[index] || milestone.time < done[index].time)) done[index] = milestone;
      const Obstacle& obstacle = setup.missed[index];
      if (obstacle && (!missed[index] || obstacle.time > missed[index].time))
        missed[index] = obstacle;
    }
    if (scheme.empty()) scheme = setup.scheme;
    credential_sent = credential_sent || setup.credential_sent;
  }
};

std::string_view scope_of(Stage stage, const Obstacle& obstacle) {
  switch (stage) {
    case Stage::provision: return obstacle.of_policy ? "Provision.Policy" : "Provision";
    case Stage::folder_sync: return "FolderSync";
    case Stage::wait: return "Ping";
    default: return "Sync";
  }
}

std::string_view maker(findings::Party party) {
  switch (party) {
    case findings::Party::front_end: return " from Exchange's front end";
    case findings::Party::back_end: return " from Exchange";
    case findings::Party::middlebox: return " from a middlebox, not Exchange";
    case findings::Party::proxy: return " from this proxy itself";
    case findings::Party::unknown: return " from an unknown sender";
    case findings::Party::none:
    case findings::Party::device: break;
  }
  return "";
}

std::string ending_words(model::Ending ending) {
  switch (ending) {
    case model::Ending::device_closed:
    case model::Ending::device_reset: return "the device ended the connection before the answer";
    case model::Ending::server_closed:
    case model::Ending::server_reset: return "the server ended the connection without an answer";
    case model::Ending::proxy_stopped: return "eastap was stopped before the answer";
    case model::Ending::proxy_failed: return "this proxy could not pass it on";
    case model::Ending::open:
    case model::Ending::complete: break;
  }
  return "no answer came";
}

std::string unauthorised_words(const Obstacle& obstacle, bool credential_sent) {
  std::string schemes;
  const auto add = [&](bool offered, std::string_view name) {
    if (offered) schemes.append(schemes.empty() ? "" : ", ").append(name);
  };
  add(obstacle.offers_basic, "Basic");
  add(obstacle.offers_bearer, "Bearer");
  add(obstacle.offers_negotiate, "Negotiate or NTLM");
  std::string out = "HTTP 401";
  out += schemes.empty() ? ", and the server names no way to sign in"
                         : ", the server offers " + schemes;
  return out + (credential_sent ? "; the credential sent was refused"
                                : "; the device sent no credential");
}

std::string reason_of(Stage stage, const Obstacle& obstacle, bool credential_sent) {
  if (obstacle.http == 0) return ending_words(obstacle.ending);
  if (obstacle.http == 401) return unauthorised_words(obstacle, credential_sent);
  if (obstacle.page) return "an HTML page came instead of ActiveSync";
  if (obstacle.by_device) {
    return "the device " +
           std::string{obstacle.status == 2 ? "applied only a part of the policy"
                                            : "did not apply the policy"} +
           " (its status " + std::to_string(obstacle.status) + ")";
  }
  const bool demand = obstacle.http == 449 || (obstacle.status >= 142 && obstacle.status <= 144);
  std::string out =
      obstacle.http == 200 && obstacle.status > 1
          ? (obstacle.of_policy ? "policy status " : "status ") + std::to_string(obstacle.status)
          : "HTTP " + std::to_string(obstacle.http);
  if (demand) return out + ": the server demands Provision";
  if (obstacle.http == 200 && obstacle.status > 1) {
    const eas::StatusRow* row = eas::find_status(scope_of(stage, obstacle), obstacle.status);
    if (row != nullptr) out += " " + std::string{row->name};
    return out;
  }
  if (const eas::HttpStatusRow* row = eas::find_http_status(obstacle.http))
    out += " " + std::string{row->name};
  out += maker(obstacle.party);
  if (obstacle.ending != model::Ending::complete) out += "; " + ending_words(obstacle.ending);
  return out;
}

std::string remedy_of(Stage stage, const Obstacle& obstacle) {
  if (obstacle.page) return std::string{findings::rule(findings::RuleId::not_eas_answer).next_step};
  if (obstacle.by_device)
    return std::string{findings::rule(findings::RuleId::provision_negative_ack).next_step};
  if (obstacle.http == 200 && obstacle.status > 1) {
    const eas::StatusRow* row = eas::find_status(scope_of(stage, obstacle), obstacle.status);
    return row != nullptr ? std::string{row->next_step} : std::string{};
  }
  const eas::HttpStatusRow* row = eas::find_http_status(obstacle.http);
  return row != nullptr && obstacle.http != 200 ? std::string{row->next_step} : std::string{};
}

std::string up_to(std::uint64_t seconds) {
  return seconds == 0 ? "under 1 s" : "up to " + std::to_string(seconds) + " s";
}

std::string label_of(const Device& device, std::string_view folder) {
  const auto known = device.folders.find(folder);
  return known == device.folders.end() || known->second.name.empty()
             ? device.folder_label(folder)
             : render::folder_label(known->second.name, folder);
}

/// What is told of a stage that was reached.
std::string done_words(Stage stage, const Card& card, const Device& device, const Merged& merged) {
  switch (stage) {
    case Stage::trusted: return "from " + card.client;
    case Stage::options: return card.best_version.empty() ? "" : card.best_version + " offered";
    case Stage::signed_in: return merged.scheme.empty() ? "no credential in it" : merged.scheme;
    case Stage::provision: return "policy key " + device.policy_key;
    case Stage::folder_sync:
      return device.setup.folders == 0 ? "" : std::to_string(device.setup.folders) + " folders";
    case Stage::first_sync: {
      const auto first = std::count_if(
          device.collections.begin(), device.collections.end(),
          [](const findings::CollectionHistory& one) { return bool{one.first_answer}; });
      return std::to_string(first) + " of " + std::to_string(device.collections.size()) +
             (device.collections.size() == 1 ? " folder" : " folders");
    }
    case Stage::wait: return up_to(card.waits.most);
    case Stage::push: {
      const std::string sync = "#" + std::to_string(merged.done[index_of(stage)].exchange.value);
      const std::string told = "#" + std::to_string(device.setup.announced_by.value);
      std::string out = told == sync ? "the waiting Sync brought it"
                                     : "announced by " + told + ", brought by " + sync;
      return out + ", " + label_of(device, device.setup.pushed);
    }
  }
  return "";
}

const findings::OpenRequest* open_wait(const Device& device) {
  const auto found = std::find_if(device.open.begin(), device.open.end(),
                                  [](const findings::OpenRequest& open) { return open.hangs; });
  return found == device.open.end() ? nullptr : &*found;
}

/// A stage that was not reached and at which nothing went wrong.
void fill_unreached(Step& step, const Device& device, bool later_done) {
  if (step.stage == Stage::provision && device.setup.policy_asked) {
    step.state = State::half;
    step.time = device.setup.policy_asked.time;
    step.exchange = device.setup.policy_asked.exchange;
    step.text = "the policy was delivered and not acknowledged";
    return;
  }
  if (step.stage == Stage::wait) {
    if (const findings::OpenRequest* open = open_wait(device)) {
      step.state = State::waiting;
      step.time = open->began;
      step.exchange = open->id;
      step.text = "waiting for " + up_to(device.setup.waits.asked_last);
      return;
    }
  }
  if (!later_done) return;
  if (step.stage == Stage::provision) {
    const std::string& key = device.setup.policy_key_used;
    const bool unneeded = device.setup.at(Stage::folder_sync) && (key.empty() || key == "0");
    step.state = unneeded ? State::unneeded : State::unseen;
    step.text = unneeded ? "the server did not demand it" : "";
    return;
  }
  step.state = State::unseen;
}

std::string_view command_of(Stage stage) {
  constexpr std::array<std::string_view, findings::kStages> kNames{
      "exchange", "OPTIONS", "request with a credential", "Provision", "FolderSync", "Sync",
      "",         ""};
  return kNames[index_of(stage)];
}

/// Where it went no further, and why; nothing when it got as far as the first Sync.
std::optional<Stop> stop_of(const Card& card, const Device& device, const Merged& merged) {
  std::size_t highest = 0;
  for (std::size_t index = 0; index < findings::kStages; ++index) {
    if (card.steps[index].state == State::done) highest = index;
  }
  const auto need_sync = index_of(Stage::first_sync);
  if (highest >= need_sync && !(highest == need_sync && merged.missed[index_of(Stage::wait)]))
    return std::nullopt;
  for (std::size_t index = highest + 1; index < findings::kStages; ++index) {
    const Step& step = card.steps[index];
    if (step.state != State::failed) continue;
    return Stop{step.stage, step.text, remedy_of(step.stage, merged.missed[index])};
  }
  for (std::size_t index = highest + 1; index <= need_sync; ++index) {
    const Step& step = card.steps[index];
    if (step.state == State::half) return Stop{step.stage, step.text, ""};
    // A server need not demand a policy, and the credential comes with the next command.
    if (step.stage == Stage::provision || step.stage == Stage::signed_in) continue;
    const bool out = std::any_of(device.open.begin(), device.open.end(),
                                 [](const findings::OpenRequest& open) { return !open.hangs; });
    if (out) return Stop{step.stage, "the latest request has had no answer", ""};
    return Stop{step.stage, "no " + std::string{command_of(step.stage)} + " was answered or sent",
                ""};
  }
  return std::nullopt;
}

std::string kind_words(const findings::Clients::Failure& failure) {
  std::string out = failure.kind == model::ConnectionEvent::Kind::client_tls_failed
                        ? "TLS with the device failed for "
                        : "the server could not be reached for ";
  out += failure.host + " (" + failure.reason;
  if (failure.count > 1) out += ", " + std::to_string(failure.count) + " times";
  return out + ")";
}

}  // namespace

void fill_steps(Card& card, const Device& device, const std::vector<const Device*>& more) {
  Merged merged;
  merged.add(device.setup);
  for (const Device* other : more) merged.add(other->setup);
  card.steps.clear();
  for (const Stage stage : kOrder) {
    const std::size_t index = index_of(stage);
    Step step;
    step.stage = stage;
    const bool later_done =
        std::any_of(merged.done.begin() + static_cast<std::ptrdiff_t>(index) + 1, merged.done.end(),
                    [](const Milestone& one) { return bool{one}; });
    if (merged.done[index]) {
      step.state = State::done;
      step.time = merged.done[index].time;
      step.exchange = merged.done[index].exchange;
      step.text = done_words(stage, card, device, merged);
    } else if (merged.missed[index]) {
      // A server without a policy for the device says so, and there is nothing to acknowledge.
      const bool none = merged.missed[index].of_policy && merged.missed[index].status == 2;
      step.state = none ? State::unneeded : State::failed;
      step.time = merged.missed[index].time;
      step.exchange = merged.missed[index].exchange;
      step.text = reason_of(stage, merged.missed[index], merged.credential_sent);
    } else {
      fill_unreached(step, device, later_done);
    }
    card.steps.push_back(std::move(step));
  }
  card.stop = stop_of(card, device, merged);
}

void fill_steps(Card& card, const findings::Clients::Client& client) {
  card.steps.clear();
  for (const Stage stage : kOrder) card.steps.push_back({stage, State::missing, {}, {}, {}});
  if (client.failures.empty()) return;
  const auto latest =
      std::max_element(client.failures.begin(), client.failures.end(),
                       [](const auto& left, const auto& right) { return left.last < right.last; });
  card.steps[0].state = State::failed;
  card.steps[0].time = latest->last;
  card.steps[0].text = kind_words(*latest);
  card.stop = Stop{Stage::trusted, card.steps[0].text, latest->detail};
}

}  // namespace eastap::report
