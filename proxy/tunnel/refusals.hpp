#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace eastap::tunnel {

/// Which client refuses to have which host decrypted, and which host a client is spared for a
/// while: passed through undecrypted, so that the phone keeps working. Times are the caller's.
class Refusals {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Settings {
    unsigned after = 0;                     ///< refusals in a row; 0: nobody is spared
    std::chrono::milliseconds spare_for{};  ///< then it is tried again
    std::size_t limit = 4096;  ///< (client, host) pairs remembered, the longest untouched forgotten
                               ///< first: a forgotten one is decrypted again
  };

  explicit Refusals(Settings settings) : settings_{settings} {}

  /// New settings; what is spared stays so until its time is over.
  void change(const Settings& settings) { settings_ = settings; }

  /// `host` is not to be decrypted for `client` now.
  [[nodiscard]] bool spared(std::string_view client, std::string_view host, Time now);

  /// The client broke a handshake for the host off because of our certificate. True: from now on
  /// the host is spared for it. When that time is over a single further refusal suffices.
  bool refused(std::string_view client, std::string_view host, Time now);

  /// The client used a decrypted connection to the host.
  void accepted(std::string_view client, std::string_view host);

  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  struct Entry {
    std::string key;
    unsigned count = 0;
    Time until{};  ///< spared until then; the epoch: not spared
  };
  using Place = std::list<Entry>::iterator;
  [[nodiscard]] Entry* find(std::string_view client, std::string_view host);

  Settings settings_;
  std::list<Entry> order_;                             ///< latest touched first
  std::unordered_map<std::string_view, Place> index_;  ///< views: Entry::key
};

}  // namespace eastap::tunnel
