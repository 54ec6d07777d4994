// A kubeconfig, and what a program that logs in prints.
#include "config/kubeconfig.hpp"
#include "fuzz/check.hpp"
#include "probe/kube_login.hpp"
#include "probe/secrets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto config = config::read_kubeconfig(text, (size & 1) != 0 ? "a" : "");
  if (!config) fuzz::check(std::unexpected(config.error()));
  if (config) fuzz::require(config->server.starts_with("http") && base::is_printable_utf8(config->server));
  if (config && config->program) {
    const std::string told = probe::login_request(*config->program, config->server, config->ca_data);
    fuzz::require(told.starts_with('{') && told.ends_with('}'));
  }
  fuzz::require(probe::from_base64(probe::base64(text)) == text);
  const auto login = probe::read_login(text);
  if (!login) fuzz::check(std::unexpected(login.error()));
  if (login) fuzz::require(!login->token.empty() || !login->key.empty());
  return 0;
}
