#include <algorithm>

#include "base/quantity.hpp"
#include "config/checks.hpp"
#include "config/fields.hpp"

namespace config {

void check_options(const KubernetesOptions& options, const ProbeConfig& probe, const std::string& path) {
  check(options.context.empty() || !options.kubeconfig.empty(), join(path, "context"),
        "is that of a kubeconfig; give its file in 'kubeconfig'");
  check(!options.class_labels.empty(), join(path, "class_labels"),
        "is empty; give labels of nodes, such as [node.kubernetes.io/instance-type]");
  const auto check_each = [&](const std::vector<std::string>& texts, std::string_view key, const auto& check_text) {
    for (std::size_t i = 0; i < texts.size(); ++i) check_text(texts[i], fmt::format("{}[{}]", join(path, key), i));
  };
  check_each(options.class_labels, "class_labels", [](const std::string& label, const std::string& here) {
    check(!label.empty() && label.find_first_of("=: ") == std::string::npos, here,
          fmt::format("'{}' is not the name of a label; write one such as nvidia.com/gpu.product", label));
  });
  check_each(options.tolerations, "tolerations", [](const std::string& taint, const std::string& here) {
    check(!taint.empty(), here, "is empty; write a taint such as dedicated=ml:NoSchedule, or its key");
  });
  check_each(options.unit_needs, "unit_needs", [](const std::string& need, const std::string& here) {
    const auto equals = need.find('=');
    const auto amount = base::parse_quantity(need.substr(std::min(need.size(), equals) + (equals < need.size())));
    check(equals != std::string::npos && equals > 0 && amount.value_or(0) > 0, here,
          fmt::format("'{}' is not an amount of a resource; write cpu=4, or memory=16Gi", need));
  });
  check_discover(options.discover, probe, "classes", path);
}

}  // namespace config
