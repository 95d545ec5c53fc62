#include "proxy/check/chain.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <openssl/err.h>
#include <openssl/objects.h>

#include "certs/leaf.hpp"
#include "certs/trust.hpp"
#include "decoder/base/text.hpp"

namespace eastap::check {
namespace {

using certs::CertificateFacts;
using certs::SystemTime;
using std::chrono::days;

// Apple 103769: rules for certificates issued from these dates on.
constexpr SystemTime kJuly2019{std::chrono::sys_days{std::chrono::year{2019} / 7 / 1}};
constexpr SystemTime kSeptember2020{std::chrono::sys_days{std::chrono::year{2020} / 9 / 1}};
constexpr auto kLongest = days{825};
constexpr auto kLongestPublic = days{398};
constexpr auto kSoon = days{14};

struct Link {
  certs::CertHandle certificate;
  CertificateFacts facts;
};

std::string date(SystemTime time) {
  const std::chrono::year_month_day day{std::chrono::floor<days>(time)};
  std::string text = std::to_string(int{day.year()});
  for (const unsigned part : {unsigned{day.month()}, unsigned{day.day()}}) {
    text += part < 10 ? "-0" : "-";
    text += std::to_string(part);
  }
  return text;
}

std::string in_quotes(const std::string& name) { return '"' + name + '"'; }

std::vector<Link> read_chain(const std::vector<std::string>& chain, ChainFacts& facts) {
  std::vector<Link> links;
  for (const std::string& der : chain) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    certs::CertHandle certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    if (!certificate) {
      static_cast<void>(certs::drain_errors("read a certificate"));
      facts.remarks.push_back(
          {Verdict::failed,
           "certificate " + std::to_string(links.size() + 1) + " of the chain cannot be read",
           "import the certificate into the server anew"});
      break;
    }
    CertificateFacts read = certs::facts_of(*certificate);
    links.push_back({std::move(certificate), std::move(read)});
  }
  return links;
}

bool issued(const Link& issuer, const Link& subject) {
  return X509_check_issued(issuer.certificate.get(), subject.certificate.get()) == X509_V_OK;
}

bool is_self_signed(const Link& link) { return issued(link, link); }

/// The judgement while it is made.
class Judge {
 public:
  Judge(std::vector<Link> links, std::string host, Roots roots, SystemTime now, ChainFacts& facts)
      : links_{std::move(links)}, host_{std::move(host)}, roots_{roots}, now_{now}, facts_{facts} {}

  void judge() {
    facts_.issuer = leaf().facts.issuer;
    tell();
    check_name();
    check_times();
    check_strength();
    check_usage();
    check_order();
    check_trust();
    check_length();
    facts_.trusted =
        anchored_ && std::none_of(facts_.remarks.begin(), facts_.remarks.end(),
                                  [](const auto& one) { return one.verdict == Verdict::failed; });
  }

 private:
  [[nodiscard]] const Link& leaf() const { return links_.front(); }

  void fail(std::string text, std::string next) {
    facts_.remarks.push_back({Verdict::failed, std::move(text), std::move(next)});
  }
  void warn(std::string text, std::string next) {
    facts_.remarks.push_back({Verdict::warning, std::move(text), std::move(next)});
  }

  void tell() {
    for (const Link& link : links_) {
      facts_.evidence.push_back(in_quotes(link.facts.subject) + " by " +
                                in_quotes(link.facts.issuer) + ", " + link.facts.key + ", until " +
                                date(link.facts.not_after));
    }
  }

