#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

/// Settings as text, read and written. Private to config/.
namespace eastap::config {

/// A value that cannot be used: what it is and what to write instead. Whoever knows the place makes
/// a `ConfigError` of it.
struct Complaint : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// "250ms", "30s", "2h", "1h30m"; a bare number counts seconds.
[[nodiscard]] std::chrono::milliseconds duration_from(std::string_view text);
[[nodiscard]] std::string to_text(std::chrono::milliseconds duration);

/// "32MiB", "64k" (1024 each), "100MB" (1000 each); a bare number counts octets.
[[nodiscard]] std::uint64_t size_from(std::string_view text);
[[nodiscard]] std::string size_text(std::uint64_t octets);

[[nodiscard]] std::uint64_t number_from(std::string_view text);
[[nodiscard]] double speed_from(std::string_view text);
[[nodiscard]] bool truth_from(std::string_view text);

/// "0.0.0.0:8888", "[::]:8888", ":8888" (all IPv4 addresses), "localhost:8888". The result holds a
/// literal.
[[nodiscard]] Endpoint listen_from(std::string_view text);
/// "HOST:PORT", either part may be empty (port 0 then), IPv6 in brackets. `whole` and `wanted` are
/// for the complaint.
[[nodiscard]] Endpoint endpoint_from(std::string_view text, std::string_view whole,
                                     std::string_view wanted);
/// An IPv4 or IPv6 address without brackets.
[[nodiscard]] bool is_literal(const std::string& address);
/// "HOST:PORT=ADDR:PORT", each part may be empty, IPv6 in brackets.
[[nodiscard]] ConnectTo connect_to_from(std::string_view text);

[[nodiscard]] TailMode tail_from(std::string_view text);
[[nodiscard]] ColorMode color_from(std::string_view text);
[[nodiscard]] LogLevel log_level_from(std::string_view text);
[[nodiscard]] FailOn fail_on_from(std::string_view text);

/// Sets `key` ("threshold", "window_seconds", "escalate_at", "severity", "enabled") of a rule.
void set_rule(RuleOverride& rule, std::string_view key, const std::string& value);
[[nodiscard]] const std::vector<std::string>& rule_keys();

/// Sets `key` ("rule", "host", "user", "device", "folder") of a mute.
void set_mute(MuteRule& mute, std::string_view key, const std::string& value);
[[nodiscard]] const std::vector<std::string>& mute_keys();

/// Parts between commas without the spaces around them; empty parts are left out.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// `text` in TOML's and the messages' quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace eastap::config
