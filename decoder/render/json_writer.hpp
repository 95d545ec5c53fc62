#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "decoder/base/ids.hpp"
#include "decoder/base/time.hpp"

namespace eastap::render {

/// `text` as a JSON string with its quotes. Octets that are not UTF-8 become U+FFFD, so that the
/// output is JSON whatever came; use `JsonWriter::octets` where they must be kept.
void append_json_string(std::string& out, std::string_view text);

/// Writes one JSON value after the other onto a string: commas and quotes are its business,
/// balance is the caller's.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_{out} {}

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  /// `name` must be plain ASCII without quotes or backslashes: names are ours.
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view{text}); }
  void value(bool truth);
  void value(std::int64_t number);
  void value(std::uint64_t number);
  void value(int number) { value(std::int64_t{number}); }
  void value(unsigned number) { value(std::uint64_t{number}); }
  template <class Kind>
  void value(Id<Kind> id) {
    value(std::uint64_t{id.value});
  }
  void null();
  /// After `key`, when the caller has put the value onto the string itself.
  void value_written() { first_ = false; }
  /// Thousandths as a decimal fraction: 38214 is 38.214.
  void thousandths(std::int64_t number);

  template <class T>
  void member(std::string_view name, const T& content) {
    key(name);
    value(content);
  }
  /// Nothing when `text` is empty: absent is absent.
  void member_if(std::string_view name, std::string_view text) {
    if (!text.empty()) member(name, text);
  }
  template <class T>
  void member_if(std::string_view name, const std::optional<T>& content) {
    if (content) member(name, *content);
  }
  /// RFC 3339 in UTC; nothing for no time.
  void time_if(std::string_view name, Timestamp time);
  /// An array of texts or numbers.
  template <class List>
  void values(std::string_view name, const List& list) {
    key(name);
    begin_array();
    for (const auto& one : list) value(one);
    end_array();
  }
  /// An array of objects, `fill` writing the members of each.
  template <class List, class Fill>
  void objects(std::string_view name, const List& list, Fill fill) {
    key(name);
    begin_array();
    for (const auto& one : list) {
      begin_object();
      fill(one);
      end_object();
    }
    end_array();
  }
  /// The same, and nothing for an empty list.
  template <class List>
  void values_if(std::string_view name, const List& list) {
    if (!list.empty()) values(name, list);
  }
  template <class List, class Fill>
  void objects_if(std::string_view name, const List& list, Fill fill) {
    if (!list.empty()) objects(name, list, std::move(fill));
  }
  /// `"text": …` where the octets are UTF-8, else `"base64": …`.
  void octets(std::string_view content);

 private:
  void separate();
  std::string& out_;
  bool first_ = true;
};

}  // namespace eastap::render
