#include "decoder/findings/setup.hpp"

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/findings/context.hpp"
#include "decoder/findings/fault.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kAgentOctets = 128;
/// What a Sync brings later than this after a Ping was not brought by it.
constexpr std::chrono::minutes kPushed{10};

std::uint16_t short_number(std::int64_t value) {
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(value, 0, 0xFFFF));
}

void reach(Setup& setup, Stage stage, Timestamp time, ExchangeId exchange) {
  Milestone& milestone = setup.done[static_cast<std::size_t>(stage)];
  if (!milestone) milestone = {time, exchange};
}

void miss(Setup& setup, Stage stage, const Facts& facts, int status) {
  Obstacle& obstacle = setup.missed[static_cast<std::size_t>(stage)];
  obstacle = {};
  obstacle.time = facts.ended;
  obstacle.exchange = facts.id;
  obstacle.http = short_number(facts.http);
  obstacle.status = short_number(status);
  obstacle.ending = facts.exchange->ending;
  obstacle.party = fault_of(facts).party;
  obstacle.page = facts.page;
  obstacle.offers_basic = facts.head.offers_basic;
  obstacle.offers_bearer = facts.head.offers_bearer;
  obstacle.offers_negotiate = facts.head.offers_negotiate;
}

bool brings_items(const eas::Collection& answered) {
  return answered.in_response &&
         answered.adds + answered.changes + answered.deletes + answered.soft_deletes > 0;
}

/// Whether the answer was there in time; every other end of a hanging request is told apart.
bool count_wait(Waits& waits, const Facts& facts, bool changes) {
  waits.add(short_number(facts.lasted_seconds));
  const auto& asked = *facts.command->waiting;
  if (asked.limit_seconds) waits.limit = short_number(*asked.limit_seconds);
  if (facts.cut_by_device) {
    ++waits.cut_device;
  } else if (facts.cut_by_server) {
    ++waits.cut_server;
  } else if (!facts.delivered || facts.http != 200 || facts.page) {
    ++waits.refused;
  } else if (changes) {
    ++waits.changed;
    return true;
  } else if (facts.status <= 1 && facts.lasted_seconds + 2 >= facts.wait_seconds) {
    ++waits.expired;
    return true;
  } else {
    ++waits.refused;
  }
  return false;
}

void take_wait(Context& context) {
  const Facts& facts = context.facts;
  Setup& setup = context.device.setup;
  const auto& collections = facts.command->collections;
  const auto bringing = std::find_if(collections.begin(), collections.end(), brings_items);
  const bool items = bringing != collections.end();
  const bool told = facts.verb == Verb::ping && facts.status == 2;
  if (count_wait(setup.waits, facts, told || items)) {
    reach(setup, Stage::wait, facts.ended, facts.id);
  } else {
    miss(setup, Stage::wait, facts, facts.command->eas_status.value_or(0));
  }
  if (!facts.delivered) return;
  if (told) {
    setup.announced = {facts.ended, facts.id};
  } else if (items && facts.success && !setup.at(Stage::push)) {
    setup.announced_by = facts.id;
    setup.pushed = bringing->id.substr(0, 64);
    reach(setup, Stage::push, facts.ended, facts.id);
  }
}

void take_sync(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  Setup& setup = device.setup;
  bool good = false;
  for (const eas::Collection& one : facts.command->collections) {
    if (!one.in_request && !one.in_response && !one.remembered) continue;
    CollectionHistory* folder = device.find(one.id);
    if (folder == nullptr) continue;
    const int status = status_of(facts, one);
    folder->last_answer.at = {facts.ended, facts.id};
    folder->last_answer.http = short_number(facts.http);
    folder->last_answer.status = short_number(status);
    folder->last_answer.delivered = facts.delivered;
    if (!facts.delivered || facts.http != 200 || facts.page || status > 1) continue;
    good = true;
    if (!folder->first_answer && !one.new_sync_key.empty())
      folder->first_answer = {facts.ended, facts.id};
    if (!setup.announced || !brings_items(one) || facts.began < setup.announced.time) continue;
    if (!setup.at(Stage::push) && facts.ended - setup.announced.time <= kPushed) {
      setup.announced_by = setup.announced.exchange;
      setup.pushed = one.id.substr(0, 64);
      reach(setup, Stage::push, facts.ended, facts.id);
    }
    setup.announced = {};
  }
  if (good || (facts.success && facts.empty_answer)) {
    reach(setup, Stage::first_sync, facts.ended, facts.id);
  } else {
    miss(setup, Stage::first_sync, facts, facts.command->eas_status.value_or(0));
  }
}

