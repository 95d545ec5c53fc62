#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proxy/portal/site.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::portal {

/// What the pages about a phone's set-up tell.
struct PageFacts {
  std::string ca_pem, ca_der;
  std::string ca_name;    ///< common name, to find it on the phone
  std::string ca_sha256;  ///< "AB:CD:…"
  /// Random and new in every run. A profile with a Wi-Fi network or an account in it is only made
  /// for a form that carries it: no foreign page may hand a phone an account of its choice in our
  /// name.
  std::string form_key;
  /// The present host rules, for the PAC file. From any thread.
  std::function<std::vector<tunnel::HostRules::Entry>()> host_rules;
};

/// Adds `/`, `/status.json`, `/probe`, `/proxy.pac`, `/wpad.dat`, `/ca.cer`, `/ca.crt`, `/ca.pem`,
/// `/eastap.mobileconfig`, `/eastap.css` and `/eastap.js`.
void add_pages(Site& site, PageFacts facts);

}  // namespace eastap::portal
