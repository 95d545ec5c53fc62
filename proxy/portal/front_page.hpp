#pragma once

#include <string>

#include "proxy/portal/pages.hpp"
#include "proxy/portal/platform.hpp"
#include "proxy/portal/verdict.hpp"

namespace eastap::portal {

/// The device that the page is for: chosen in the query, else by User-Agent.
[[nodiscard]] Platform platform_of(const Request& request);

/// The verdict on the client of `request`, by what was seen since `since`.
[[nodiscard]] Verdict verdict_on(const Request& request, Browser browser, Timestamp since);

/// How this device is set up, and how far it is.
[[nodiscard]] std::string front_page(const Request& request, const PageFacts& facts);

/// What a browser shows that opened the probe: it trusts us.
[[nodiscard]] std::string probe_page(const Request& request);

extern const char* const kStyleSheet;
extern const char* const kScript;

}  // namespace eastap::portal
