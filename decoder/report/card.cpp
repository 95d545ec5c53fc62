#include "decoder/report/card.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/status_table.hpp"
#include "decoder/eas/values/user_agent.hpp"
#include "decoder/findings/evidence_clock.hpp"
#include "decoder/findings/history.hpp"
#include "decoder/report/steps.hpp"

namespace eastap::report {
namespace {

using findings::Device;

constexpr std::size_t kFindings = 100;  // of a card; a card is read by a person

/// Contexts of one phone that lack what makes it a device: OPTIONS carries no DeviceId, a first
/// request no user.
class Nameless {
 public:
  void add(const Device& device) {
    nameless_.push_back(&device);
    if (!device.device_id.empty()) {
      by_id_[{device.host, device.device_id}].push_back(&device);
    } else if (!device.person.empty()) {
      by_person_[{device.host, device.person}].push_back(&device);
    } else {
      by_client_[{device.host, device.client}].push_back(&device);
    }
  }
  /// Those that belong to `device`, which is a whole one.
  std::vector<const Device*> of(const Device& device) {
    std::vector<const Device*> out;
    append(out, by_id_, {device.host, device.device_id});
    append(out, by_person_, {device.host, device.person});
    append(out, by_client_, {device.host, device.client});
    used_.insert(out.begin(), out.end());
    return out;
  }
  /// Those that belong to none, in the order in which they were added.
  [[nodiscard]] std::vector<const Device*> rest() const {
    std::vector<const Device*> out;
    std::copy_if(nameless_.begin(), nameless_.end(), std::back_inserter(out),
                 [&](const Device* device) { return !used_.contains(device); });
    return out;
  }

