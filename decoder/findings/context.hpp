#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/findings/facts.hpp"
#include "decoder/findings/history.hpp"
#include "decoder/findings/incidents.hpp"
#include "decoder/findings/item_store.hpp"
#include "decoder/findings/people.hpp"

namespace eastap::findings {

/// What a rule waits for when nothing happens.
enum class Wait : std::uint8_t {
  policy_silence,    ///< does the device come back after a policy demand?
  provision_finish,  ///< does it acknowledge the policy?
  answer,            ///< does an open request get an answer?
  more_items,        ///< is MoreAvailable followed?
  quarantine,        ///< does anything but the one mail come?
  folders_unused,    ///< which folders has the device left out for an hour?
};

struct Deadline {
  Timestamp at{};
  std::uint64_t order = 0;
  std::weak_ptr<Device> device;
  Wait wait = Wait::answer;
  ExchangeId about;
  std::string folder;
  bool operator>(const Deadline& other) const {
    return at != other.at ? at > other.at : order > other.order;
  }
};

/// Pending deadlines, soonest first. Beyond `kMost` new ones are not taken: silence then stays
/// unreported, which is the safe side.
class Deadlines {
 public:
  static constexpr std::size_t kMost = 200'000;
  void add(Timestamp at, const std::shared_ptr<Device>& device, Wait wait, ExchangeId about,
           std::string_view folder = {}) {
    if (queue_.size() < kMost)
      queue_.push({at, ++order_, device, wait, about, std::string{folder}});
  }
  [[nodiscard]] bool due(Timestamp now) const { return !queue_.empty() && queue_.top().at <= now; }
  Deadline take() {
    Deadline next = queue_.top();
    queue_.pop();
    return next;
  }

 private:
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> queue_;
  std::uint64_t order_ = 0;
};

/// What a rule sees: this exchange and the device's history before it.
struct Context {
  const Facts& facts;
  const std::shared_ptr<Device>& owner;
  Device& device;
  Host& host;
  Incidents& incidents;
  Deadlines& deadlines;
  ItemStore& items;
  People& people;
  const Settings& settings;
  const Limits& limits;
  bool claimed = false;  ///< a rule more specific than eas-error-status took the status

  [[nodiscard]] Subject subject(std::string_view folder = {}) const;
  /// Of the user, on every device of theirs.
  [[nodiscard]] Subject of_person() const {
    Subject out = subject();
    out.scope = Scope::person;
    return out;
  }
  [[nodiscard]] Subject of_person_on_host() const {
    Subject out = subject();
    out.scope = Scope::person_on_host;
    return out;
  }
  /// Of the server, for all its devices.
  [[nodiscard]] Subject of_host() const;
};

/// The same without an exchange: a deadline passed.
struct Moment {
  Timestamp now{};
  Device& device;
  Incidents& incidents;

  [[nodiscard]] Subject subject(std::string_view folder = {}) const;
};

[[nodiscard]] inline Subject subject_of(const Device& device, std::string_view folder) {
  Subject subject;
  subject.device = &device;
  subject.host = device.host;
  subject.folder_id = folder;
  if (const auto known = device.folders.find(folder); known != device.folders.end()) {
    subject.folder_name = known->second.name;
  }
  return subject;
}
inline Subject Context::subject(std::string_view folder) const {
  Subject subject = subject_of(device, folder);
  subject.unknown_server = !host.activesync_seen;
  subject.loading = device.loading(facts.began);
  return subject;
}
inline Subject Context::of_host() const {
  Subject out;
  out.host = device.host;
  out.loading = device.loading(facts.began);
  return out;
}
inline Subject Moment::subject(std::string_view folder) const { return subject_of(device, folder); }

/// Joins pieces of a sentence.
[[nodiscard]] std::string words(std::initializer_list<std::string_view> pieces);
[[nodiscard]] std::string number(std::int64_t value);
/// "#211"
[[nodiscard]] std::string exchange_number(ExchangeId id);
/// "950 octets", "48 kB", "9 MB".
[[nodiscard]] std::string octet_words(std::uint64_t octets);
/// "40 s", "12 min", "3 h".
[[nodiscard]] std::string span_of(Timestamp first, Timestamp last);
/// "once", "twice", "17 times".
[[nodiscard]] std::string times(std::uint64_t count);
/// "#3 HTTP 500, #4 cut": what made a device start over.
[[nodiscard]] std::string failure_list(const std::vector<FailureMark>& failures);

}  // namespace eastap::findings
