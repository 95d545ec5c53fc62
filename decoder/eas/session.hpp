#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/diagnostic.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/eas/limits.hpp"
#include "decoder/model/exchange.hpp"

namespace eastap::eas {

/// A body after its content coding was undone.
struct BodyOctets {
  std::shared_ptr<const std::string> octets;  ///< may be null: none, or dropped
  std::vector<Diagnostic> diagnostics;        ///< of undoing the coding
  bool whole = true;                          ///< false: the body was cut, dropped or kept in part
  /// Called with the document that is made of it, if any; may be null. Outlives this.
  const std::function<void(wbxml::Document&)>* finish = nullptr;
};

/// Understands the exchanges of all devices, one after the other.
///
/// Remembers by device (host, normalised user, DeviceId, DeviceType) the folders it has learned and
/// the last complete Sync and Ping, so that later requests can be shown by name and empty ones by
/// what they stand for. All of it is bounded by `Limits`; the least recently seen device is
/// forgotten. Same inputs in the same order give the same commands.
class Session {
 public:
  explicit Session(const Limits& limits = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// `exchange.ending == open`: the request alone, and nothing is learned. Else the whole; folders
  /// and keys are learned from it only when the answer came to its end and was delivered.
  [[nodiscard]] Command understand(const model::Exchange& exchange, BodyOctets request,
                                   BodyOctets response);

  [[nodiscard]] std::size_t device_count() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace eastap::eas
