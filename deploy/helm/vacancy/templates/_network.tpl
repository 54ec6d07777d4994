{{- define "vacancy.dnsRule" -}}
{{- $dns := .Values.networkPolicy.dns -}}
- ports:
    - {protocol: UDP, port: {{ int $dns.port }}}
    - {protocol: TCP, port: {{ int $dns.port }}}
  {{- with $dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* The way to the database. */}}
{{- define "vacancy.databaseRule" -}}
{{- $external := .Values.externalDatabase -}}
- ports:
    - {protocol: TCP, port: {{ .Values.mysql.enabled | ternary 3306 (int $external.port) }}}
  {{- if .Values.mysql.enabled }}
  to:
    {{- include "vacancy.peers" (list . "mysql") | trim | nindent 4 }}
  {{- else if $external.to }}
  to:
    {{- toYaml $external.to | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* Pods of this release: (list ROOT COMPONENT…) */}}
{{- define "vacancy.peers" -}}
{{- range rest . }}
- podSelector:
    matchLabels:
      {{- include "vacancy.selector" (list (first $) .) | nindent 6 }}
{{- end }}
{{- end }}

{{- /* Who reads health and metrics: (list ROOT PORT). A node may ask its pods in any case, as the probes do. */}}
{{- define "vacancy.metricsRule" -}}
{{- with (index . 0).Values.networkPolicy.metricsFrom -}}
- ports:
    - {protocol: TCP, port: {{ index $ 1 }}}
  from:
    {{- range . }}
    - namespaceSelector:
        {{- toYaml . | nindent 8 }}
    {{- end }}
{{- end }}
{{- end }}
