#pragma once

#include <string_view>
#include <type_traits>

#include "config/config.hpp"
#include "config/profile_file.hpp"
#include "config/servers.hpp"

/// The keys of the configuration, each once. Reading YAML, reading the environment, refusing unknown keys and printing
/// are visitors of these functions: `fields(section, visit)` calls `visit(key, field)` for each field of a section.
/// A new key is a field in config.hpp and a line here; those of probes are in probes.hpp.
namespace config {

template <Of<core::NewProfile> C, class Visit>
void fields(C& profile, Visit&& visit) {
  visit("provider", profile.key.provider);
  visit("name", profile.key.name);
  visit("labels", profile.labels);
}

template <Of<base::ServerConfig> C, class Visit>
void fields(C& http, Visit&& visit) {
  visit("address", http.address);
  visit("port", http.port);
  visit("idle_timeout", http.idle_timeout);
  visit("io_timeout", http.io_timeout);
  visit("max_connections", http.max_connections);
  visit("max_body_bytes", http.max_body_bytes);
}

template <Of<core::Retention> C, class Visit>
void fields(C& history, Visit&& visit) {
  visit("transitions", history.transitions);
  visit("five_minutes", history.five_minutes);
  visit("hours", history.hours);
  visit("days", history.days);
}

template <Of<HardwareConfig> C, class Visit>
void fields(C& hardware, Visit&& visit) {
  visit("http", hardware.http);
  visit("database", hardware.database);
  visit("database_password_file", hardware.database_password_file);
  visit("database_ssl_ca", hardware.database_ssl_ca);
  visit("database_wait", hardware.database_wait);
  visit("admin_token_file", hardware.admin_token_file);
  visit("observer_token_file", hardware.observer_token_file);
  visit("poll_interval", hardware.poll_interval);
  visit("lease", hardware.lease);
  visit("database_connections", hardware.database_connections);
  visit("history", hardware.history);
}

template <Of<PortalConfig> C, class Visit>
void fields(C& portal, Visit&& visit) {
  visit("http", portal.http);
  visit("hardware_urls", portal.hardware_urls);
  visit("poll_interval", portal.poll_interval);
  visit("poll_timeout", portal.poll_timeout);
  visit("first_snapshot_wait", portal.first_snapshot_wait);
  visit("allow_origin", portal.allow_origin);
  visit("frame_ancestors", portal.frame_ancestors);
  visit("public_url", portal.public_url);
  visit("observer_token_file", portal.observer_token_file);
}

template <Of<MetricTarget> C, class Visit>
void fields(C& target, Visit&& visit) {
  visit("type", target.type);
  visit("averageValue", target.averageValue);
  visit("value", target.value);
}

template <Of<LabelSelector> C, class Visit>
void fields(C& selector, Visit&& visit) {
  visit("matchLabels", selector.matchLabels);
}

template <Of<MetricIdentifier> C, class Visit>
void fields(C& metric, Visit&& visit) {
  visit("name", metric.name);
  visit("selector", metric.selector);
}

template <Of<MetricSource> C, class Visit>
void fields(C& source, Visit&& visit) {
  visit("metric", source.metric);
  visit("target", source.target);
}

/// The source stands under the key of its type.
template <Of<MetricSpec> C, class Visit>
void fields(C& metric, Visit&& visit) {
  visit("type", metric.type);
  if (metric.type == "Pods") visit("pods", metric.source);
  if (metric.type == "External") visit("external", metric.source);
}

template <Of<ScalingPolicy> C, class Visit>
void fields(C& policy, Visit&& visit) {
  visit("type", policy.type);
  visit("value", policy.value);
  visit("periodSeconds", policy.periodSeconds);
}

template <Of<ScalingRules> C, class Visit>
void fields(C& rules, Visit&& visit) {
  visit("stabilizationWindowSeconds", rules.stabilizationWindowSeconds);
  visit("selectPolicy", rules.selectPolicy);
  visit("policies", rules.policies);
  visit("tolerance", rules.tolerance);
}

template <Of<ScalingBehavior> C, class Visit>
void fields(C& behavior, Visit&& visit) {
  visit("scaleUp", behavior.scaleUp);
  visit("scaleDown", behavior.scaleDown);
}

template <Of<ScaleTarget> C, class Visit>
void fields(C& target, Visit&& visit) {
  visit("apiVersion", target.apiVersion);
  visit("kind", target.kind);
  visit("name", target.name);
}

template <Of<AutoscalerSpec> C, class Visit>
void fields(C& spec, Visit&& visit) {
  visit("scaleTargetRef", spec.scaleTargetRef);
  visit("minReplicas", spec.minReplicas);
  visit("maxReplicas", spec.maxReplicas);
  visit("metrics", spec.metrics);
  visit("behavior", spec.behavior);
}

template <Of<ScaledService> C, class Visit>
void fields(C& service, Visit&& visit) {
  visit("name", service.name);
  visit("metrics_url", service.metrics_url);
  visit("spec", service.spec);
}

template <Of<AutoscalerConfig> C, class Visit>
void fields(C& autoscaler, Visit&& visit) {
  visit("actuator", autoscaler.actuator);
  visit("engine", autoscaler.engine);
  visit("list_command", autoscaler.list_command);
  visit("scale_command", autoscaler.scale_command);
  visit("interval", autoscaler.interval);
  visit("rate_window", autoscaler.rate_window);
  visit("timeout", autoscaler.timeout);
  visit("command_timeout", autoscaler.command_timeout);
  visit("state_file", autoscaler.state_file);
  visit("services", autoscaler.services);
}

template <Of<Config> C, class Visit>
void fields(C& config, Visit&& visit) {
  visit("log_level", config.log_level);
  visit("threads", config.threads);
  visit("lame_duck", config.lame_duck);
  visit("drain_timeout", config.drain_timeout);
  visit("data_dir", config.data_dir);
  visit("admin", config.admin);
  visit("hardware", config.hardware);
  visit("portal", config.portal);
  visit("autoscaler", config.autoscaler);
  // An empty list that was printed would be one that was written down.
  if (!std::is_const_v<C> || config.profiles_given.value || !config.profiles.empty())
    visit("profiles", config.profiles);
  visit("probes", config.probes);
  visit("sets", config.sets);
  visit("alerts", config.alerts);
}

template <Of<ProfileEntry> C, class Visit>
void fields(C& entry, Visit&& visit) {
  visit("provider", entry.provider);
  visit("name", entry.name);
  visit("labels", entry.labels);
}

template <Of<ProfileFile> C, class Visit>
void fields(C& file, Visit&& visit) {
  visit("profiles", file.profiles);
}

template <Of<ServerEntry> C, class Visit>
void fields(C& server, Visit&& visit) {
  visit("url", server.url);
  visit("hardware_url", server.hardware_url);
  visit("ca_file", server.ca_file);
  visit("token_file", server.token_file);
  visit("login_file", server.login_file);
  visit("header_file", server.header_file);
  visit("admin_token_file", server.admin_token_file);
}

template <Of<Servers> C, class Visit>
void fields(C& servers, Visit&& visit) {
  visit("default", servers.default_server);
  visit("servers", servers.servers);
}

/// A struct whose fields are listed above.
template <class T>
concept Section = requires(T& section) { fields(section, [](std::string_view, auto&) {}); };

}  // namespace config