void take_provision(Context& context) {
  const Facts& facts = context.facts;
  Setup& setup = context.device.setup;
  const auto& provision = facts.command->provision;
  const bool key = provision && !provision->response_key.empty() && provision->response_key != "0";
  if (facts.success && key) {
    if (provision->phase == eas::Provision::Phase::ask) {
      if (!setup.policy_asked) setup.policy_asked = {facts.ended, facts.id};
    } else {
      reach(setup, Stage::provision, facts.ended, facts.id);
    }
    return;
  }
  const int status = facts.command->eas_status.value_or(0);
  const int policy = provision ? provision->policy_status.value_or(0) : 0;
  const int applied = provision ? provision->acknowledged_status.value_or(0) : 0;
  if (facts.success && status <= 1 && policy <= 1 && applied > 1) {
    miss(setup, Stage::provision, facts, applied);
    setup.missed[static_cast<std::size_t>(Stage::provision)].by_device = true;
    return;
  }
  const bool of_policy = policy > 1 && (status <= 1 || status == policy);
  miss(setup, Stage::provision, facts, of_policy ? policy : status);
  setup.missed[static_cast<std::size_t>(Stage::provision)].of_policy = of_policy;
}

void take_sign_in(Context& context) {
  const Facts& facts = context.facts;
  Setup& setup = context.device.setup;
  const std::string& scheme = facts.command->credential.scheme;
  if (facts.http == 401) {
    miss(setup, Stage::signed_in, facts, 0);
    return;
  }
  const bool accepted = (facts.http >= 200 && facts.http < 300 && !facts.page) || facts.http == 449;
  // OPTIONS may be answered to anyone.
  if (!accepted || (scheme.empty() && facts.verb == Verb::options)) return;
  if (!setup.at(Stage::signed_in)) setup.scheme = scheme;
  reach(setup, Stage::signed_in, facts.ended, facts.id);
}

}  // namespace

void apply_setup_request(Context& context) {
  const Facts& facts = context.facts;
  Setup& setup = context.device.setup;
  reach(setup, Stage::trusted, facts.began, facts.id);
  if (!facts.command->credential.scheme.empty() && !setup.credential_sent)
    setup.credential_sent = {facts.began, facts.id};
  const std::string_view agent =
      std::string_view{facts.command->user_agent}.substr(0, kAgentOctets);
  if (!agent.empty() && agent != setup.user_agent) setup.user_agent = agent;
  const std::string_view key = std::string_view{facts.command->policy_key}.substr(0, 64);
  if (!key.empty() && key != setup.policy_key_used) setup.policy_key_used = key;
  if (!facts.hangs) return;
  Waits& waits = setup.waits;
  const std::uint16_t seconds = short_number(facts.wait_seconds);
  waits.asked_least = waits.sent == 0 ? seconds : std::min(waits.asked_least, seconds);
  waits.asked_most = std::max(waits.asked_most, seconds);
  waits.asked_last = seconds;
  ++waits.sent;
}

void apply_setup_answer(Context& context) {
  const Facts& facts = context.facts;
  Setup& setup = context.device.setup;
  take_sign_in(context);
  const bool demand = (facts.status >= 142 && facts.status <= 144) || facts.http == 449;
  if (demand) miss(setup, Stage::provision, facts, facts.status);
  if (facts.http == 401) return;  // told under Stage::signed_in
  const auto take = [&](Stage stage) {
    if (facts.success) {
      reach(setup, stage, facts.ended, facts.id);
    } else {
      miss(setup, stage, facts, facts.command->eas_status.value_or(0));
    }
  };
  switch (facts.verb) {
    case Verb::options: take(Stage::options); break;
    case Verb::provision: take_provision(context); break;
    case Verb::folder_sync:
      take(Stage::folder_sync);
      if (facts.success && facts.command->sync_key == "0") {
        setup.folders = static_cast<std::uint32_t>(
            std::min<std::size_t>(facts.command->folder_changes.size(), 0xFFFFFFFF));
      }
      break;
    case Verb::sync:
      if (facts.hangs) take_wait(context);
      take_sync(context);
      break;
    case Verb::ping:
      if (facts.hangs) {
        take_wait(context);
      } else if (!facts.success) {  // an empty Ping refused, or a remembered one
        miss(setup, Stage::wait, facts, facts.command->eas_status.value_or(0));
      }
      break;
    default: break;
  }
}

}  // namespace eastap::findings
