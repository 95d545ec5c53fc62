#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "decoder/base/ids.hpp"
#include "decoder/base/time.hpp"
#include "decoder/findings/fault_party.hpp"
#include "decoder/model/exchange.hpp"

namespace eastap::findings {

/// What a device goes through until mail arrives by itself, in this order.
enum class Stage : std::uint8_t {
  trusted,      ///< its TLS was decrypted: an exchange was seen
  options,      ///< OPTIONS answered
  signed_in,    ///< a request with a credential was accepted
  provision,    ///< the final policy key was delivered
  folder_sync,  ///< the folders were listed
  first_sync,   ///< a folder answered with a key
  wait,         ///< a Ping or hanging Sync was answered in its time
  push,         ///< such an answer told of changes, and a Sync brought them
};
inline constexpr std::size_t kStages = 8;

/// When something was seen for the first time; the epoch: never.
struct Milestone {
  Timestamp time{};
  ExchangeId exchange;
  [[nodiscard]] explicit operator bool() const { return time != Timestamp{}; }
};

/// How a stage was missed the last time.
struct Obstacle {
  Timestamp time{};
  ExchangeId exchange;
  std::uint16_t http = 0, status = 0;  ///< 0: none came
  model::Ending ending = model::Ending::complete;
  Party party = Party::none;  ///< who made the answer
  bool by_device = false;     ///< `status` is the device's own, of a policy that it did not apply
  bool page = false;          ///< HTTP 200 with a page for people
  bool of_policy = false;     ///< `status` is that of the policy inside a Provision answer
  bool offers_basic = false, offers_bearer = false, offers_negotiate = false;  ///< of a 401
  [[nodiscard]] explicit operator bool() const { return time != Timestamp{}; }
};

/// The hanging requests of a device, in seconds from the request's last octet.
struct Waits {
  std::uint32_t sent = 0;
  std::uint32_t expired = 0;     ///< waited their whole time
  std::uint32_t changed = 0;     ///< answered with changes
  std::uint32_t cut_device = 0;  ///< ended by the device's side before their time
  std::uint32_t cut_server = 0;  ///< ended by the server's side, or by a 5xx answer
  std::uint32_t refused = 0;     ///< any other answer
  std::uint16_t asked_least = 0, asked_most = 0, asked_last = 0;
  std::uint16_t least = 0, most = 0;  ///< that they lasted
  std::uint16_t limit = 0;            ///< interval that the server demanded (Ping 5, Sync 14)
  std::uint8_t next = 0;              ///< place in `lasted`
  static constexpr std::size_t kRemembered = 64;
  std::vector<std::uint16_t> lasted;  ///< the latest 64, for the median; in no order

  void add(std::uint16_t seconds) {
    least = lasted.empty() ? seconds : std::min(least, seconds);
    most = std::max(most, seconds);
    if (lasted.size() < kRemembered) {
      lasted.push_back(seconds);
      return;
    }
    lasted[next] = seconds;
    next = static_cast<std::uint8_t>((next + 1U) % kRemembered);
  }
};

/// How far a device came, kept beside what rules need: the device card (decoder/report) is made of
/// it. No rule reads it.
struct Setup {
  std::array<Milestone, kStages> done;
  std::array<Obstacle, kStages> missed;
  Milestone policy_asked;       ///< a temporary policy key was delivered: Provision 1/2
  Milestone credential_sent;    ///< the first request with one
  std::string scheme;           ///< of the credential accepted first: "Basic"
  std::string user_agent;       ///< the latest, its first 128 octets
  std::string policy_key_used;  ///< the latest that a request named, its first 64 octets
  Milestone announced;          ///< changes, which no Sync has brought yet
  ExchangeId announced_by;      ///< the waiting request of the first push
  std::string pushed;           ///< CollectionId of the first push
  std::uint32_t folders = 0;    ///< listed by the latest FolderSync from key 0
  Waits waits;

  [[nodiscard]] const Milestone& at(Stage stage) const {
    return done[static_cast<std::size_t>(stage)];
  }
  [[nodiscard]] std::size_t octets() const {
    return waits.lasted.capacity() * sizeof(std::uint16_t) +
           (user_agent.capacity() > 15 ? user_agent.capacity() + 1 : 0);
  }
};

struct Context;

/// A request was sent.
void apply_setup_request(Context& context);
/// An exchange ended; after the history took it in.
void apply_setup_answer(Context& context);

}  // namespace eastap::findings