  void check_name() {
    X509* const certificate = leaf().certificate.get();
    if (X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) < 0) {
      fail("the certificate has no subjectAltName; phones ignore its common name " +
               in_quotes(leaf().facts.subject),
           "issue a certificate with " + host_ + " as DNS name in subjectAltName");
      return;
    }
    constexpr unsigned kFlags =
        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
    const int address = X509_check_ip_asc(certificate, host_.c_str(), 0);  // -2: a name
    const bool fits =
        address == 1 || (address == -2 && X509_check_host(certificate, host_.data(), host_.size(),
                                                          kFlags, nullptr) == 1);
    static_cast<void>(certs::drain_errors("compare names"));
    if (fits) return;
    std::string names;
    const std::vector<std::string> all = certs::names_of(*certificate);
    for (std::size_t at = 0; at < all.size() && at < 6; ++at) {
      names += (at == 0 ? "" : ", ") + all[at];
    }
    if (all.size() > 6) names += " and " + std::to_string(all.size() - 6) + " more";
    fail("the certificate is for " + names + ", not for " + host_,
         "put " + host_ +
             " into the certificate's subjectAltName, or correct DNS, Autodiscover and the "
             "ExternalUrl of the virtual directory");
  }

  void check_times() {
    for (std::size_t at = 0; at < links_.size(); ++at) {
      const CertificateFacts& facts = links_[at].facts;
      const std::string who = at == 0 ? std::string{"the certificate"}
                                      : "the CA certificate " + in_quotes(facts.subject);
      if (now_ > facts.not_after) {
        fail(who + " expired on " + date(facts.not_after),
             at == 0 ? "renew the certificate and bind the new one to the site"
                     : "let the server send the current CA certificate (and remove the old one "
                       "from its store)");
      } else if (now_ < facts.not_before) {
        fail(who + " is valid only from " + date(facts.not_before),
             "compare the clocks of this machine and of the CA");
      } else if (facts.not_after - now_ < kSoon) {
        const auto left = std::chrono::floor<days>(facts.not_after - now_).count();
        warn(who + " expires in " + std::to_string(left) + (left == 1 ? " day" : " days"),
             "renew it before " + date(facts.not_after));
      }
    }
  }

