#include "decoder/findings/item_facts.hpp"

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages/page00_airsync.hpp"
#include "decoder/codepages/pages/page01_contacts.hpp"
#include "decoder/codepages/pages/page02_email.hpp"
#include "decoder/codepages/pages/page04_calendar.hpp"
#include "decoder/codepages/pages/page09_tasks.hpp"
#include "decoder/codepages/pages/page17_airsync_base.hpp"
#include "decoder/findings/facts.hpp"

namespace eastap::findings {

namespace {

namespace airsync = codepages::airsync;
namespace base = codepages::airsync_base;
namespace calendar = codepages::calendar;
namespace contacts = codepages::contacts;
namespace email = codepages::email;

constexpr std::size_t kAttendees = 64;
constexpr std::size_t kExceptions = 64;
constexpr std::size_t kProperties = 48;
constexpr std::size_t kZoneOctets = 172;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  return (hash ^ value) * 0x100000001B3U;
}

std::uint64_t hash_of_subtree(const wbxml::Element& element) {
  const wbxml::Document& document = element.document();
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (std::uint32_t index = element.index(); index < element.node().end; ++index) {
    const wbxml::Node& node = document.nodes[index];
    hash = mixed(hash, (std::uint64_t{node.tag.page} << 24) |
                           (std::uint64_t{node.tag.token} << 16) | node.depth);
    if (node.value_size > 0 && node.value_kind != wbxml::ValueKind::entity)
      hash = mixed(hash, hash_of(document.octets(node.value_offset, node.value_size)));
  }
  return hash ^ (hash >> 31);
}

std::optional<int> number_in(const wbxml::Element& element) {
  const auto value = to_integer(trimmed(element.value()));
  if (!value || *value < -1'000'000 || *value > 1'000'000) return std::nullopt;
  return static_cast<int>(*value);
}

bool truth_in(const wbxml::Element& element) { return element.value() != "0"; }

std::int32_t integer_at(std::string_view octets, std::size_t at) {
  std::uint32_t value = 0;
  for (unsigned octet = 0; octet < 4; ++octet)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(octets[at + octet]))
             << (8 * octet);
  return static_cast<std::int32_t>(value);
}

std::uint16_t short_at(std::string_view octets, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(octets[at]) |
                                    static_cast<unsigned char>(octets[at + 1]) << 8);
}

/// SYSTEMTIME: year, month, day of week, day (week of the month in rules), hour, minute.
TimeZone::Change change_at(std::string_view octets, std::size_t at) {
  return {short_at(octets, at),     short_at(octets, at + 2), short_at(octets, at + 4),
          short_at(octets, at + 6), short_at(octets, at + 8), short_at(octets, at + 10)};
}

/// Concrete dates of one year and rules for every year name the same change when the months agree.
bool same_change(const TimeZone::Change& left, const TimeZone::Change& right) {
  if (left.year == 0 && right.year == 0) return left == right;
  return left.month == right.month && left.hour == right.hour && left.minute == right.minute;
}

/// Minutes since the year's begin, in local time, at which a change happens.
std::int64_t minute_of_change(const TimeZone::Change& change, std::chrono::year year) {
  using namespace std::chrono;
  const month in{change.month};
  sys_days day;
  if (change.year != 0) {
    day = sys_days{year / in / 1} + days{change.week > 0 ? change.week - 1 : 0};
  } else if (change.week >= 5) {
    day = sys_days{year / in / weekday{change.weekday % 7U}[last]};
  } else {
    day = sys_days{year / in / weekday{change.weekday % 7U}[std::max<unsigned>(change.week, 1)]};
  }
  return (day - sys_days{year / January / 1}).count() * 1'440 + change.hour * 60 + change.minute;
}

void read_body(ItemFacts& facts, const wbxml::Element& body) {
  facts.has_body = true;
  for (const wbxml::Element child : body.children()) {
    if (child.is(base::kType)) {
      facts.body_type = number_in(child).value_or(0);
    } else if (child.is(base::kEstimatedDataSize)) {
      facts.body_estimate = static_cast<std::uint64_t>(
          std::max<std::int64_t>(to_integer(child.value()).value_or(0), 0));
    } else if (child.is(base::kTruncated)) {
      facts.body_truncated = truth_in(child);
    } else if (child.is(base::kData)) {
      if (child.children().empty()) {
        facts.body_octets = child.node().value_size;
        facts.body_hash = hash_of(child.value());
      } else {
        const std::string whole = child.whole_value();
        facts.body_octets = whole.size();
        facts.body_hash = hash_of(whole);
      }
    }
  }
}

