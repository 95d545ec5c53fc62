#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "decoder/findings/finding.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::sink {

/// Counts what passed, for the summary at the end and for `--fail-on`.
class Summary {
 public:
  void take(const pipeline::Record& record);

  /// The gravest finding so far.
  [[nodiscard]] std::optional<findings::Severity> worst() const;

  /// "1 204 exchanges of 2 devices, 31 hosts passed through; findings: 1 error, 2 warnings".
  [[nodiscard]] std::string sentence() const;

 private:
  // Devices, hosts and incidents beyond this are not counted.
  static constexpr std::size_t kCounted = 10'000;
  std::uint64_t exchanges_ = 0;
  std::uint64_t interrupted_ = 0;
  std::uint64_t not_decoded_ = 0;
  std::set<std::string> devices_, tunnelled_, tls_failures_;
  std::map<std::uint64_t, findings::Severity> findings_;  // the last severity of each incident
  std::optional<findings::Severity> worst_uncounted_;     // of those beyond kCounted
};

}  // namespace eastap::sink
