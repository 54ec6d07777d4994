{{- /* vacancy.yaml of a program: (list ROOT COMPONENT). A change of probes, sets or alerts leaves the portals as they are. */}}
{{- define "vacancy.config" -}}
{{- $root := index . 0 -}}
{{- $config := deepCopy $root.Values.config -}}
{{- if eq (index . 1) "portal" -}}
{{- $urls := list (printf "http://%s:5001" (include "vacancy.component" (list $root "hardware"))) -}}
{{- $config = omit $config "hardware" "profiles" "probes" "sets" "alerts" -}}
{{- $_ := set $config "portal" (merge (dict "hardware_urls" $urls) ($config.portal | default dict)) -}}
{{- else -}}
{{- $url := (default dict $config.portal).public_url -}}
{{- $config = omit $config "portal" -}}
{{- /* For links in the messages of alerts. */}}
{{- if and $config.alerts $url -}}
{{- $_ := set $config "portal" (dict "public_url" $url) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $config "lame_duck" (printf "%ds" (int $root.Values.lameDuckSeconds)) -}}
{{- toYaml $config -}}
{{- end }}