 private:
  using Key = std::pair<std::string, std::string>;
  using Index = std::map<Key, std::vector<const Device*>>;
  static void append(std::vector<const Device*>& out, const Index& index, const Key& key) {
    const auto found = index.find(key);
    if (found != index.end()) out.insert(out.end(), found->second.begin(), found->second.end());
  }
  std::vector<const Device*> nameless_;
  std::set<const Device*> used_;
  Index by_id_, by_person_, by_client_;
};

std::string version_words(int tenths) {
  return tenths == 0 ? std::string{}
                     : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::uint16_t median_of(std::vector<std::uint16_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

FolderLine folder_line(const Device& device, const findings::CollectionHistory& history) {
  FolderLine line;
  line.id = history.id;
  line.class_name = history.class_name;
  if (const auto known = device.folders.find(history.id); known != device.folders.end())
    line.name = known->second.name;
  line.key = history.key;
  line.http = history.last_answer.http;
  line.status = history.last_answer.status;
  line.delivered = history.last_answer.delivered;
  line.time = history.last_answer.at.time;
  line.exchange = history.last_answer.at.exchange;
  if (const eas::StatusRow* row = eas::find_status("Sync", line.status))
    line.status_name = row->name;
  return line;
}

/// The times that the clock showed, where it was set back.
void show_times(Card& card, const findings::EvidenceClock& clock) {
  if (!clock.stepped()) return;
  const auto show = [&](Timestamp& time) {
    if (time != Timestamp{}) time = clock.shown(time);
  };
  show(card.first);
  show(card.last);
  for (Step& step : card.steps) show(step.time);
  for (FolderLine& folder : card.folders) show(folder.time);
}

/// `own` is the device, or the first of several contexts without an id.
Card card_of(const Device& own, const std::vector<const Device*>& more,
             const findings::Analyzer::Knowledge& knowledge) {
  Card card;
  card.host = own.host;
  card.user = own.user;
  card.device_id = own.device_id;
  card.device_type = own.device_type;
  card.client = own.client;
  card.first = own.first_seen;
  card.last = std::max(own.last_began, own.last_ended);
  card.exchanges = own.exchanges;
  card.user_agent = own.setup.user_agent;
  for (const Device* other : more) {
    card.first = std::min(card.first, other->first_seen);
    card.last = std::max({card.last, other->last_began, other->last_ended});
    card.exchanges += other->exchanges;
    if (card.user.empty()) card.user = other->user;
    if (card.user_agent.empty()) card.user_agent = other->setup.user_agent;
  }
  card.agent_words = eas::values::user_agent_words(card.user_agent);
  card.version = own.version;
  if (const findings::Host* host = knowledge.history.find_host(own.host))
    card.best_version = version_words(host->best_version);
  card.policy_key = own.policy_key.empty() ? own.setup.policy_key_used : own.policy_key;
  if (card.policy_key == "0") card.policy_key.clear();  // the device has none
  card.policy = own.policy_text;
  for (const auto& history : own.collections) card.folders.push_back(folder_line(own, history));
  card.waits = own.setup.waits;
  card.median = median_of(card.waits.lasted);
  if (const findings::Clients::Client* client = knowledge.clients.find(own.client))
    card.failed = client->failures;
  fill_steps(card, own, more);
  show_times(card, knowledge.clock);
  return card;
}

/// An address of which only failed connections are known.
Card card_of(const findings::Clients::Client& client) {
  Card card;
  card.client = client.address;
  card.failed = client.failures;
  for (const auto& failure : client.failures) {
    if (card.first == Timestamp{} || failure.first < card.first) card.first = failure.first;
    if (failure.last >= card.last) card.host = failure.host;
    card.last = std::max(card.last, failure.last);
  }
  fill_steps(card, client);
  return card;
}

void add_finding(Card& card, const findings::Finding& finding, const std::vector<FindingId>& open) {
  card.findings.push_back({finding, std::binary_search(open.begin(), open.end(), finding.id)});
}

/// "192.168.1.20", "2001:db8::7", and no host's name.
bool is_address(std::string_view word) {
  return word.find_first_not_of("0123456789abcdefABCDEF.:") == word.npos &&
         (word.find(':') != word.npos || word.find_first_not_of("0123456789.") == word.npos);
}

void add_findings(std::vector<Card>& all, const findings::Analyzer::Knowledge& knowledge,
                  std::span<const findings::Finding> found) {
  std::map<std::string, std::vector<std::size_t>> by_id, by_user, by_client;
  for (std::size_t index = 0; index < all.size(); ++index) {
    by_id[all[index].device_id].push_back(index);
    by_user[findings::normalised_user(all[index].user)].push_back(index);
    by_client[all[index].client].push_back(index);
  }
  for (const findings::Finding& finding : found) {
    for (const std::size_t index : by_id[finding.device_id]) {
      Card& card = all[index];
      const bool own =
          card.host == finding.host &&
          findings::normalised_user(card.user) == findings::normalised_user(finding.user) &&
          (!finding.device_id.empty() || !finding.user.empty());
      if (own) add_finding(card, finding, knowledge.open);
    }
    if (!finding.device_id.empty()) continue;
    // Of TLS trouble the summary begins with the address.
    const std::string client = finding.summary.substr(0, finding.summary.find(' '));
    if (finding.user.empty()) {
      if (const auto cards = by_client.find(client); cards != by_client.end()) {
        for (const std::size_t index : cards->second)
          add_finding(all[index], finding, knowledge.open);
      } else if (!is_address(client) || client == finding.host || client == finding.host + ':') {
        // Of the host, which may be known by its address only: it concerns each device there.
        for (Card& card : all) {
          if (card.host == finding.host) add_finding(card, finding, knowledge.open);
        }
      }
    } else {
      for (const std::size_t index : by_user[findings::normalised_user(finding.user)]) {
        if (!all[index].device_id.empty() && all[index].host == finding.host)
          add_finding(all[index], finding, knowledge.open);
      }
    }
  }
  for (Card& card : all) {
    std::stable_sort(card.findings.begin(), card.findings.end(),
                     [](const Incident& left, const Incident& right) {
                       if (left.finding.severity != right.finding.severity)
                         return left.finding.severity > right.finding.severity;
                       return left.finding.last > right.finding.last;
                     });
    if (card.findings.size() > kFindings) card.findings.resize(kFindings);
  }
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::done: return "done";
    case State::half: return "half";
    case State::waiting: return "waiting";
    case State::failed: return "failed";
    case State::unneeded: return "unneeded";
    case State::unseen: return "unseen";
    case State::missing: return "missing";
  }
  return "";
}

std::string_view to_string(findings::Stage stage) {
  using findings::Stage;
  switch (stage) {
    case Stage::trusted: return "tls";
    case Stage::options: return "options";
    case Stage::signed_in: return "sign_in";
    case Stage::provision: return "provision";
    case Stage::folder_sync: return "folder_sync";
    case Stage::first_sync: return "first_sync";
    case Stage::wait: return "ping";
    case Stage::push: return "push";
  }
  return "";
}

std::optional<findings::Severity> Card::worst() const {
  if (findings.empty()) return std::nullopt;
  return findings.front().finding.severity;
}

void FindingStore::take(const findings::Finding& finding) {
  const auto place =
      std::lower_bound(findings_.begin(), findings_.end(), finding.id,
                       [](const findings::Finding& one, FindingId id) { return one.id < id; });
  if (place != findings_.end() && place->id == finding.id) {
    *place = finding;
    return;
  }
  findings_.insert(place, finding);
  if (findings_.size() <= limit_) return;
  ++lost_;
  findings_.erase(
      std::min_element(findings_.begin(), findings_.end(),
                       [](const findings::Finding& left, const findings::Finding& right) {
                         if (left.severity != right.severity) return left.severity < right.severity;
                         return left.last < right.last;
                       }));
}

std::vector<Card> cards(const findings::Analyzer::Knowledge& knowledge,
                        std::span<const findings::Finding> found) {
  const std::vector<const Device*> devices = knowledge.history.all();
  Nameless nameless;
  for (const Device* device : devices) {
    if (device->device_id.empty() || device->person.empty()) nameless.add(*device);
  }
  std::vector<Card> out;
  std::set<std::string, std::less<>> clients;
  for (const Device* device : devices) {
    if (device->monitoring || device->exchanges == 0) continue;
    if (device->device_id.empty() || device->person.empty()) continue;
    out.push_back(card_of(*device, nameless.of(*device), knowledge));
    clients.insert(device->client);
  }
  for (const Device* device : nameless.rest()) {
    if (device->monitoring || device->exchanges == 0) continue;
    out.push_back(card_of(*device, {}, knowledge));
    clients.insert(device->client);
  }
  for (const findings::Clients::Client* client : knowledge.clients.all()) {
    if (client->failures.empty() || clients.contains(client->address)) continue;
    if (client->hosts.empty()) out.push_back(card_of(*client));
  }
  add_findings(out, knowledge, found);
  return out;
}

std::vector<const Card*> select(std::span<const Card> all, std::string_view wanted,
                                std::string& problem) {
  const std::string low = to_lower(wanted);
  const auto name_of = [](const Card& card) {
    return to_lower(card.device_id.empty() ? card.client : card.device_id);
  };
  std::vector<const Card*> exact, beginning;
  std::set<std::string> names;
  for (const Card& card : all) {
    const std::string name = name_of(card);
    if (name == low) exact.push_back(&card);
    if (!name.starts_with(low)) continue;
    beginning.push_back(&card);
    names.insert(card.device_id.empty() ? card.client : card.device_id);
  }
  if (!exact.empty()) return exact;
  if (names.size() == 1) return beginning;
  constexpr std::size_t kNamed = 8;
  if (names.empty()) {
    for (const Card& card : all)
      names.insert(card.device_id.empty() ? card.client : card.device_id);
    problem = "no device begins with \"" + std::string{wanted} + "\"";
    problem += names.empty() ? "; the capture has none" : "; there are ";
  } else {
    problem = "several devices begin with \"" + std::string{wanted} + "\": ";
  }
  std::size_t told = 0;
  for (const std::string& name : names) {
    if (told++ == kNamed) {
      problem += " and " + std::to_string(names.size() - kNamed) + " more";
      break;
    }
    problem += (told > 1 ? ", " : "") + name;
  }
  return {};
}

std::vector<const Card*> most_telling(std::span<const Card> all, std::size_t limit) {
  std::vector<const Card*> out;
  for (const Card& card : all) out.push_back(&card);
  if (out.size() <= limit) return out;
  std::stable_sort(out.begin(), out.end(), [](const Card* left, const Card* right) {
    if (left->stop.has_value() != right->stop.has_value()) return left->stop.has_value();
    if (left->worst() != right->worst()) return left->worst() > right->worst();
    return left->last > right->last;
  });
  out.resize(limit);
  std::sort(out.begin(), out.end());  // they stand in one array
  return out;
}

}  // namespace eastap::report
