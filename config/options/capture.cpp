#include <chrono>
#include <cstdint>

#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// 0 switches a limit off, so the bounds hold for all other values.
Option size_or_none(Option option, std::uint64_t& (*field)(Config&), std::uint64_t least) {
  option = size(std::move(option), field, 0, 1ULL << 50U);
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    const std::uint64_t value = size_from(values.back());
    if (value != 0 && value < least) {
      throw Complaint{in_quotes(values.back()) + " is less than " + size_text(least) +
                      "; 0 sets no limit"};
    }
    field(to.config) = value;
  };
  option.default_text = "no limit";
  return option;
}

Option time_or_none(Option option, milliseconds& (*field)(Config&), milliseconds least) {
  option = duration(std::move(option), field, 0ms, 10 * 366 * 24h);
  option.group = Group::capture;
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    const milliseconds value = duration_from(values.back());
    if (value != 0ms && (value < least || value > 10 * 366 * 24h)) {
      throw Complaint{in_quotes(values.back()) + " is outside " + to_text(least) +
                      " to ten years; 0 sets no limit"};
    }
    field(to.config) = value;
  };
  option.default_text = "no limit";
  return option;
}

void add_rotation_options(std::vector<Option>& table) {
  // Not less than a capture takes that holds nothing, with room for a few exchanges.
  constexpr std::uint64_t kLeast = 1ULL << 20U;
  table.push_back(size_or_none(
      named("--capture-max-size", "SIZE", "capture_rotation.max_size", Group::capture, in::run,
            "begin a new file at this size",
            "The capture goes on in a file of the same pattern, named by the time; with a name "
            "without % fields in NAME-YYYYmmdd-HHMMSS. No exchange is lost: one that waits for its "
            "answer at that moment is whole in the new file. eastap tail goes on in the new file "
            "too."),
      [](Config& config) -> std::uint64_t& { return config.capture_rotation.max_bytes; }, kLeast));
  table.push_back(time_or_none(
      named("--capture-max-age", "TIME", "capture_rotation.max_age", Group::capture, in::run,
            "begin a new file after this time",
            "With the first exchange after it, so that a quiet night makes no empty files: 24h."),
      [](Config& config) -> milliseconds& { return config.capture_rotation.max_age; }, 1s));
  table.push_back(size_or_none(
      named(
          "--capture-keep-size", "SIZE", "capture_rotation.keep_size", Group::capture, in::run,
          "of all files; then the oldest go",
          "Only captures that eastap made by this very setting are deleted: in the same folder, "
          "named by the same pattern, owned by the same user, and marked with the pattern inside. "
          "Never the one being written, and never one of an older eastap or another program."),
      [](Config& config) -> std::uint64_t& { return config.capture_rotation.keep_bytes; }, kLeast));
  table.push_back(time_or_none(
      named("--capture-keep-age", "TIME", "capture_rotation.keep_age", Group::capture, in::run,
            "delete files not written for so long", "Likewise: 30d for what privacy rules ask."),
      [](Config& config) -> milliseconds& { return config.capture_rotation.keep_age; }, 1s));
}

}  // namespace

void add_capture_options(std::vector<Option>& table) {
  Option capture = optional_text(
      named(
          "--capture", "FILE", "capture", Group::capture, in::run, "where to keep the traffic",
          "%Y %m %d %H %M %S stand for the start time, %% for a per cent sign. The default is a "
          "new file in the "
          "current folder for each run. Passwords and tokens are masked; mail is not. Mode 0600."),
      [](Config& config) -> std::optional<std::string>& { return config.capture; });
  capture.excludes = {"--no-capture"};
  capture.default_text = "a new file in this folder";
  table.push_back(capture);
  Option none = named("--no-capture", "", "no_capture", Group::capture, in::run, "keep nothing");
  none.form = Form::truth;
  none.apply = [](Invocation& to, const Values& values, const std::string&) {
    if (truth_from(values.back())) {
      to.config.capture.reset();
    } else if (!to.config.capture) {
      to.config.capture = std::string{kDefaultCapture};
    }
  };
  none.shown = [](const Config&) { return Values{"false"}; };
  none.excludes = {"--capture"};
  table.push_back(none);
  add_rotation_options(table);
}

}  // namespace eastap::config
