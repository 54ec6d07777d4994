{{- /* vacancy.yaml of a program: (list ROOT COMPONENT). A change of probes or sets leaves the portals as they are. */}}
{{- define "vacancy.config" -}}
{{- $root := index . 0 -}}
{{- $config := deepCopy $root.Values.config -}}
{{- if eq (index . 1) "portal" -}}
{{- $urls := list (printf "http://%s:5001" (include "vacancy.component" (list $root "hardware"))) -}}
{{- $config = omit $config "hardware" "profiles" "probes" "sets" -}}
{{- $_ := set $config "portal" (merge (dict "hardware_urls" $urls) ($config.portal | default dict)) -}}
{{- else -}}
{{- $config = omit $config "portal" -}}
{{- end -}}
{{- $_ := set $config "lame_duck" (printf "%ds" (int $root.Values.lameDuckSeconds)) -}}
{{- toYaml $config -}}
{{- end }}
