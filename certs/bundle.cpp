#include <algorithm>
#include <string_view>
#include <utility>

#include "certs/files.hpp"
#include "certs/key_material.hpp"

namespace eastap::certs {

namespace fs = std::filesystem;

namespace {

std::string read_bundle_file(const fs::path& file) {
  return read_file(file, {"check its path", "let eastap's user read it"});
}

Bundle bundle_from_pem(const fs::path& file, const fs::path& key_file, std::string_view text,
                       const AskPassphrase& ask) {
  const fs::path key_place = key_file.empty() ? file : key_file;
  Bundle bundle;
  const Secret key_text{key_file.empty() ? std::string{text} : read_bundle_file(key_file)};
  bundle.others =
      certificates_from(file, text, "give PEM with certificate, chain and key, or a PFX file");
  bundle.key = key_from(key_place, key_text.text(), ask, key_place.string(),
                        "name the PEM file that holds the key with key_file");
  const auto own =
      std::find_if(bundle.others.begin(), bundle.others.end(), [&](const CertHandle& one) {
        const bool fits = X509_check_private_key(one.get(), bundle.key.get()) == 1;
        static_cast<void>(drain_errors("compare"));  // a key that does not fit is an answer
        return fits;
      });
  if (own == bundle.others.end()) {
    fail(key_place, "is not the key of a certificate in " + file.string(),
         "give the key that the certificate was requested with");
  }
  bundle.certificate = std::move(*own);
  bundle.others.erase(own);
  return bundle;
}

}  // namespace

Bundle bundle_from_file(const fs::path& file, const fs::path& key_file, const AskPassphrase& ask) {
  const Secret text{read_bundle_file(file)};  // it may hold the key
  if (text.text().find("-----BEGIN ") != std::string_view::npos) {
    return bundle_from_pem(file, key_file, text.text(), ask);
  }
  return bundle_from(file, text.text(), ask, file.string());
}

}  // namespace eastap::certs
