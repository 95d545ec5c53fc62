#include "certs/leaf_cache.hpp"

#include <algorithm>
#include <utility>

namespace eastap::certs {

namespace {

constexpr std::chrono::days kRenewBefore{1};

}  // namespace

LeafCache::LeafCache(std::shared_ptr<const Authority> authority, std::size_t hosts,
                     LeafMinter::Key key)
    : authority_{std::move(authority)},
      minter_{authority_, key},
      hosts_{std::max<std::size_t>(hosts, 1)} {}

Result<std::shared_ptr<const Leaf>> LeafCache::leaf_for(std::string_view host, SystemTime now) {
  Result<std::string> name = normalized_host(host);
  if (!name) return tl::unexpected(std::move(name.error()));
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = by_host_.find(*name); found != by_host_.end()) {
      const std::shared_ptr<const Leaf>& leaf = found->second->leaf;
      // Near the CA's own end a new leaf would last no longer than the old one.
      const bool fresh =
          leaf->not_after() - now >= kRenewBefore ||
          (leaf->not_after() >= now && minter_.end_if_minted(now) <= leaf->not_after());
      if (fresh) {
        entries_.splice(entries_.begin(), entries_, found->second);
        ++counts_.hits;
        return leaf;
      }
    }
  }
  // Outside the lock: a burst of new hosts is minted on all threads at once. Two threads may mint
  // for one host; the later one replaces the earlier, and both certificates are good.
  Result<Leaf> minted = minter_.mint(*name, now);
  if (!minted) return tl::unexpected(std::move(minted.error()));
  auto leaf = std::make_shared<const Leaf>(std::move(*minted));

  const std::lock_guard lock{mutex_};
  ++counts_.minted;
  if (const auto found = by_host_.find(*name); found != by_host_.end()) {
    found->second->leaf = leaf;
    entries_.splice(entries_.begin(), entries_, found->second);
    return leaf;
  }
  entries_.push_front({std::move(*name), leaf});
  by_host_.emplace(entries_.front().host, entries_.begin());
  if (entries_.size() > hosts_) {
    by_host_.erase(entries_.back().host);
    entries_.pop_back();
    ++counts_.dropped;
  }
  return leaf;
}

void LeafCache::prepare_rsa() {
  {
    const std::lock_guard lock{mutex_};
    if (rsa_) return;
  }
  auto made = std::make_unique<LeafCache>(authority_, hosts_, LeafMinter::Key::rsa_2048);
  const std::lock_guard lock{mutex_};
  if (!rsa_) rsa_ = std::move(made);  // never replaced: others may be using it
}

Result<std::shared_ptr<const Leaf>> LeafCache::rsa_leaf_for(std::string_view host, SystemTime now) {
  LeafCache* rsa = nullptr;
  {
    const std::lock_guard lock{mutex_};
    rsa = rsa_.get();
  }
  if (rsa != nullptr) return rsa->leaf_for(host, now);
  return tl::unexpected(Error{Errc::unsupported, 0, "no RSA key was prepared"});
}

std::optional<std::string> LeafCache::refusal(std::string_view host) const {
  if (authority_->constraints().empty()) return std::nullopt;
  const Result<std::string> name = normalized_host(host);
  if (!name || authority_->permits(*name)) return std::nullopt;
  return authority_->refusal_text();
}

LeafCache::Counts LeafCache::counts() const {
  const std::lock_guard lock{mutex_};
  Counts counts = counts_;
  counts.hosts = entries_.size();
  return counts;
}

}  // namespace eastap::certs
