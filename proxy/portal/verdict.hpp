#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proxy/portal/client_log.hpp"
#include "proxy/portal/platform.hpp"

namespace eastap::portal {

/// What the browser itself says of its call to the probe.
enum class Browser : std::uint8_t { silent, succeeded, failed };

struct Tested {
  ClientFacts facts;
  Browser browser = Browser::silent;
  Timestamp since{};  ///< what happened before is of an earlier test
  bool page_through_proxy = false;
  Platform platform = Platform::unknown;
  std::string server;  ///< "192.168.1.5", for the words
  unsigned port = 0;
  bool no_ca = false;  ///< there is no certificate to trust: the proxy setting alone counts
};

/// How far the set-up of a device is.
struct Verdict {
  /// "trusted", "ready", "untested", "no_proxy", "no_probe", "not_installed", "not_trusted",
  /// "clock", "old_tls", "broken_off", "unread", "waiting"
  std::string word;
  bool good = false;
  std::string title;                ///< one sentence
  std::vector<std::string> advice;  ///< what to do, in this order; plain text
};

[[nodiscard]] Verdict judge(const Tested& tested);

}  // namespace eastap::portal
