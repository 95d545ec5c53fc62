#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eastap::model {

/// A message head exactly as received, with an index of its fields. One buffer, no copy a field.
class HeaderList {
 public:
  struct Field {
    std::string_view name;   ///< into this object; valid until it changes
    std::string_view value;  ///< without the white space around it
  };

  HeaderList() = default;

  /// `head` is everything from the start line to the blank line, both included; a head that was cut
  /// or is malformed is taken too. Lines without a colon are kept in `raw()` and have no field;
  /// folded lines (obs-fold) belong to the field before. At most 65 535 fields are indexed.
  explicit HeaderList(std::string head);

  [[nodiscard]] const std::string& raw() const { return head_; }
  [[nodiscard]] std::string_view start_line() const;
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] Field operator[](std::size_t index) const;

  /// The value of the first field of that name (ASCII case ignored).
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// Every value of that name, in order.
  [[nodiscard]] std::vector<std::string_view> find_all(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const { return find(name).has_value(); }

  bool operator==(const HeaderList& other) const { return head_ == other.head_; }

 private:
  struct Place {
    std::uint32_t name_at = 0, name_size = 0, value_at = 0, value_size = 0;
  };
  std::string head_;
  std::uint32_t start_line_size_ = 0;
  std::vector<Place> fields_;
};

}  // namespace eastap::model