  void check_strength() {
    for (std::size_t at = 0; at < links_.size(); ++at) {
      const Link& link = links_[at];
      X509* const certificate = link.certificate.get();
      const std::string who = at == 0 ? std::string{"the certificate"}
                                      : "the CA certificate " + in_quotes(link.facts.subject);
      const EVP_PKEY* const key = X509_get0_pubkey(certificate);
      const int kind = key != nullptr ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
      const int bits = key != nullptr ? EVP_PKEY_get_bits(key) : 0;
      if (kind == EVP_PKEY_RSA && bits < 2'048) {
        fail(who + " has an RSA key of " + std::to_string(bits) + " bit; iOS wants 2048",
             "issue it anew with RSA 2048 or P-256");
      } else if (kind == EVP_PKEY_EC && bits < 256) {
        fail(who + " has an EC key of " + std::to_string(bits) + " bit; iOS wants 256",
             "issue it anew with P-256");
      } else if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC) {
        fail(who + " has a key that phones do not know (" + link.facts.key + ")",
             "issue it anew with RSA 2048 or P-256");
      }
      // Nobody checks the signature of a root: it is trusted for being there.
      if (is_self_signed(link) && at > 0) continue;
      check_digest(who, certificate);
    }
    static_cast<void>(certs::drain_errors("read keys"));
  }

  void check_digest(const std::string& who, X509* certificate) {
    int digest = NID_undef;
    if (X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1) return;
    constexpr std::array kSound{NID_sha256, NID_sha384, NID_sha512, NID_undef};
    if (std::find(kSound.begin(), kSound.end(), digest) != kSound.end()) return;
    fail(who + " is signed with " + OBJ_nid2ln(digest) + "; iOS wants SHA-2",
         "let the CA issue it anew with SHA-256");
  }

  void check_usage() {
    X509* const certificate = leaf().certificate.get();
    const std::uint32_t usage = X509_get_extended_key_usage(certificate);
    const bool any = usage == UINT32_MAX;  // no such extension
    if ((usage & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0 && !any) return;
    const bool refused = leaf().facts.not_before >= kJuly2019 || !any;
    const std::string text = any ? "the certificate has no extended key usage"
                                 : "the certificate's extended key usage lacks serverAuth";
    const std::string next = "issue a certificate with extended key usage serverAuth";
    if (refused) {
      fail(text + "; iOS 13 and later refuse it", next);
    } else {
      warn(text, next);
    }
  }

  void check_length() {
    const CertificateFacts& facts = leaf().facts;
    // The last second counts: 398 days end one second before the day is over.
    const auto lifetime = std::chrono::floor<days>(facts.not_after - facts.not_before);
    if (lifetime > kLongest && facts.not_before >= kJuly2019) {
      fail("the certificate is valid for " + std::to_string(lifetime.count()) +
               " days; iOS 13 and later refuse more than 825",
           "issue one of at most 397 days");
    } else if (lifetime > kLongestPublic && facts.not_before >= kSeptember2020 && anchored_ &&
               !root_was_added_) {
      warn("the certificate is valid for " + std::to_string(lifetime.count()) +
               " days; iOS refuses more than 398 below a root that came with the phone (roots "
               "that were installed are exempt)",
           "issue one of at most 397 days");
    }
  }

  void check_order() {
    for (std::size_t at = 0; at + 1 < links_.size(); ++at) {
      if (issued(links_[at + 1], links_[at])) continue;
      const bool elsewhere = std::any_of(links_.begin(), links_.end(), [&](const Link& other) {
        return &other != &links_[at] && issued(other, links_[at]);
      });
      if (elsewhere) {
        warn("the chain is not in order: " + in_quotes(links_[at + 1].facts.subject) +
                 " is not the issuer of " + in_quotes(links_[at].facts.subject),
             "send the server's certificate first, then each issuer");
      } else if (is_self_signed(links_[at]) || at > 0) {
        warn("the chain holds a certificate that does not belong to it: " +
                 in_quotes(links_[at + 1].facts.subject),
             "remove it from what the server sends");
      }
    }
    if (links_.size() > 1 && is_self_signed(links_.back()) && links_.size() > 2) {
      facts_.evidence.emplace_back("the root is sent too, which no phone needs");
    }
  }

  /// OpenSSL's verdict on the path alone; dates, names and strength are told in words of their own.
  int path_error(X509_STORE* roots, std::string* root) const {
    const certs::CertStackHandle others{sk_X509_new_null()};
    for (std::size_t at = 1; others && at < links_.size(); ++at) {
      certs::CertHandle owner = certs::share(links_[at].certificate.get());
      if (owner && sk_X509_push(others.get(), owner.get()) > 0) static_cast<void>(owner.release());
    }
    const certs::StoreContextHandle context{X509_STORE_CTX_new()};
    int error = X509_V_ERR_OUT_OF_MEM;
    if (context && others &&
        X509_STORE_CTX_init(context.get(), roots, leaf().certificate.get(), others.get()) == 1) {
      X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());  // borrowed
      X509_VERIFY_PARAM_set_auth_level(rules, 0);
      X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_TRUSTED_FIRST);
      const bool good = X509_verify_cert(context.get()) == 1;
      error = good ? X509_V_OK : X509_STORE_CTX_get_error(context.get());
      STACK_OF(X509)* const built = X509_STORE_CTX_get0_chain(context.get());  // borrowed
      const int count = sk_X509_num(built);
      if (good && root != nullptr && count > 0) {
        *root = certs::facts_of(*sk_X509_value(built, count - 1)).subject;
      }
    }
    static_cast<void>(certs::drain_errors("check the chain"));
    return error;
  }

  void check_trust() {
    std::string root;
    const int error = path_error(roots_.all, &root);
    anchored_ = error == X509_V_OK;
    if (!anchored_) {
      explain(error);
      return;
    }
    root_was_added_ = path_error(roots_.system, nullptr) != X509_V_OK;
    facts_.evidence.push_back(
        "trusted by " + in_quotes(root) +
        (root_was_added_ ? " of --upstream-ca: every phone must have it installed" : ""));
  }

  void explain(int error) {
    const Link& top = top_of_path();
    if (is_self_signed(leaf())) {
      fail("the certificate is self-signed; a phone asks its user or refuses it",
           "use a certificate of a public CA, or install this one on every phone");
    } else if (is_self_signed(top)) {
      fail("the root " + in_quotes(top.facts.subject) +
               " is not known here; only phones that have it installed accept it",
           "install that root on the phones and give it here with --upstream-ca FILE");
    } else if (error == X509_V_ERR_CERT_SIGNATURE_FAILURE) {
      fail("a signature in the chain is wrong: " + in_quotes(leaf().facts.subject) +
               " was not signed by the CA certificate that is sent",
           "let the server send the CA certificates that belong to its own");
    } else if (error == X509_V_ERR_INVALID_CA || error == X509_V_ERR_INVALID_PURPOSE ||
               error == X509_V_ERR_PATH_LENGTH_EXCEEDED ||
               error == X509_V_ERR_PERMITTED_VIOLATION) {
      fail(std::string{"the chain breaks a rule: "} + X509_verify_cert_error_string(error),
           "issue the certificate anew from a CA that may");
    } else {
      explain_missing(top);
    }
  }

  void explain_missing(const Link& top) {
    const std::string place = issuer_address(top.certificate.get());
    std::string text = "the chain is not complete: the issuer of " + in_quotes(top.facts.subject) +
                       ", " + in_quotes(top.facts.issuer) + ", is neither sent nor known";
    if (links_.size() == 1 || !place.empty()) {
      text += "; phones do not fetch a missing intermediate certificate";
    }
    std::string next =
        "let the server send its intermediate certificates (import them into the "
        "Intermediate Certification Authorities of the machine";
    if (!place.empty()) next += "; this one is at " + place;
    next += "); is " + in_quotes(top.facts.issuer) +
            " the root of your organisation: give it here with --upstream-ca FILE";
    fail(std::move(text), std::move(next));
  }

  /// Follows the issuers as far as certificates were sent.
  [[nodiscard]] const Link& top_of_path() const {
    const Link* at = &leaf();
    for (std::size_t steps = 0; steps < links_.size() && !is_self_signed(*at); ++steps) {
      const auto next = std::find_if(links_.begin(), links_.end(),
                                     [at](const Link& link) { return issued(link, *at); });
      if (next == links_.end()) break;
      at = &*next;
    }
    return *at;
  }

  /// caIssuers of authorityInfoAccess, RFC 5280 4.2.2.1, from OpenSSL's text of it.
  static std::string issuer_address(X509* certificate) {
    constexpr std::string_view kLead = "CA Issuers - URI:";
    const int at = X509_get_ext_by_NID(certificate, NID_info_access, -1);
    const certs::BioHandle out{BIO_new(BIO_s_mem())};
    if (at < 0 || !out || X509V3_EXT_print(out.get(), X509_get_ext(certificate, at), 0, 0) != 1) {
      return {};
    }
    char* octets = nullptr;
    const long size = BIO_get_mem_data(out.get(), &octets);  // borrowed
    const std::string_view text{octets, static_cast<std::size_t>(std::max(size, 0L))};
    const std::size_t begin = text.find(kLead);
    if (begin == std::string_view::npos) return {};
    const std::string_view address = text.substr(begin + kLead.size());
    return repaired_utf8(address.substr(0, std::min<std::size_t>(address.find('\n'), 256)));
  }

  std::vector<Link> links_;
  std::string host_;
  Roots roots_;
  SystemTime now_;
  ChainFacts& facts_;
  bool anchored_ = false, root_was_added_ = false;
};

}  // namespace

ChainFacts judge_chain(const std::vector<std::string>& chain, std::string_view host, Roots roots,
                       certs::SystemTime now) {
  ChainFacts facts;
  std::vector<Link> links = read_chain(chain, facts);
  if (links.empty()) {
    if (facts.remarks.empty()) {
      facts.remarks.push_back(
          {Verdict::failed, "the server sent no certificate", "bind a certificate to the site"});
    }
    return facts;
  }
  Judge{std::move(links), std::string{host}, roots, now, facts}.judge();
  return facts;
}

}  // namespace eastap::check
