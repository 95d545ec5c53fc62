#include "certs/name_constraints.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "certs/extensions.hpp"
#include "certs/leaf.hpp"
#include "certs/names.hpp"
#include "decoder/base/text.hpp"

namespace eastap::certs {

namespace {

using Range = NameConstraints::Range;
using Subtrees = NameConstraints::Subtrees;

constexpr std::size_t kOctetBits = 8;

std::string octets_of(const Address& address) {
  return {reinterpret_cast<const char*>(address.octets.data()), address.length};
}

Address address_of(std::string_view octets) {
  Address address;
  address.length = octets.size();
  std::copy_n(octets.begin(), octets.size(), address.octets.begin());
  return address;
}

std::string mask_of(std::size_t octets, std::size_t prefix) {
  std::string mask(octets, '\0');
  for (std::size_t bit = 0; bit < prefix; ++bit) {
    const auto octet = static_cast<unsigned char>(mask[bit / kOctetBits]);
    mask[bit / kOctetBits] = static_cast<char>(octet | (0x80U >> (bit % kOctetBits)));
  }
  return mask;
}

bool within(const Range& range, std::string_view octets) {
  if (range.address.size() != octets.size()) return false;
  for (std::size_t at = 0; at < octets.size(); ++at) {
    if (((octets[at] ^ range.address[at]) & range.mask[at]) != 0) return false;
  }
  return true;
}

/// RFC 5280 4.2.1.10, and a leading dot as OpenSSL reads it.
bool below(std::string_view name, std::string_view base) {
  if (base.empty()) return true;
  if (name.size() < base.size() || !name.ends_with(base)) return false;
  return name.size() == base.size() || base.front() == '.' ||
         name[name.size() - base.size() - 1] == '.';
}

std::string text_of(const Range& range) {
  const std::string address = to_string(address_of(range.address));
  for (std::size_t prefix = 0; prefix <= range.mask.size() * kOctetBits; ++prefix) {
    if (mask_of(range.mask.size(), prefix) != range.mask) continue;
    return prefix == range.mask.size() * kOctetBits ? address
                                                    : address + "/" + std::to_string(prefix);
  }
  return address + " mask " + to_string(address_of(range.mask));
}

std::vector<std::string> texts_of(const Subtrees& subtrees) {
  std::vector<std::string> texts;
  for (const std::string& name : subtrees.names) {
    texts.push_back(name.empty() ? "all names" : readable_text(name));
  }
  for (const Range& range : subtrees.ranges) texts.push_back(text_of(range));
  return texts;
}

Error bad_permit(const std::string& text, const std::string& why) {
  return {Errc::malformed, 0, "\"" + readable_text(text) + "\" " + why};
}

Result<Range> range_from(const std::string& text, std::string_view address_text,
                         std::optional<std::string_view> prefix_text) {
  const auto address = address_from(address_text);
  if (!address) return tl::unexpected(bad_permit(text, "is no address range like 192.0.2.0/24"));
  std::size_t prefix = address->length * kOctetBits;
  if (prefix_text) {
    const std::size_t most = prefix;
    const auto [end, error] =
        std::from_chars(prefix_text->data(), prefix_text->data() + prefix_text->size(), prefix);
    if (error != std::errc{} || end != prefix_text->data() + prefix_text->size() || prefix > most) {
      return tl::unexpected(bad_permit(text, "has no prefix of 0 to " + std::to_string(most)));
    }
  }
  Range range{octets_of(*address), mask_of(address->length, prefix)};
  for (std::size_t at = 0; at < range.mask.size(); ++at) {
    if ((range.address[at] & ~range.mask[at]) != 0) {
      return tl::unexpected(bad_permit(text, "has bits set beyond its prefix"));
    }
  }
  return range;
}

/// One `--permit`, added to `to`.
Result<void> add_permit(const std::string& text, Subtrees& to) {
  std::string_view rest = text;
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    auto range = range_from(text, rest.substr(0, slash), rest.substr(slash + 1));
    if (!range) return tl::unexpected(std::move(range.error()));
    to.ranges.push_back(std::move(*range));
    return {};
  }
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  auto host = normalized_host(rest);
  if (!host) return tl::unexpected(bad_permit(text, "is no name: " + host.error().detail));
  if (address_from(*host)) {
    auto range = range_from(text, *host, std::nullopt);
    if (!range) return tl::unexpected(std::move(range.error()));
    to.ranges.push_back(std::move(*range));
  } else {
    to.names.push_back(std::move(*host));
  }
  return {};
}

/// False: a subtree that cannot be read or has a limit on depth.
bool read_subtrees(const STACK_OF(GENERAL_SUBTREE) * from, Subtrees& to, std::string* directory) {
  const int count = from != nullptr ? sk_GENERAL_SUBTREE_num(from) : 0;
  for (int at = 0; at < count; ++at) {
    const GENERAL_SUBTREE* subtree = sk_GENERAL_SUBTREE_value(from, at);
    if (subtree->maximum != nullptr ||
        (subtree->minimum != nullptr && ASN1_INTEGER_get(subtree->minimum) != 0)) {
      return false;
    }
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(subtree->base, &kind);
    if (kind == GEN_DIRNAME && directory != nullptr && directory->empty()) {
      unsigned char* encoded = nullptr;
      const int length = i2d_X509_NAME(static_cast<const X509_NAME*>(value), &encoded);
      if (length < 0) return false;
      const AllocatedHandle<unsigned char> owner{encoded};
      directory->assign(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length));
    }
    if (kind != GEN_DNS && kind != GEN_IPADD) continue;  // no leaf of ours has such a name
    const auto* text = static_cast<const ASN1_STRING*>(value);
    const std::string octets{reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                             static_cast<std::size_t>(ASN1_STRING_length(text))};
    if (kind == GEN_DNS) {
      to.names.push_back(to_lower(octets));
    } else if (octets.size() == 8 || octets.size() == 32) {
      to.ranges.push_back({octets.substr(0, octets.size() / 2), octets.substr(octets.size() / 2)});
    } else {
      return false;
    }
  }
  return true;
}

