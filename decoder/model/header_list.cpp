#include "decoder/model/header_list.hpp"

#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::model {
namespace {

// 16 KiB heads are ordinary, 64 KiB is every server's limit; a larger index has no reader.
constexpr std::size_t kMaxFields = 65'535;

std::string_view without_line_end(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

HeaderList::HeaderList(std::string head) : head_{std::move(head)} {
  const std::string_view all{head_};
  bool first = true;
  bool foldable = false;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t newline = all.find('\n', at);
    const std::size_t next = newline == std::string_view::npos ? all.size() : newline + 1;
    const std::string_view line = without_line_end(all.substr(at, next - at));
    if (first) {
      start_line_size_ = static_cast<std::uint32_t>(line.size());
      first = false;
    } else if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
      // obs-fold, RFC 9112 5.2: the value reaches to the end of this line
      const std::string_view part = trimmed(line);
      if (foldable && !part.empty()) {
        Place& last = fields_.back();
        const auto part_at = static_cast<std::size_t>(part.data() - all.data());
        if (last.value_size == 0) last.value_at = static_cast<std::uint32_t>(part_at);
        last.value_size = static_cast<std::uint32_t>(part_at + part.size() - last.value_at);
      }
    } else if (const std::size_t colon = line.find(':');
               colon != std::string_view::npos && fields_.size() < kMaxFields) {
      const std::string_view value = trimmed(line.substr(colon + 1));
      const std::size_t value_at =
          value.empty() ? at + colon + 1 : static_cast<std::size_t>(value.data() - all.data());
      fields_.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(colon),
                         static_cast<std::uint32_t>(value_at),
                         static_cast<std::uint32_t>(value.size())});
      foldable = true;
    } else {
      foldable = false;  // what follows folded belongs to a line that is no field
    }
    at = next;
  }
}

std::string_view HeaderList::start_line() const {
  return std::string_view{head_}.substr(0, start_line_size_);
}

HeaderList::Field HeaderList::operator[](std::size_t index) const {
  const Place& place = fields_[index];
  const std::string_view all{head_};
  return {all.substr(place.name_at, place.name_size), all.substr(place.value_at, place.value_size)};
}

std::optional<std::string_view> HeaderList::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name_size != name.size()) continue;
    const Field field = (*this)[i];
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> HeaderList::find_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Field field = (*this)[i];
    if (equals_ignoring_case(field.name, name)) values.push_back(field.value);
  }
  return values;
}

}  // namespace eastap::model
