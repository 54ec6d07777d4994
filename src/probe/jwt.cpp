#include "probe/jwt.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "probe/secrets.hpp"

namespace probe {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// RFC 4648, section 5, without '='.
std::string base64url(std::string_view bytes) {
  std::string text = base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return text;
}

/// Nobody is asked for a password: the key is then no key.
int no_password(char*, int, int, void*) {
  return -1;
}

Owned<EVP_PKEY> key_of(std::string_view pem) {
  const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Owned<EVP_PKEY> key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_password, nullptr) : nullptr);
  if (key && EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) key.reset();
  return key;
}

/// "" when OpenSSL does not sign.
std::string signature_of(std::string_view text, EVP_PKEY* key) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1)
    return {};
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size()) != 1)
    return {};
  signature.resize(size);
  return signature;
}

}  // namespace

std::expected<std::string, std::string> signed_jwt(std::string_view claims, std::string_view key_id,
                                                   std::string_view private_key) {
  const Owned<EVP_PKEY> key = key_of(private_key);
  ERR_clear_error();
  if (!key) return std::unexpected("the private key is no RSA key in PEM without a password");
  std::string header = R"({"alg":"RS256","typ":"JWT")";
  if (!key_id.empty()) header += ",\"kid\":" + base::json_string(key_id);
  std::string token = base64url(header + "}") + '.' + base64url(claims);
  const std::string signature = signature_of(token, key.get());
  ERR_clear_error();
  if (signature.empty()) return std::unexpected("OpenSSL does not sign with the private key");
  return token + '.' + base64url(signature);
}

}  // namespace probe