void push_subtree(STACK_OF(GENERAL_SUBTREE) * *to, int kind, std::string_view octets) {
  if (*to == nullptr) *to = sk_GENERAL_SUBTREE_new_null();
  SubtreeHandle subtree{GENERAL_SUBTREE_new()};
  OctetStringHandle value{ASN1_STRING_new()};
  require(*to != nullptr && subtree && value &&
              ASN1_STRING_set(value.get(), octets.data(), static_cast<int>(octets.size())) == 1,
          "make a name constraint");
  GENERAL_NAME_set0_value(subtree->base, kind, value.release());  // owns it
  require(sk_GENERAL_SUBTREE_push(*to, subtree.get()) > 0, "add a name constraint");
  static_cast<void>(subtree.release());  // now in the stack
}

void push_subtrees(STACK_OF(GENERAL_SUBTREE) * *to, const Subtrees& subtrees) {
  for (const std::string& name : subtrees.names) push_subtree(to, GEN_DNS, name);
  for (const Range& range : subtrees.ranges) {
    push_subtree(to, GEN_IPADD, range.address + range.mask);
  }
}

}  // namespace

Result<NameConstraints> NameConstraints::permitting(std::span<const std::string> texts) {
  NameConstraints made;
  if (texts.empty()) return made;
  if (texts.size() > kMostPermitted) {
    return tl::unexpected(Error{Errc::too_large, 0,
                                "more than " + std::to_string(kMostPermitted) +
                                    " hosts and ranges; permit the domain that holds them"});
  }
  for (const std::string& text : texts) {
    if (auto added = add_permit(text, made.permitted_); !added) {
      return tl::unexpected(std::move(added.error()));
    }
  }
  // RFC 5280 leaves a kind of name unrestricted when none of it is permitted.
  if (made.permitted_.names.empty()) made.excluded_.names.emplace_back();
  if (made.permitted_.ranges.empty()) {
    for (const std::size_t length : {4U, 16U}) {
      made.excluded_.ranges.push_back({std::string(length, '\0'), std::string(length, '\0')});
    }
  }
  return made;
}

NameConstraints NameConstraints::nothing() {
  NameConstraints made;
  made.excluded_.names.emplace_back();
  for (const std::size_t length : {4U, 16U}) {
    made.excluded_.ranges.push_back({std::string(length, '\0'), std::string(length, '\0')});
  }
  return made;
}

std::optional<NameConstraints> NameConstraints::of(const X509& certificate) {
  int critical = -1;
  const NameConstraintsHandle read{static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(&certificate, NID_name_constraints, &critical, nullptr))};
  NameConstraints made;
  if (!read) {
    static_cast<void>(drain_errors("read name constraints"));
    if (critical == -1) return made;  // there is no such extension
    return std::nullopt;
  }
  if (!read_subtrees(read->permittedSubtrees, made.permitted_, &made.directory_) ||
      !read_subtrees(read->excludedSubtrees, made.excluded_, nullptr)) {
    return std::nullopt;
  }
  return made;
}

bool NameConstraints::empty() const { return *this == NameConstraints{}; }

bool NameConstraints::permits(std::string_view host) const {
  const auto address = address_from(host);
  const std::string octets = address ? octets_of(*address) : std::string{};
  const auto in = [&](const Subtrees& subtrees) {
    if (address) {
      return std::any_of(subtrees.ranges.begin(), subtrees.ranges.end(),
                         [&](const Range& range) { return within(range, octets); });
    }
    return std::any_of(subtrees.names.begin(), subtrees.names.end(),
                       [&](const std::string& base) { return below(host, base); });
  };
  if (in(excluded_)) return false;
  const bool any_will_do = address ? permitted_.ranges.empty() : permitted_.names.empty();
  return any_will_do || in(permitted_);
}

std::vector<std::string> NameConstraints::permitted() const { return texts_of(permitted_); }
std::vector<std::string> NameConstraints::excluded() const { return texts_of(excluded_); }

NameHandle NameConstraints::subject() const {
  const auto* at = reinterpret_cast<const unsigned char*>(directory_.data());
  if (directory_.empty()) return nullptr;
  return NameHandle{d2i_X509_NAME(nullptr, &at, static_cast<long>(directory_.size()))};
}

ExtensionHandle NameConstraints::extension() const {
  const NameConstraintsHandle made{NAME_CONSTRAINTS_new()};
  require(made != nullptr, "make name constraints");
  push_subtrees(&made->permittedSubtrees, permitted_);
  push_subtrees(&made->excludedSubtrees, excluded_);
  return make_extension(NID_name_constraints, true, made.get());
}

}  // namespace eastap::certs
