#include "proxy/redact/url.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::redact {
namespace {

bool is_masked(std::string_view value) { return value == "<masked>"; }

std::string redacted_path(const Scope& scope, std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    const std::string decoded = percent_decoded(segment);
    if (decoded.find('@') != decoded.npos) {
      out += redacted_address(scope, decoded);
    } else {
      out += plain_words(scope, segment);
    }
    if (end < path.size()) out += '/';
    at = end + 1;
  }
  return out;
}

enum class Parameter : std::uint8_t { keep, user, device, reference, url, hide };

Parameter kind_of(std::string_view name) {
  struct Row {
    std::string_view name;
    Parameter kind;
  };
  constexpr Row rows[] = {{"cmd", Parameter::keep},
                          {"user", Parameter::user},
                          {"deviceid", Parameter::device},
                          {"devicetype", Parameter::keep},
                          {"collectionid", Parameter::keep},
                          {"itemid", Parameter::keep},
                          {"longid", Parameter::keep},
                          {"occurrence", Parameter::keep},
                          {"saveinsent", Parameter::keep},
                          {"parentid", Parameter::keep},
                          {"protocol", Parameter::keep},
                          {"email", Parameter::user},
                          {"emailaddress", Parameter::user},
                          {"username", Parameter::user},
                          {"mailbox", Parameter::user},
                          {"login_hint", Parameter::user},
                          {"smtp", Parameter::user},
                          {"attachmentname", Parameter::reference},
                          {"url", Parameter::url},
                          {"returnurl", Parameter::url},
                          {"redirecturl", Parameter::url},
                          {"redirect_uri", Parameter::url},
                          {"reason", Parameter::keep},
                          {"client_id", Parameter::keep},
                          {"response_type", Parameter::keep},
                          {"redirectcount", Parameter::keep}};
  const std::string lower = to_lower(name);
  for (const Row& row : rows) {
    if (row.name == lower) return row.kind;
  }
  return Parameter::hide;
}

std::string redacted_parameter(const Scope& scope, std::string_view name, std::string_view value) {
  if (value.empty() || is_masked(value)) return std::string{value};
  const bool identity = scope.hides_identity();
  switch (kind_of(name)) {
    case Parameter::keep: {
      const std::string decoded = percent_decoded(value, true);
      const std::string kept = without_identities(scope, decoded);
      return kept == decoded ? std::string{value} : percent_encoded(kept);
    }
    case Parameter::user:
      return identity ? percent_encoded(scope.names->user(percent_decoded(value, true)))
                      : std::string{value};
    case Parameter::device:
      return identity ? percent_encoded(scope.names->shaped(percent_decoded(value, true)))
                      : std::string{value};
    case Parameter::reference: {
      const std::string decoded = percent_decoded(value);
      const std::string redacted = redacted_reference(scope, decoded);
      return redacted == decoded ? std::string{value} : redacted;
    }
    case Parameter::url: return percent_encoded(redacted_url(scope, percent_decoded(value, true)));
    case Parameter::hide: break;
  }
  return scope.names->hidden(value);
}

std::string plain_query(const Scope& scope, std::string_view query) {
  std::string out;
  for (std::size_t at = 0; at <= query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view pair = query.substr(at, end - at);
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) {
      out += plain_words(scope, pair);
    } else {
      const std::string_view name = pair.substr(0, equals);
      out += kind_of(percent_decoded(name, true)) == Parameter::hide ? plain_words(scope, name)
                                                                     : std::string{name};
      out += '=';
      out += redacted_parameter(scope, percent_decoded(name, true), pair.substr(equals + 1));
    }
    if (end < query.size()) out += '&';
    at = end + 1;
  }
  return out;
}

/// Reads and writes the octets of [MS-ASHTTP] 2.2.1.1.1.1 in one pass; what cannot be read is
/// hidden and cut like the original.
class Base64Query {
 public:
  Base64Query(const Scope& scope, std::string_view octets) : scope_{scope}, in_{octets} {}

