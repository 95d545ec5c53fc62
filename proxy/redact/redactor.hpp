#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/model/exchange.hpp"
#include "decoder/wbxml/document.hpp"
#include "proxy/http/content_coding.hpp"
#include "proxy/redact/level.hpp"
#include "proxy/redact/pseudonyms.hpp"
#include "proxy/redact/text.hpp"

namespace eastap::redact {

struct Settings {
  Level level = Level::none;
  /// Of the pseudonyms; the same key gives the same ones.
  std::string key;
  /// Parts of subjects that everybody knows and that rules look for.
  std::vector<std::string> phrases;
  http::CodingLimits coding;
};

/// Takes what identifies people and what they wrote out of exchanges, *before* they are decoded:
/// all that is made of the result (lines, XML, JSON, hex, findings, statuses, diagnostics, a
/// capture) can only show what is left. The octets stay decodable: structure, keys, ids, statuses
/// and times are what they were, equal texts stay equal. Stateless, pure, one for all threads.
class Redactor {
 public:
  explicit Redactor(Settings settings);

  [[nodiscard]] Level level() const { return settings_.level; }

  /// Bodies come back with their content coding undone; the head says so.
  [[nodiscard]] model::Exchange exchange(const model::Exchange& exchange) const;
  [[nodiscard]] model::ConnectionEvent event(const model::ConnectionEvent& event) const;
  /// A body that came alone; WBXML unless it plainly is something else.
  [[nodiscard]] std::string body(std::string_view octets) const;

  /// What the program says itself, to a log: hosts, addresses and mail addresses by their
  /// pseudonyms. Unchanged at other levels than identity.
  [[nodiscard]] std::string text(std::string_view words) const;

  /// The pseudonyms that such names get, for settings that name somebody (a mute).
  [[nodiscard]] const Pseudonyms& names() const { return names_; }

 private:
  [[nodiscard]] Scope scope_of(const model::Connection* connection,
                               const model::Exchange* exchange) const;
  [[nodiscard]] std::shared_ptr<const model::Connection> connection(
      const std::shared_ptr<const model::Connection>& connection) const;
  [[nodiscard]] std::shared_ptr<const model::Message> message(
      const Scope& scope, const std::shared_ptr<const model::Message>& message, bool file) const;

  Settings settings_;
  Pseudonyms names_;
};

}  // namespace eastap::redact
