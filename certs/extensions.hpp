#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "certs/authority.hpp"
#include "certs/openssl.hpp"

/// Pieces of certificates that CA and leaves have in common. Private to certs/.
namespace eastap::certs {

/// What a call into OpenSSL that only fails for want of memory threw; caught at the folder's edge.
struct OpensslFailure {
  Error error;
};

/// Throws `OpensslFailure` with OpenSSL's words unless `success`.
void require(bool success, const char* action);

/// `value` as the extension `nid`, encoded from its structure, not from text.
[[nodiscard]] ExtensionHandle make_extension(int nid, bool critical, void* value);
[[nodiscard]] ExtensionHandle key_usage_extension(std::initializer_list<int> bits);
[[nodiscard]] ExtensionHandle subject_key_extension(const X509& with_the_key);

/// 127 random bits, the highest set: positive, never shortened, at most 20 octets as RFC
/// 5280 4.1.2.2 wants.
void set_random_serial(X509* certificate);
void set_validity(X509* certificate, SystemTime not_before, SystemTime not_after);
void add_name_entry(X509_NAME* name, int nid, std::string_view value);

[[nodiscard]] SystemTime to_system_time(const ASN1_TIME* time);
[[nodiscard]] std::string date_text(SystemTime time);  ///< 2026-11-20

}  // namespace eastap::certs
