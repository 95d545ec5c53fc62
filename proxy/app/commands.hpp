#pragma once

#include <functional>

#include "config/invocation.hpp"

/// What each subcommand does; the exit status is the return value: 0 done, 1 findings at or above
/// --fail-on, 2 usage, config or environment error, 3 input unreadable.
namespace eastap::app {

inline constexpr int kDone = 0;
inline constexpr int kFindings = 1;
inline constexpr int kUsage = 2;
inline constexpr int kUnreadable = 3;

/// `read_again` reads flags, environment and config file as at the start, for SIGHUP; it throws
/// config::ConfigError.
int run(const config::Invocation& invocation,
        const std::function<config::Invocation()>& read_again);
int replay(const config::Invocation& invocation);   ///< also `tail`: follows the capture
int rebuild(const config::Invocation& invocation);  ///< replay --rebuild
int report(const config::Invocation& invocation);
int decode(const config::Invocation& invocation);
int encode(const config::Invocation& invocation);
int explain(const config::Invocation& invocation);  ///< 2 also when nothing is called as asked
int capture_export(const config::Invocation& invocation);
int ca_create(const config::Invocation& invocation);
int ca_show(const config::Invocation& invocation);
int ca_renew(const config::Invocation& invocation);
int ca_import(const config::Invocation& invocation);
int ca_export(const config::Invocation& invocation);
int completion(const config::Invocation& invocation);
int doctor(const config::Invocation& invocation);  ///< 1: something is in the way
int check(const config::Invocation& invocation);   ///< 1: a step failed

}  // namespace eastap::app
