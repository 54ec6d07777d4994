{{- /* The metadata of a pod: (dict "root" ROOT "component" COMPONENT "values" VALUES), and optionally "annotations". What is in
       it of the chart's version would restart pods that are as they were. */}}
{{- define "vacancy.podMetadata" -}}
{{- $own := include "vacancy.selector" (list .root .component) | fromYaml -}}
labels:
  {{- include "vacancy.texts" (merge (dict) $own (.values.podLabels | default dict) (.root.Values.commonLabels | default dict)) | trim | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) (.values.podAnnotations | default dict) (.root.Values.commonAnnotations | default dict) }}
annotations:
  {{- include "vacancy.texts" . | trim | nindent 2 }}
{{- end }}
{{- end }}

{{- /* What every pod has: (dict "root" ROOT "values" VALUES), and optionally "component", "securityContext". */}}
{{- define "vacancy.podSpec" -}}
{{- $root := .root -}}
{{- $values := .values | default dict -}}
serviceAccountName: {{ include "vacancy.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- .securityContext | default $root.Values.podSecurityContext | toYaml | nindent 2 }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- include "vacancy.texts" . | trim | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Pods without an account of their own have the namespace's, which every namespace has from the beginning. */}}
{{- define "vacancy.serviceAccount" -}}
{{- $account := dict -}}
{{- with .values -}}{{- $account = .serviceAccount | default dict -}}{{- end -}}
{{- if $account.name -}}{{ $account.name }}
{{- else if $account.create -}}{{ include "vacancy.component" (list .root .component) }}
{{- else -}}default
{{- end -}}
{{- end }}

{{- /* (list ROOT COMPONENT CONSTRAINTS) */}}
{{- define "vacancy.spread" -}}
topologySpreadConstraints:
{{- if index . 2 }}
  {{- index . 2 | toYaml | nindent 2 }}
{{- else }}
{{- $selector := include "vacancy.selector" (list (index . 0) (index . 1)) }}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    # Old pods of a rollout do not count.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- $selector | nindent 8 }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What every container of the programs has: (list ROOT IMAGE RESOURCES) */}}
{{- define "vacancy.container" -}}
{{- $root := index . 0 -}}
image: {{ include "vacancy.image" (list $root (index . 1)) }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
securityContext:
  {{- toYaml $root.Values.securityContext | nindent 2 }}
resources:
  {{- index . 2 | toYaml | nindent 2 }}
{{- end }}
