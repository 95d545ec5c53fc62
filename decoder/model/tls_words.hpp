#pragma once

#include <string>
#include <string_view>

namespace eastap::model {

/// The name of an alert, RFC 8446 6 and RFC 5246 7.2.2: "unknown_ca", else "alert_<number>".
[[nodiscard]] std::string alert_word(int alert);

/// Its number by that name; -1: no alert is called so.
[[nodiscard]] int alert_number(std::string_view word);

/// Whether the reason of a `client_tls_failed` event says that the device did not accept our
/// certificate: an alert about it, or a close when it saw it. A time-out, an earlier close or
/// something that is no TLS does not, nor does a certificate held for expired.
[[nodiscard]] bool is_distrust(std::string_view reason);

/// Adds the User-Agent of a CONNECT to the words of an event about its connection; "" adds nothing.
void append_agent(std::string& detail, std::string_view agent);

/// That User-Agent again, as it was added; "" when there is none. Borrowed from `detail`.
[[nodiscard]] std::string_view agent_of(std::string_view detail);

}  // namespace eastap::model
