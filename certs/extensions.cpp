#include "certs/extensions.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include <openssl/rand.h>

namespace eastap::certs {

void require(bool success, const char* action) {
  if (!success) throw OpensslFailure{drain_errors(action)};
}

ExtensionHandle make_extension(int nid, bool critical, void* value) {
  ExtensionHandle extension{X509V3_EXT_i2d(nid, critical ? 1 : 0, value)};
  require(extension != nullptr, "encode a certificate extension");
  return extension;
}

ExtensionHandle key_usage_extension(std::initializer_list<int> bits) {
  const BitStringHandle usage{ASN1_BIT_STRING_new()};
  require(usage != nullptr, "make key usage");
  for (const int bit : bits)
    require(ASN1_BIT_STRING_set_bit(usage.get(), bit, 1) == 1, "set key usage");
  return make_extension(NID_key_usage, true, usage.get());
}

ExtensionHandle subject_key_extension(const X509& with_the_key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  require(X509_pubkey_digest(&with_the_key, EVP_sha1(), digest.data(), &length) == 1,
          "hash the public key");
  const OctetStringHandle id{ASN1_OCTET_STRING_new()};
  require(id && ASN1_OCTET_STRING_set(id.get(), digest.data(), static_cast<int>(length)) == 1,
          "make the subject key identifier");
  return make_extension(NID_subject_key_identifier, false, id.get());
}

void set_random_serial(X509* certificate) {
  std::array<unsigned char, 16> octets{};
  require(RAND_bytes(octets.data(), static_cast<int>(octets.size())) == 1, "draw a serial number");
  octets[0] = static_cast<unsigned char>((octets[0] & 0x7fU) | 0x40U);
  const BignumHandle number{BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)};
  require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
          "set the serial number");
}

void set_validity(X509* certificate, SystemTime not_before, SystemTime not_after) {
  const auto to_time_t = [](SystemTime time) {
    return static_cast<std::time_t>(time.time_since_epoch().count());
  };
  require(ASN1_TIME_set(X509_getm_notBefore(certificate), to_time_t(not_before)) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(certificate), to_time_t(not_after)) != nullptr,
          "set the validity");
}

void add_name_entry(X509_NAME* name, int nid, std::string_view value) {
  require(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(value.data()),
                                     static_cast<int>(value.size()), -1, 0) == 1,
          "set the name");
}

SystemTime to_system_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    static_cast<void>(drain_errors("read a time"));
    return {};
  }
  using namespace std::chrono;
  const year_month_day date{year{parts.tm_year + 1900},
                            month{static_cast<unsigned>(parts.tm_mon + 1)},
                            day{static_cast<unsigned>(parts.tm_mday)}};
  return sys_days{date} + hours{parts.tm_hour} + minutes{parts.tm_min} + seconds{parts.tm_sec};
}

std::string date_text(SystemTime time) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

}  // namespace eastap::certs
