#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "config/option_table.hpp"
#include "config/values.hpp"

/// How an `Option` of each kind reads and shows its value. Private to config/: the files of
/// config/options/ build their part of the table with these.
namespace eastap::config {

using Values = std::vector<std::string>;

inline constexpr unsigned kWatchers = in::run | in::readers;
inline constexpr unsigned kRedacting = kWatchers | in::report | in::decode | in::capture_export;

/// Throws `Complaint` when an item of a list is empty.
void refuse_empty_items(const Values& values);

[[nodiscard]] Option named(std::string flag, std::string value_name, std::string key, Group group,
                           unsigned commands, std::string summary, std::string detail = {},
                           std::string example = {});

[[nodiscard]] Option text(Option option, std::string& (*field)(Config&));
[[nodiscard]] Option optional_text(Option option, std::optional<std::string>& (*field)(Config&));

/// Each level replaces what lower ones say.
[[nodiscard]] Option list(Option option, Values& (*field)(Config&));

/// Flag and environment add to the list of file or default, so that a host that was seen tunnelled
/// can be added without naming all others again; the file replaces the default. "none" drops what
/// was there.
[[nodiscard]] Option host_list(Option option, Values& (*field)(Config&));

/// `reason` is put behind the complaint about a value outside the bounds.
[[nodiscard]] Option duration(Option option, std::chrono::milliseconds& (*field)(Config&),
                              std::chrono::milliseconds least, std::chrono::milliseconds most,
                              std::string reason = {});

[[nodiscard]] Option size(Option option, std::uint64_t& (*field)(Config&), std::uint64_t least,
                          std::uint64_t most);

/// `[[key]]` tables. `first`: the key of what a flag's text begins with ("HOST;side=phone", where
/// it stands alone). Every level adds to those below.
[[nodiscard]] Option blocks(Option option, std::vector<BlockKey> keys, std::string first,
                            std::function<void(Invocation&, const Block&, const std::string&)> add);

template <class Number>
Option number(Option option, Number& (*field)(Config&), std::uint64_t least, std::uint64_t most) {
  option.form = Form::number;
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    const std::uint64_t value = number_from(values.back());
    if (value < least || value > most) {
      throw Complaint{values.back() + " is outside " + std::to_string(least) + " to " +
                      std::to_string(most)};
    }
    field(to.config) = static_cast<Number>(value);
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return Values{std::to_string(field(copy))};
  };
  return option;
}

template <class Word>
Option word(Option option, Word& (*field)(Config&), Word (*read)(std::string_view)) {
  option.form = Form::text;
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    field(to.config) = read(values.back());
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return Values{std::string{to_string(field(copy))}};
  };
  return option;
}

}  // namespace eastap::config