void read_exceptions(ItemFacts& facts, const wbxml::Element& list) {
  facts.has_exceptions = true;
  for (const wbxml::Element element : list.children()) {
    if (!element.is(calendar::kException)) continue;
    ++facts.exception_count;
    if (facts.exceptions.size() >= kExceptions) continue;
    ExceptionFacts& one = facts.exceptions.emplace_back();
    for (const wbxml::Element child : element.children()) {
      if (child.is(calendar::kExceptionStartTime) || child.is(base::kInstanceId)) {
        one.start = hash_of(child.value());
        one.at = compact_time_from(child.value());
      } else if (child.is(calendar::kDtStamp)) {
        one.stamp = compact_time_from(child.value());
      } else {
        if (child.is(calendar::kDeleted)) one.removed = one.removed || truth_in(child);
        if (child.is(calendar::kMeetingStatus))
          one.removed = one.removed || (number_in(child).value_or(0) & 0x4) != 0;
        one.content ^= hash_of_subtree(child);
      }
    }
  }
}

void read_recurrence(ItemFacts& facts, const wbxml::Element& recurrence) {
  facts.recurring = !recurrence.children().empty();
  for (const wbxml::Element child : recurrence.children()) {
    if (child.is(calendar::kType)) facts.recurrence_type = number_in(child).value_or(-1);
    if (child.is(calendar::kDayOfMonth)) facts.day_of_month = number_in(child).value_or(0);
  }
}

void read_attendees(ItemFacts& facts, const wbxml::Element& list) {
  for (const wbxml::Element attendee : list.children()) {
    const auto address = attendee.child_value(calendar::kEmail);
    if (!address || address->empty()) continue;
    facts.has_attendees = true;
    if (facts.attendees.size() < kAttendees) facts.attendees.push_back(hash_of(to_lower(*address)));
  }
}

void read_calendar(ItemFacts& facts, const wbxml::Element& child) {
  facts.calendar = true;
  switch (child.tag().token) {
    case calendar::kUID.token: facts.uid = child.value(); break;
    case calendar::kOrganizerEmail.token: facts.organizer = child.value(); break;
    case calendar::kMeetingStatus.token: facts.meeting_status = number_in(child); break;
    case calendar::kReminder.token: facts.reminder = number_in(child); break;
    case calendar::kAllDayEvent.token: facts.all_day = truth_in(child); break;
    case calendar::kSubject.token: facts.subject = child.value(); break;
    case calendar::kStartTime.token:
      facts.start_text = child.value();
      facts.start = compact_time_from(child.value());
      break;
    case calendar::kEndTime.token: facts.end = compact_time_from(child.value()); break;
    case calendar::kDtStamp.token: facts.stamp = compact_time_from(child.value()); break;
    case calendar::kAttendees.token: read_attendees(facts, child); break;
    case calendar::kRecurrence.token: read_recurrence(facts, child); break;
    case calendar::kExceptions.token: read_exceptions(facts, child); break;
    case calendar::kTimezone.token:
      facts.has_time_zone = true;
      facts.time_zone = time_zone_from(child.value());
      break;
    default: break;
  }
}

bool is_volatile(codepages::Tag tag) {
  return tag == calendar::kDtStamp || tag == calendar::kUID || tag == calendar::kClientUid ||
         tag == base::kNativeBodyType;
}

bool names_a_contact(codepages::Tag tag) {
  return tag == contacts::kFirstName || tag == contacts::kLastName ||
         tag == contacts::kCompanyName || tag == contacts::kEmail1Address ||
         tag == contacts::kMobilePhoneNumber || tag == contacts::kHomePhoneNumber ||
         tag == contacts::kBusinessPhoneNumber;
}

