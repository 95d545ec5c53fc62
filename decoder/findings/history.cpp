#include "decoder/findings/history.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::findings {

namespace {

constexpr std::array<std::pair<std::string_view, Verb>, 16> kVerbs{{
    {"Sync", Verb::sync},
    {"Ping", Verb::ping},
    {"FolderSync", Verb::folder_sync},
    {"ItemOperations", Verb::item_operations},
    {"Provision", Verb::provision},
    {"OPTIONS", Verb::options},
    {"Settings", Verb::settings},
    {"SendMail", Verb::send_mail},
    {"SmartReply", Verb::smart_reply},
    {"SmartForward", Verb::smart_forward},
    {"GetItemEstimate", Verb::get_item_estimate},
    {"MeetingResponse", Verb::meeting_response},
    {"MoveItems", Verb::move_items},
    {"Search", Verb::search},
    {"GetAttachment", Verb::get_attachment},
    {"Autodiscover", Verb::autodiscover},
}};

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equals_ignoring_case(text.substr(0, start.size()), start);
}

/// Exchange's own probes, G6.
bool is_probe(std::string_view user, std::string_view device_id, std::string_view device_type,
              std::string_view user_agent) {
  return starts_with_ignoring_case(user, "HealthMailbox") ||
         starts_with_ignoring_case(user_agent, "AMProbe") ||
         user_agent.find("AMProbe") != std::string_view::npos ||
         starts_with_ignoring_case(device_id, "TestActiveSyncConnectivity") ||
         starts_with_ignoring_case(device_type, "TestActiveSyncConnectivity") ||
         user_agent.find("TestActiveSyncConnectivity") != std::string_view::npos;
}

/// Asks for the lines of a device together. Where many devices take turns none is in the cache, and
/// each rule would wait for one after the other.
void fetch(const Device& device) {
  constexpr std::size_t kLine = 64;
  const auto* octets = reinterpret_cast<const char*>(&device);
  for (std::size_t at = 0; at < sizeof(Device); at += kLine) __builtin_prefetch(octets + at, 1);
}

std::size_t heap_octets(const std::string& text) {
  return text.capacity() > 15 ? text.capacity() + 1 : 0;
}

}  // namespace

Verb verb_from(std::string_view command_name) {
  for (const auto& [name, verb] : kVerbs) {
    if (name == command_name) return verb;
  }
  return Verb::other;
}

std::string normalised_user(std::string_view user) {
  if (const std::size_t slash = user.find('\\'); slash != std::string_view::npos)
    user.remove_prefix(slash + 1);
  // A leading @ would leave nothing.
  if (const std::size_t at = user.find('@'); at != std::string_view::npos && at > 0)
    user = user.substr(0, at);
  return to_lower(user);
}

std::uint32_t RateCounter::add(Timestamp time, std::chrono::seconds window) {
  const Microseconds part = std::max<Microseconds>(Microseconds{window} / kParts, Microseconds{1});
  if (newest == Timestamp{} || time - newest >= Microseconds{window} + part) {
    counts.fill(0);
    newest = time;
  }
  while (time - newest >= part) {
    newest += part;
    at = static_cast<std::uint8_t>((at + 1U) % kParts);
    counts[at] = 0;
  }
  if (counts[at] < 0xFFFF) ++counts[at];
  std::uint32_t sum = 0;
  for (const std::uint16_t count : counts) sum += count;
  return sum;
}

bool Device::awaits(Verb verb) const {
  return std::any_of(open.begin(), open.end(),
                     [&](const OpenRequest& request) { return request.verb == verb; });
}

CollectionHistory* Device::find(std::string_view collection_id) {
  for (CollectionHistory& known : collections) {
    if (known.id == collection_id) return &known;
  }
  return nullptr;
}

CollectionHistory& Device::collection(std::string_view collection_id, const Limits& limits) {
  if (CollectionHistory* known = find(collection_id)) return *known;
  if (collections.size() >= std::max<std::size_t>(limits.collections, 1)) {
    const auto stalest =
        std::min_element(collections.begin(), collections.end(),
                         [](const CollectionHistory& left, const CollectionHistory& right) {
                           return left.last_sync.time < right.last_sync.time;
                         });
    *stalest = CollectionHistory{};
    stalest->id = collection_id;
    return *stalest;
  }
  CollectionHistory& made = collections.emplace_back();
  made.id = collection_id;
  return made;
}

