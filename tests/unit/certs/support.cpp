#include "tests/unit/certs/support.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>

namespace eastap::certs::test {

namespace {

void must(bool good) {
  if (!good) throw std::runtime_error{drain_errors("test set-up").detail};
}

std::string text_of(BIO* memory) {
  const char* data = nullptr;
  const long length = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(length)};
}

void add_special_constraints(X509* made, const Recipe& recipe) {
  if (!recipe.permitted_organization.empty()) {
    const NameConstraintsHandle constraints{NAME_CONSTRAINTS_new()};
    SubtreeHandle subtree{GENERAL_SUBTREE_new()};
    NameHandle name{X509_NAME_new()};
    must(X509_NAME_add_entry_by_txt(
             name.get(), "O", MBSTRING_UTF8,
             reinterpret_cast<const unsigned char*>(recipe.permitted_organization.c_str()), -1, -1,
             0) == 1);
    GENERAL_NAME_set0_value(subtree->base, GEN_DIRNAME, name.release());
    constraints->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
    must(sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees, subtree.release()) > 0);
    const ExtensionHandle extension{X509V3_EXT_i2d(NID_name_constraints, 1, constraints.get())};
    must(extension && X509_add_ext(made, extension.get(), -1) == 1);
  }
  if (!recipe.raw_name_constraints.empty()) {
    const OctetStringHandle octets{ASN1_OCTET_STRING_new()};
    must(ASN1_OCTET_STRING_set(
             octets.get(),
             reinterpret_cast<const unsigned char*>(recipe.raw_name_constraints.data()),
             static_cast<int>(recipe.raw_name_constraints.size())) == 1);
    const ExtensionHandle extension{
        X509_EXTENSION_create_by_NID(nullptr, NID_name_constraints, 1, octets.get())};
    must(extension && X509_add_ext(made, extension.get(), -1) == 1);
  }
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "eastap-certs-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << text;
}

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

unsigned mode_of(const std::filesystem::path& file) {
  struct ::stat status {};
  if (::stat(file.c_str(), &status) != 0) return 0;
  return status.st_mode & 07777U;
}

std::shared_ptr<const Authority> new_authority(SystemTime now) {
  AuthorityRequest request;
  request.lifetime = std::chrono::days{3 * 365};
  return std::make_shared<const Authority>(make_authority("laptop", now, request));
}

CertHandle make_certificate(const Recipe& recipe, EVP_PKEY* key, X509* issuer,
                            EVP_PKEY* issuer_key) {
  CertHandle made{X509_new()};
  must(made && X509_set_version(made.get(), X509_VERSION_3) == 1);
  must(ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 77) == 1);
  must(ASN1_TIME_set(X509_getm_notBefore(made.get()),
                     recipe.not_before.time_since_epoch().count()) != nullptr);
  must(ASN1_TIME_set(X509_getm_notAfter(made.get()), recipe.not_after.time_since_epoch().count()) !=
       nullptr);
  X509_NAME* name = X509_get_subject_name(made.get());
  must(X509_NAME_add_entry_by_txt(
           name, "CN", MBSTRING_UTF8,
           reinterpret_cast<const unsigned char*>(recipe.common_name.c_str()), -1, -1, 0) == 1);
  must(X509_set_issuer_name(made.get(), issuer != nullptr ? X509_get_subject_name(issuer) : name) ==
       1);
  must(X509_set_pubkey(made.get(), key) == 1);
  const auto add = [&](int nid, const std::string& value) {
    if (value.empty()) return;
    const ExtensionHandle extension{X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str())};
    must(extension && X509_add_ext(made.get(), extension.get(), -1) == 1);
  };
  add(NID_subject_alt_name, recipe.names);
  add(NID_basic_constraints, recipe.constraints);
  add(NID_key_usage, recipe.usage);
  add(NID_ext_key_usage, recipe.extended_usage);
  add(NID_name_constraints, recipe.name_constraints);
  add_special_constraints(made.get(), recipe);
  must(X509_sign(made.get(), issuer_key != nullptr ? issuer_key : key, EVP_sha256()) > 0);
  return made;
}

std::string pem_of(X509* certificate) {
  const BioHandle out{BIO_new(BIO_s_mem())};
  must(PEM_write_bio_X509(out.get(), certificate) == 1);
  return text_of(out.get());
}

std::string pem_of(EVP_PKEY* key, const char* passphrase) {
  const BioHandle out{BIO_new(BIO_s_mem())};
  const auto* secret = reinterpret_cast<const unsigned char*>(passphrase);
  must(PEM_write_bio_PrivateKey(
           out.get(), key, passphrase != nullptr ? EVP_aes_128_cbc() : nullptr, secret,
           passphrase != nullptr ? static_cast<int>(std::string_view{passphrase}.size()) : 0,
           nullptr, nullptr) == 1);
  return text_of(out.get());
}

int verdict(X509* leaf, X509* root, const std::string& host, SystemTime now, bool strict) {
  const StoreHandle store{X509_STORE_new()};
  const StoreContextHandle context{X509_STORE_CTX_new()};
  must(X509_STORE_add_cert(store.get(), root) == 1);
  must(X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr) == 1);
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(rules, now.time_since_epoch().count());
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
  if (strict) X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) != 1) {
    static_cast<void>(drain_errors("not a literal"));
    must(X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size()) == 1);
  }
  X509_verify_cert(context.get());
  const int result = X509_STORE_CTX_get_error(context.get());
  static_cast<void>(drain_errors("verify"));
  return result;
}

}  // namespace eastap::certs::test
