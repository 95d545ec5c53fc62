#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/doctor/facts.hpp"

namespace eastap::doctor {

enum class Verdict : std::uint8_t {
  good,
  note,     ///< worth knowing
  warning,  ///< will trouble somebody some day
  bad,      ///< eastap, or the phone behind it, will not work like this
  unseen,   ///< could not be looked at
};

[[nodiscard]] std::string_view to_string(
    Verdict verdict);  ///< "ok", "note", "warning", "bad", "unseen"

/// One line of the answer. `remedy` is empty when there is nothing to do.
struct Judgement {
  std::string topic;  ///< "config", "port", "firewall", "ca", "clock", "capture", "files", …
  Verdict verdict = Verdict::good;
  std::string words, remedy;
  bool operator==(const Judgement&) const = default;
};

/// In the order in which a person would look. At least one line a topic.
[[nodiscard]] std::vector<Judgement> judge(const Facts& facts);

/// 1 when something is `bad`, else 0.
[[nodiscard]] int exit_status(const std::vector<Judgement>& judgements);

}  // namespace eastap::doctor