void read_property(ItemFacts& facts, const wbxml::Element& child) {
  const codepages::Tag tag = child.tag();
  const std::uint64_t hash = hash_of_subtree(child);
  if (facts.properties.size() < kProperties)
    facts.properties.push_back({tag, static_cast<std::uint32_t>(hash)});
  if (!is_volatile(tag)) facts.content ^= hash;
  switch (tag.page) {
    case calendar::kPage.number: read_calendar(facts, child); break;
    case codepages::tasks::kPage.number: facts.task = true; break;
    case contacts::kPage.number:
      facts.contact = true;
      if (names_a_contact(tag)) facts.contact_content ^= hash;
      break;
    case email::kPage.number:
      facts.mail = true;
      if (tag == email::kSubject) facts.subject = child.value();
      if (tag == email::kFrom) facts.from = child.value();
      if (tag == email::kMessageClass) facts.message_class = child.value();
      if (tag == email::kMeetingRequest) facts.meeting_request = true;
      break;
    case base::kPage.number:
      if (tag == base::kBody) read_body(facts, child);
      if (tag == base::kNativeBodyType) facts.native_body_type = number_in(child).value_or(0);
      break;
    default: break;
  }
}

}  // namespace

bool TimeZone::same_rules(const TimeZone& other) const {
  return bias == other.bias && standard_bias == other.standard_bias &&
         daylight_bias == other.daylight_bias && same_change(standard, other.standard) &&
         same_change(daylight, other.daylight);
}

std::int32_t TimeZone::offset_at(Timestamp time) const {
  using namespace std::chrono;
  if (daylight.month == 0 || daylight.month > 12 || standard.month == 0 || standard.month > 12)
    return bias;
  const auto day = floor<days>(time);
  const year in = year_month_day{day}.year();
  const std::int64_t local =
      duration_cast<minutes>(time - sys_days{in / January / 1}).count() - bias;
  const std::int64_t to_daylight = minute_of_change(daylight, in);
  const std::int64_t to_standard = minute_of_change(standard, in);
  const bool summer = to_daylight < to_standard ? local >= to_daylight && local < to_standard
                                                : local >= to_daylight || local < to_standard;
  return bias + (summer ? daylight_bias : standard_bias);
}

std::optional<TimeZone> time_zone_from(std::string_view base64) {
  const auto octets = from_base64(trimmed(base64));
  if (!octets || octets->size() != kZoneOctets) return std::nullopt;
  TimeZone zone;
  zone.bias = integer_at(*octets, 0);
  zone.standard = change_at(*octets, 68);
  zone.standard_bias = integer_at(*octets, 84);
  zone.daylight = change_at(*octets, 152);
  zone.daylight_bias = integer_at(*octets, 168);
  return zone;
}

std::optional<Timestamp> compact_time_from(std::string_view text) {
  std::array<int, 6> parts{};
  constexpr std::array<std::size_t, 6> kDigits{4, 2, 2, 2, 2, 2};
  std::size_t at = 0;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    while (at < text.size() && (text[at] == '-' || text[at] == ':' || text[at] == 'T')) ++at;
    for (std::size_t digit = 0; digit < kDigits[part]; ++digit, ++at) {
      if (at >= text.size() || text[at] < '0' || text[at] > '9') return std::nullopt;
      parts[part] = parts[part] * 10 + (text[at] - '0');
    }
  }
  const std::chrono::year_month_day day{std::chrono::year{parts[0]},
                                        std::chrono::month{static_cast<unsigned>(parts[1])},
                                        std::chrono::day{static_cast<unsigned>(parts[2])}};
  if (!day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return std::nullopt;
  return Timestamp{std::chrono::sys_days{day}} + std::chrono::hours{parts[3]} +
         std::chrono::minutes{parts[4]} + std::chrono::seconds{parts[5]};
}

const ItemFacts::Property* ItemFacts::property(codepages::Tag tag) const {
  const auto found = std::find_if(properties.begin(), properties.end(),
                                  [&](const Property& one) { return one.tag == tag; });
  return found == properties.end() ? nullptr : &*found;
}

ItemFacts item_facts_of(const wbxml::Element& command) {
  ItemFacts facts;
  for (const wbxml::Element child : command.children()) {
    if (child.is(base::kInstanceId)) facts.instance_id = child.value();
    if (!child.is(airsync::kApplicationData)) continue;
    for (const wbxml::Element property : child.children()) {
      if (property.is(base::kInstanceId)) {
        facts.instance_id = property.value();
      } else {
        read_property(facts, property);
      }
    }
  }
  return facts;
}

std::optional<ItemFacts> item_facts_of(const eas::Command& command, const eas::Item& item) {
  const auto& document = item.from_server ? command.response.document : command.request.document;
  if (!document || item.node >= document->nodes.size()) return std::nullopt;
  return item_facts_of(wbxml::Element{*document, item.node});
}

}  // namespace eastap::findings
