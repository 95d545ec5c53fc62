#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/lru_map.hpp"
#include "decoder/findings/history.hpp"

namespace eastap::findings {

/// What is known of a person over hosts and devices. Everything in it is bounded.
struct Person {
  std::string name;  ///< normalised
  struct Spelling {
    std::string text;
    Mark mark;
  };
  Spelling refused, accepted;            ///< of the user name, at the latest log-on
  std::vector<std::uint64_t> addresses;  ///< hashes of the account's addresses, lower case
  bool addresses_told = false;           ///< by the server: UserInformation
  struct Phone {
    std::uint64_t model = 0, device_id = 0;
    Timestamp first{};
  };
  std::vector<Phone> phones;
  struct Visit {
    std::uint64_t device_id = 0;
    std::string host;
    Timestamp time{};
  };
  std::vector<Visit> redirects;  ///< hosts that sent the device on, since it last got an answer
  std::string sent_to;           ///< host that the latest redirect named

  void add_address(std::string_view address);
  [[nodiscard]] bool owns(std::string_view address) const;
};

/// The people seen, at most `limit`; the longest silent are forgotten first.
class People {
 public:
  explicit People(std::size_t limit) : limit_{limit == 0 ? 1 : limit} {}
  /// Null when nothing is known of them.
  [[nodiscard]] Person* find(std::string_view name);
  Person& get(std::string_view name);

 private:
  std::size_t limit_;
  LruMap<std::unique_ptr<Person>> people_;  ///< by name
};

}  // namespace eastap::findings
