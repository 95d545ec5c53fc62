#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/eas/command.hpp"
#include "decoder/findings/history.hpp"
#include "decoder/model/exchange.hpp"

namespace eastap::findings {

/// The answer's header fields that rules look at; empty: absent. Views into the exchange.
struct AnswerHeaders {
  std::string_view activesync;  ///< MS-Server-ActiveSync
  std::string_view front_end, back_end, calculated_back_end, diag_info, request_id;
  std::string_view server, via, content_type, content_length;
  std::string_view resync;  ///< X-MS-RP
  std::string_view throttle, backoff_duration, backoff_reason, retry_after;
  std::string_view as_error;  ///< X-MS-ASError
  std::string_view location, ms_location;
  bool challenges = false, offers_basic = false, offers_bearer = false, offers_negotiate = false;
  bool names_authority = false;  ///< a Bearer challenge with authorization_uri

  [[nodiscard]] bool from_exchange() const {
    return !(activesync.empty() && front_end.empty() && back_end.empty() &&
             calculated_back_end.empty() && diag_info.empty() && request_id.empty());
  }
};

/// What one exchange says, worked out once for all rules. Views live as long as the exchange.
struct Facts {
  const model::Exchange* exchange = nullptr;
  const eas::Command* command = nullptr;
  ExchangeId id;
  Verb verb = Verb::other;
  Timestamp began{}, sent{}, ended{};  ///< first and last octet of the request, end of the exchange
  std::uint64_t fingerprint = 0;
  bool hangs = false;  ///< and it is known for how long: `wait_seconds`
  int wait_seconds = 0;
  bool may_hang = false;  ///< or that is not known: it repeats what the evidence does not hold

  // Of the answer; all as initialised while the request waits.
  AnswerHeaders head;
  int http = 0;    ///< 0: no head came
  int status = 0;  ///< of the command itself; 0: none
  bool status_ok = true;
  bool delivered = false;     ///< whole, handed to the device's connection
  bool undelivered = false;   ///< begun, and the device's side ended before its end
  bool empty_answer = false;  ///< HTTP 200 without a body (G4)
  bool page = false;          ///< HTTP 200 with a page for people: nothing was done
  bool throttled = false;
  bool gateway_failure = false;  ///< HTTP 500, 502, 504, or 503 that is no throttling
  bool success = false;          ///< HTTP 200, status of the command good, not cut, no page
  bool cut_by_device = false, cut_by_server = false;  ///< a hanging request before its time
  std::optional<Microseconds> first_octet_after;      ///< from the request's last octet
  std::int64_t lasted_seconds = 0;                    ///< from the request's last octet, rounded
};

/// Everything that holds for both calls. `shift` is added to its times (EvidenceClock).
[[nodiscard]] Facts request_facts(const model::Exchange& exchange, const eas::Command& command,
                                  Microseconds shift = {});
/// Adds what the answer says; `ended` falls back to `now` where the exchange does not tell it.
/// `shift` as above, of the answer's times.
void add_answer(Facts& facts, Timestamp now, Microseconds shift = {});

/// Status of a collection in this answer: its own, else the command's; 0: none.
[[nodiscard]] int status_of(const Facts& facts, const eas::Collection& collection);

/// True for the client's address of both ("192.168.1.20" of "192.168.1.20:53211").
[[nodiscard]] std::string_view without_port(std::string_view address);

/// "Exchange (back end BE1)", "nginx, not Exchange", "unknown origin: no Exchange header".
[[nodiscard]] std::string maker_of(const Facts& facts);

[[nodiscard]] std::uint64_t hash_of(std::string_view text);

}  // namespace eastap::findings
