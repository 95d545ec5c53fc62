#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "decoder/base/result.hpp"

/// Owners of OpenSSL objects. The only file that names a `*_free`.
namespace eastap::certs {

template <auto Free>
struct Releaser {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

// OpenSSL has macros for these, or they need an argument.
inline void free_certificates(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
inline void free_stack_of_static_objects(STACK_OF(ASN1_OBJECT) * stack) {
  sk_ASN1_OBJECT_free(stack);
}
inline void free_names(STACK_OF(X509_NAME) * stack) {
  sk_X509_NAME_pop_free(stack, X509_NAME_free);
}
inline void free_allocated(void* memory) { OPENSSL_free(memory); }

using CertHandle = std::unique_ptr<X509, Releaser<X509_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, Releaser<EVP_PKEY_CTX_free>>;
using ProviderHandle = std::unique_ptr<OSSL_PROVIDER, Releaser<OSSL_PROVIDER_unload>>;
using MacHandle = std::unique_ptr<EVP_MAC, Releaser<EVP_MAC_free>>;
using MacContextHandle = std::unique_ptr<EVP_MAC_CTX, Releaser<EVP_MAC_CTX_free>>;
using DigestContextHandle = std::unique_ptr<EVP_MD_CTX, Releaser<EVP_MD_CTX_free>>;
using BioHandle = std::unique_ptr<BIO, Releaser<BIO_free_all>>;
using BignumHandle = std::unique_ptr<BIGNUM, Releaser<BN_free>>;
using NameHandle = std::unique_ptr<X509_NAME, Releaser<X509_NAME_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, Releaser<X509_EXTENSION_free>>;
using StoreHandle = std::unique_ptr<X509_STORE, Releaser<X509_STORE_free>>;
using StoreContextHandle = std::unique_ptr<X509_STORE_CTX, Releaser<X509_STORE_CTX_free>>;
using IntegerHandle = std::unique_ptr<ASN1_INTEGER, Releaser<ASN1_INTEGER_free>>;
using BitStringHandle = std::unique_ptr<ASN1_BIT_STRING, Releaser<ASN1_BIT_STRING_free>>;
using OctetStringHandle = std::unique_ptr<ASN1_OCTET_STRING, Releaser<ASN1_OCTET_STRING_free>>;
using TimeHandle = std::unique_ptr<ASN1_TIME, Releaser<ASN1_TIME_free>>;
using GeneralNameHandle = std::unique_ptr<GENERAL_NAME, Releaser<GENERAL_NAME_free>>;
using GeneralNamesHandle = std::unique_ptr<GENERAL_NAMES, Releaser<GENERAL_NAMES_free>>;
using BasicConstraintsHandle = std::unique_ptr<BASIC_CONSTRAINTS, Releaser<BASIC_CONSTRAINTS_free>>;
using NameConstraintsHandle = std::unique_ptr<NAME_CONSTRAINTS, Releaser<NAME_CONSTRAINTS_free>>;
using SubtreeHandle = std::unique_ptr<GENERAL_SUBTREE, Releaser<GENERAL_SUBTREE_free>>;
using AuthorityKeyIdHandle = std::unique_ptr<AUTHORITY_KEYID, Releaser<AUTHORITY_KEYID_free>>;
#if defined(OPENSSL_SUPPRESS_DEPRECATED) && !defined(OPENSSL_NO_DEPRECATED_3_0)
using CurveKeyHandle = std::unique_ptr<EC_KEY, Releaser<EC_KEY_free>>;  ///< for leaf_key.cpp
#endif
using CertStackHandle = std::unique_ptr<STACK_OF(X509), Releaser<free_certificates>>;
using NameStackHandle = std::unique_ptr<STACK_OF(X509_NAME), Releaser<free_names>>;
using Pkcs12Handle = std::unique_ptr<PKCS12, Releaser<PKCS12_free>>;
using KeyInfoHandle = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Releaser<PKCS8_PRIV_KEY_INFO_free>>;
using AlgorithmHandle = std::unique_ptr<X509_ALGOR, Releaser<X509_ALGOR_free>>;
using EncryptedKeyHandle = std::unique_ptr<X509_SIG, Releaser<X509_SIG_free>>;
using TlsContextHandle = std::unique_ptr<SSL_CTX, Releaser<SSL_CTX_free>>;
using TlsHandle = std::unique_ptr<SSL, Releaser<SSL_free>>;
using TlsSessionHandle = std::unique_ptr<SSL_SESSION, Releaser<SSL_SESSION_free>>;
/// For objects of OpenSSL's static table only: frees the stack, not what it holds.
using ObjectStackHandle =
    std::unique_ptr<STACK_OF(ASN1_OBJECT), Releaser<free_stack_of_static_objects>>;
/// What OpenSSL allocated for the caller (`i2d_...` with a null target, `X509_NAME_oneline`).
template <class T>
using AllocatedHandle = std::unique_ptr<T, Releaser<free_allocated>>;

/// Another owner of the same object.
[[nodiscard]] CertHandle share(X509* certificate) noexcept;
[[nodiscard]] KeyHandle share(EVP_PKEY* key) noexcept;

/// Empties this thread's OpenSSL error queue into one error, `Errc::io`: "generate P-256 key:
/// <reason>; <reason>".
[[nodiscard]] Error drain_errors(std::string_view action);

}  // namespace eastap::certs
