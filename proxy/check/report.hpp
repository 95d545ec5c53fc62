#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/time.hpp"

/// What `eastap check` tells: one report a step, and a verdict on all of them.
namespace eastap::check {

enum class Verdict : std::uint8_t { ok, warning, failed, skipped };

[[nodiscard]] std::string_view to_string(Verdict verdict);

/// Something that a step found out beyond "it works".
struct Remark {
  Verdict verdict = Verdict::warning;  ///< warning or failed
  std::string text;                    ///< one sentence
  std::string next_step;               ///< what to do; may be empty
  bool operator==(const Remark&) const = default;
};

/// One step. Texts may hold what servers sent: print them through `render::printable`.
struct Report {
  std::string id;     ///< for programs: "tls", "folder-sync"
  std::string title;  ///< "TLS mail.contoso.com:443"
  Verdict verdict = Verdict::ok;
  std::string because;                ///< of `skipped`
  std::vector<std::string> evidence;  ///< what was seen, a line each
  std::vector<Remark> remarks;
  Microseconds duration{};

  /// Adds a remark, and lets the verdict grow worse by it.
  void remark(Verdict found, std::string text, std::string next_step = {});
  void fail(std::string text, std::string next_step = {}) {
    remark(Verdict::failed, std::move(text), std::move(next_step));
  }
  void warn(std::string text, std::string next_step = {}) {
    remark(Verdict::warning, std::move(text), std::move(next_step));
  }
  /// The next step of the worst remark that has one; "" when there is none.
  [[nodiscard]] std::string next_step() const;
  bool operator==(const Report&) const = default;
};

struct Summary {
  Verdict verdict = Verdict::ok;
  unsigned ok = 0, warnings = 0, failed = 0, skipped = 0;  ///< steps
  std::string sentence;
  std::string next_step;
  bool operator==(const Summary&) const = default;
};

/// `subject`: what was checked, "alice@contoso.com".
[[nodiscard]] Summary summarise(const std::vector<Report>& reports, std::string_view subject);

}  // namespace eastap::check
