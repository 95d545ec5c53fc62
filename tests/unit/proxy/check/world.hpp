#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.hpp"
#include "proxy/check/checker.hpp"
#include "proxy/check/report.hpp"

/// A network without sockets: a healthy Exchange at mail.contoso.test that a test can make ill.
namespace eastap::check::test {

/// 2026-11-20 12:00:00 UTC.
inline constexpr certs::SystemTime kNow{std::chrono::seconds{1'795'176'000}};

[[nodiscard]] std::string der_of(X509* certificate);

class World {
 public:
  World();

  Settings settings;  ///< for mail.contoso.test, alice with a password
  std::map<std::string, LookedUp> names;
  bool wants_policy = true;
  std::vector<Action> asked;

  /// Asked first; nothing: the healthy answer.
  std::function<std::optional<Answered>(const Ask&)> trouble;

  /// Plays the check to its end.
  std::vector<Report> play();

  [[nodiscard]] Answered healthy(const Ask& ask);

  /// As alice@contoso.test instead of the server alone.
  void by_address();

 private:
  [[nodiscard]] LookedUp look_up(const LookUp& asked_for) const;
  [[nodiscard]] Answered command(const Ask& ask);

  certs::StoreHandle system_, roots_;
  std::vector<std::string> chain_;
  int syncs_ = 0, pings_ = 0;
};

/// The command that a request is: "OPTIONS", "Sync", "Autodiscover", "handshake" …
[[nodiscard]] std::string name_of(const Ask& ask);

[[nodiscard]] Answered http(int status, std::string_view headers = {}, std::string body = {},
                            std::string_view type = "application/vnd.ms-sync.wbxml");
/// HTTP 200 with a page of the command that holds its Status only.
[[nodiscard]] Answered status_only(const std::string& command, int status);
[[nodiscard]] Answered xml(std::string_view body);

/// The first of that id; a report with an id of "" when there is none.
[[nodiscard]] Report find(const std::vector<Report>& reports, std::string_view id);
[[nodiscard]] std::string told(const Report& report);  ///< evidence and remarks, a line each

}  // namespace eastap::check::test
