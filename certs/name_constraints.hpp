#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/openssl.hpp"
#include "decoder/base/result.hpp"

namespace eastap::certs {

/// The hosts that one CA certificate lets be signed for, RFC 5280 4.2.1.10.
///
/// A name "contoso.com" stands for itself and every name below it, ".contoso.com" for those below
/// only, "" for all names. Names and addresses are judged apart: what nothing permits is allowed as
/// long as nothing of its kind is permitted.
class NameConstraints {
 public:
  /// An address with its mask; both have 4 or 16 octets.
  struct Range {
    std::string address, mask;
    auto operator<=>(const Range&) const = default;
  };
  struct Subtrees {
    std::vector<std::string> names;  ///< lower case
    std::vector<Range> ranges;
    bool operator==(const Subtrees&) const = default;
  };

  NameConstraints() = default;  ///< any host

  /// From "contoso.com" (or "*.contoso.com", which permits contoso.com too), "192.0.2.0/24",
  /// "2001:db8::/32" or an address. Kinds that are not named are excluded, so that a CA for
  /// names signs no address. `malformed` with the text in `detail`; `too_large` above
  /// `kMostPermitted`. No text: any host.
  [[nodiscard]] static Result<NameConstraints> permitting(std::span<const std::string> texts);

  /// No host at all.
  [[nodiscard]] static NameConstraints nothing();

  /// Of a certificate; that without the extension permits any host. Nothing when it cannot be read,
  /// or has limits on depth, which verifiers do not know: then nobody can tell what it permits.
  [[nodiscard]] static std::optional<NameConstraints> of(const X509& certificate);

  /// A phone downloads the certificate, and every leaf's verification walks the list.
  static constexpr std::size_t kMostPermitted = 100;

  /// Nothing is said about hosts.
  [[nodiscard]] bool empty() const;
  /// `host`: as `normalized_host` gives it.
  [[nodiscard]] bool permits(std::string_view host) const;
  /// For people: "contoso.com", "192.0.2.0/24".
  [[nodiscard]] std::vector<std::string> permitted() const;
  [[nodiscard]] std::vector<std::string> excluded() const;
  /// The first permitted directory name: what a leaf's subject has to begin with. Null: any
  /// subject will do.
  [[nodiscard]] NameHandle subject() const;

  /// Critical, as RFC 5280 wants. Throws `OpensslFailure`.
  [[nodiscard]] ExtensionHandle extension() const;

  bool operator==(const NameConstraints&) const = default;

 private:
  Subtrees permitted_, excluded_;
  std::string directory_;  // DER of the first permitted directory name; "": none
};

}  // namespace eastap::certs
