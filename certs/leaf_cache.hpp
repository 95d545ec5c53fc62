#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "certs/leaf.hpp"

namespace eastap::certs {

/// Leaves by host, the least recently used dropped first. Safe to use from all threads.
class LeafCache {
 public:
  /// A certificate takes about 4 KiB, so 1 000 hosts are 4 MiB: more hosts than one capture session
  /// meets, and a client that makes up names cannot grow it further.
  static constexpr std::size_t kDefaultHosts = 1000;

  explicit LeafCache(std::shared_ptr<const Authority> authority, std::size_t hosts = kDefaultHosts,
                     LeafMinter::Key key = LeafMinter::Key::ec_p256);

  /// The leaf for `host`, minted when there is none or less than a day of it is left at `now`.
  [[nodiscard]] Result<std::shared_ptr<const Leaf>> leaf_for(std::string_view host, SystemTime now);

  /// Makes the key for `rsa_leaf_for`; without effect the second time. Throws `CertificateError`.
  void prepare_rsa();
  /// The same with an RSA key; `unsupported` before `prepare_rsa`.
  [[nodiscard]] Result<std::shared_ptr<const Leaf>> rsa_leaf_for(std::string_view host,
                                                                 SystemTime now);

  /// Why phones would accept no leaf for `host`; nothing when they would, or the host is no name.
  [[nodiscard]] std::optional<std::string> refusal(std::string_view host) const;

  struct Counts {
    std::uint64_t hits = 0, minted = 0, dropped = 0;
    std::size_t hosts = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Entry {
    std::string host;
    std::shared_ptr<const Leaf> leaf;
  };

  std::shared_ptr<const Authority> authority_;
  LeafMinter minter_;
  const std::size_t hosts_;
  mutable std::mutex mutex_;
  std::unique_ptr<LeafCache> rsa_;
  std::list<Entry> entries_;  ///< most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator>
      by_host_;  ///< views of `Entry::host`
  Counts counts_;
};

}  // namespace eastap::certs
