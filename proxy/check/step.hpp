#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "decoder/eas/session.hpp"
#include "proxy/check/observation.hpp"
#include "proxy/check/report.hpp"
#include "proxy/check/settings.hpp"

/// Inside of proxy/check: what the steps share.
namespace eastap::check {

class Step;

/// What Autodiscover has found so far.
struct Discovery {
  std::string address;       ///< asked for; another one after a redirect
  std::optional<Url> found;  ///< of ActiveSync
  std::string way;           ///< that found it
  std::string display_name;
  std::optional<Url> found_by_json;  ///< v2
  unsigned redirects = 0;            ///< of address and URL together
  std::string obstacle, next_step;   ///< the most telling of what went wrong
  unsigned telling = 0;              ///< how telling that is; 0: nothing yet
};

/// Redirects that are followed: Exchange uses two at most (address, then URL).
inline constexpr unsigned kRedirects = 5;

/// What later steps need to know from earlier ones.
struct State {
  explicit State(Settings given) : settings{std::move(given)} {}

  Settings settings;
  Discovery discovery;
  Url server;
  std::string stop;             ///< why the following steps cannot be done; "" while they can
  bool trusted = false;         ///< the server's certificate is good, or need not be
  bool moved = false;           ///< one 451 was followed
  bool by_certificate = false;  ///< the client certificate is all that the server asks for
  std::vector<std::string> challenges;  ///< schemes of the 401
  Scheme scheme = Scheme::none;
  std::string version;
  std::string policy_key = "0";
  bool has_device_information = false;
  std::string inbox, sync_key;
  eas::Session session;
  std::uint64_t exchanges = 0;
  std::vector<std::unique_ptr<Step>> more;  ///< to be done next, before the others
};

/// A step wants something from the network, or is done.
using Move = std::variant<Action, Report>;

/// One step of the check: a state machine without I/O.
class Step {
 public:
  Step(std::string id, std::string title) {
    report_.id = std::move(id);
    report_.title = std::move(title);
  }
  virtual ~Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  virtual Move begin(State& state) = 0;
  /// What came of the action before.
  virtual Move take(State& state, const Observation& observation) = 0;

  [[nodiscard]] const Report& report() const { return report_; }

 protected:
  [[nodiscard]] Move done() { return std::move(report_); }
  [[nodiscard]] Move skipped(std::string because);
  /// Done, and what follows cannot be done.
  [[nodiscard]] Move stopped(State& state, std::string why);
  void tell(std::string line) { report_.evidence.push_back(std::move(line)); }

  Report report_;
};

/// The answer inside; an empty one when a look-up was asked for instead (which does not happen).
[[nodiscard]] const Answered& answer_of(const Observation& observation);
[[nodiscard]] const LookedUp& look_up_of(const Observation& observation);

using Steps = std::vector<std::unique_ptr<Step>>;

void add_discovery_steps(Steps& steps);
void add_server_steps(Steps& steps);
void add_mail_steps(Steps& steps);

}  // namespace eastap::check