std::string Device::folder_label(std::string_view collection_id) const {
  const auto known = folders.find(collection_id);
  if (known == folders.end() || known->second.name.empty())
    return "folder " + std::string{collection_id};
  return known->second.name + "(" + std::string{collection_id} + ")";
}

bool Device::loading(Timestamp now) const {
  return load_began != Timestamp{} && now - load_began < std::chrono::minutes{15};
}

std::shared_ptr<Device> History::device(std::string_view host, std::string_view user,
                                        std::string_view device_id, std::string_view device_type,
                                        std::string_view user_agent) {
  // The spelling is part of the fast key only when it is the usual one: most requests of a device
  // spell its user alike, so the normal form is worked out in place.
  key_.assign(host);
  key_ += '\0';
  std::string_view bare = user;
  if (const std::size_t slash = bare.find('\\'); slash != std::string_view::npos)
    bare.remove_prefix(slash + 1);
  if (const std::size_t at = bare.find('@'); at != std::string_view::npos && at > 0)
    bare = bare.substr(0, at);
  for (const char c : bare) key_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const std::size_t person_end = key_.size();
  key_ += '\0';
  key_ += device_id;
  key_ += '\0';
  key_ += device_type;
  if (const auto* known = devices_.use(key_); known != nullptr) {
    fetch(**known);
    return *known;
  }
  auto made = std::make_shared<Device>();
  made->serial = ++serials_;
  made->key = key_;
  made->host = host;
  made->user = user;
  made->person = key_.substr(host.size() + 1, person_end - host.size() - 1);
  made->device_id = device_id;
  made->device_type = device_type;
  made->monitoring = is_probe(made->person, device_id, device_type, user_agent);
  devices_.add(made->key, made);
  return made;
}

Host& History::host(std::string_view name) {
  if (const auto found = host_index_.find(name); found != host_index_.end()) {
    host_order_.splice(host_order_.begin(), host_order_, found->second);
    return *found->second;
  }
  if (host_order_.size() >= std::max<std::size_t>(limits_.hosts, 1)) {
    host_index_.erase(host_order_.back().name);
    host_order_.pop_back();
  }
  host_order_.emplace_front().name = name;
  host_index_.emplace(host_order_.front().name, host_order_.begin());
  return host_order_.front();
}

void History::settle(Device& device) {
  std::size_t now = sizeof(Device) + 160 + 2 * device.key.size() + device.steps.octets() +
                    device.failures.size() * sizeof(FailureMark) +
                    device.open.capacity() * sizeof(OpenRequest) +
                    device.collections.capacity() * sizeof(CollectionHistory) +
                    device.folders.size() * (sizeof(Folder) + 96) +
                    device.agents.capacity() * sizeof(Device::Agent) + device.setup.octets() +
                    (device.uploads_made ? device.uploads_made->octets() : 0);
  for (const CollectionHistory& known : device.collections) {
    now += known.keys.size() * sizeof(KeyStep) + known.last_items.capacity() * 48 +
           heap_octets(known.id) + heap_octets(known.key);
  }
  octets_ = octets_ - device.octets + now;
  device.octets = now;
  while (devices_.size() > 1 && (devices_.size() > std::max<std::size_t>(limits_.devices, 1) ||
                                 octets_ > limits_.device_octets)) {
    octets_ -= devices_.oldest()->octets;
    devices_.erase(devices_.oldest()->key);
    ++forgotten_;
  }
}

std::vector<const Device*> History::all() const {
  std::vector<const Device*> out;
  out.reserve(devices_.size());
  devices_.newest_first([&](const auto& device) {
    out.push_back(device.get());
    return true;
  });
  std::sort(out.begin(), out.end(),
            [](const Device* left, const Device* right) { return left->serial < right->serial; });
  return out;
}

const Host* History::find_host(std::string_view name) const {
  const auto found = host_index_.find(name);
  return found == host_index_.end() ? nullptr : &*found->second;
}

}  // namespace eastap::findings
