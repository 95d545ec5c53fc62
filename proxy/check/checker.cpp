#include "proxy/check/checker.hpp"

#include <iterator>
#include <utility>

#include "proxy/check/step.hpp"

namespace eastap::check {

Checker::Checker(Settings settings) : state_{std::make_unique<State>(std::move(settings))} {
  Steps steps;
  const Settings& given = state_->settings;
  if (given.address.empty()) {
    state_->server = given.server;
  } else {
    state_->discovery.address = given.address;
    add_discovery_steps(steps);
  }
  add_server_steps(steps);
  add_mail_steps(steps);
  std::move(steps.begin(), steps.end(), std::back_inserter(steps_));
}

Checker::~Checker() = default;

Checker::Turn Checker::begin() { return go_on({}); }

Checker::Turn Checker::take(const Observation& observation, Microseconds took) {
  Turn turn;
  if (!running_ || steps_.empty()) return turn;
  spent_ += took;
  Step& step = *steps_.front();
  Move move = step.take(*state_, observation);
  if (auto* action = std::get_if<Action>(&move); action != nullptr && actions_ < kMostActions) {
    ++actions_;
    turn.next = std::move(*action);
    turn.running = step.report().title;
    return turn;
  }
  Report report;
  if (auto* finished = std::get_if<Report>(&move)) {
    report = std::move(*finished);
  } else {
    report = step.report();
    report.fail("given up after " + std::to_string(kMostActions) + " requests");
    state_->stop = "too many requests";
  }
  report.duration = std::exchange(spent_, Microseconds{});
  turn.finished.push_back(std::move(report));
  steps_.pop_front();
  running_ = false;
  return go_on(std::move(turn));
}

Checker::Turn Checker::go_on(Turn turn) {
  while (!steps_.empty() || !state_->more.empty()) {
    for (auto step = state_->more.rbegin(); step != state_->more.rend(); ++step) {
      steps_.push_front(std::move(*step));
    }
    state_->more.clear();
    Move move = steps_.front()->begin(*state_);
    if (auto* action = std::get_if<Action>(&move)) {
      ++actions_;
      running_ = true;
      turn.next = std::move(*action);
      turn.running = steps_.front()->report().title;
      return turn;
    }
    turn.finished.push_back(std::move(std::get<Report>(move)));
    steps_.pop_front();
  }
  return turn;
}

}  // namespace eastap::check