  std::string run() {
    copy(4);  // version, command, locale
    field([&](std::string_view id) { return device(id); });
    field([](std::string_view key) { return std::string{key}; });  // policy key
    field([](std::string_view type) { return std::string{type}; });
    while (at_ < in_.size()) {
      const auto tag = static_cast<std::uint8_t>(in_[at_]);
      copy(1);
      field([&](std::string_view value) { return parameter(tag, value); });
    }
    return std::move(out_);
  }

 private:
  void copy(std::size_t count) {
    count = std::min(count, in_.size() - at_);
    out_ += in_.substr(at_, count);
    at_ += count;
  }

  template <class Change>
  void field(const Change& change) {
    if (at_ >= in_.size()) return;
    const std::size_t size = static_cast<std::uint8_t>(in_[at_++]);
    if (size > in_.size() - at_) {
      out_ += static_cast<char>(size);
      out_ += scope_.names->hidden(in_.substr(at_));
      at_ = in_.size();
      return;
    }
    std::string value = change(in_.substr(at_, size));
    if (value.size() > 255) value.resize(255);
    out_ += static_cast<char>(static_cast<unsigned char>(value.size()));
    out_ += value;
    at_ += size;
  }

  [[nodiscard]] std::string device(std::string_view id) const {
    if (!scope_.hides_identity()) return std::string{id};
    const auto printable = [](char c) { return c >= 0x20 && c < 0x7F; };
    if (std::all_of(id.begin(), id.end(), printable)) return scope_.names->shaped(id);
    // a GUID: shown as hexadecimal digits, and a plain query has it as such
    return from_hex(scope_.names->shaped(to_hex(id))).value_or(scope_.names->hidden(id));
  }

  [[nodiscard]] std::string parameter(std::uint8_t tag, std::string_view value) const {
    switch (tag) {
      case 0: return redacted_reference(scope_, value);
      case 1:
      case 3:
      case 4:
      case 6:
      case 7: return std::string{value};
      case 8: return scope_.hides_identity() ? scope_.names->user(value) : std::string{value};
      default: return scope_.names->hidden(value);
    }
  }

  const Scope& scope_;
  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string redacted_url(const Scope& scope, std::string_view url) {
  std::string out;
  const std::size_t scheme = url.find("://");
  if (scheme != url.npos) {
    const std::size_t begin = scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
    std::string_view authority = url.substr(begin, end - begin);
    out += url.substr(0, begin);
    if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
      const std::string_view user = authority.substr(0, authority.find(':'));
      out += scope.hides_identity()
                 ? percent_encoded(scope.names->user(percent_decoded(user.substr(0, at))))
                 : std::string{user.substr(0, at)};
      out += authority.substr(std::min(user.size(), at), at - std::min(user.size(), at)) == ""
                 ? "@"
                 : ":<masked>@";
      authority.remove_prefix(at + 1);
    }
    out += scope.hides_identity() ? scope.names->endpoint(percent_decoded(authority))
                                  : std::string{authority};
    url.remove_prefix(end);
  }
  const std::size_t fragment = std::min(url.find('#'), url.size());
  const std::size_t question = std::min(url.find('?'), fragment);
  out += redacted_path(scope, url.substr(0, question));
  if (question < fragment) {
    out += '?';
    out += redacted_query(scope, url.substr(question + 1, fragment - question - 1));
  }
  if (fragment < url.size()) out += '#' + scope.names->hidden(url.substr(fragment + 1));
  return out;
}

std::string redacted_query(const Scope& scope, std::string_view query) {
  const std::string lower = to_lower(query);  // as eas::read_query tells the two apart
  const bool plain = lower.starts_with("cmd=") || lower.find("&cmd=") != lower.npos;
  if (!plain) {
    const std::string decoded = percent_decoded(query);
    if (const auto octets = from_base64(decoded); octets && octets->size() >= 5) {
      const std::string redacted = Base64Query{scope, *octets}.run();
      return redacted == *octets ? std::string{query} : to_base64(redacted);
    }
  }
  return plain_query(scope, query);
}

}  // namespace eastap::redact
