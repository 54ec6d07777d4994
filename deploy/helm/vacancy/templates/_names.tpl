{{- /* At most 40 characters, so that with what is added to it every name and every label has 63 at most. */}}
{{- define "vacancy.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $chart := include "vacancy.name" . -}}
{{- $name = contains $chart .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $chart) -}}
{{- end -}}
{{- $name = replace "." "-" $name -}}
{{- if gt (len $name) 40 -}}
{{- $name = printf "%s-%s" (trunc 31 $name) (sha256sum $name | trunc 8) -}}
{{- end -}}
{{- trimSuffix "-" $name -}}
{{- end }}

{{- define "vacancy.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "vacancy.secret" -}}
{{- .Values.secrets.existing | default (printf "%s-secrets" (include "vacancy.fullname" .)) -}}
{{- end }}

{{- /* (list ROOT COMPONENT) */}}
{{- define "vacancy.component" -}}
{{- printf "%s-%s" (include "vacancy.fullname" (index . 0)) (index . 1) -}}
{{- end }}

{{- /* Never changed: selectors are immutable. (list ROOT COMPONENT) */}}
{{- define "vacancy.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "vacancy.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* A value as text, whatever YAML took it for: 20261129 is no 2.0261129e+07. */}}
{{- define "vacancy.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) -}}{{ printf "%.0f" . }}{{- else -}}{{ . }}{{- end -}}
{{- end }}

{{- define "vacancy.texts" -}}
{{- range $key, $value := . }}
{{ $key | quote }}: {{ include "vacancy.text" $value | quote }}
{{- end }}
{{- end }}

{{- /* The metadata of an object: (dict "root" ROOT "component" COMPONENT), and optionally "name", "labels", "annotations", "everywhere"
       for what is of no namespace, and "wave", which Argo CD applies when all of lower waves are healthy. */}}
{{- define "vacancy.metadata" -}}
{{- $root := .root -}}
{{- $labels := include "vacancy.selector" (list $root .component) | fromYaml -}}
{{- $_ := set $labels "app.kubernetes.io/version" $root.Chart.AppVersion -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_") -}}
{{- $annotations := .annotations | default dict -}}
{{- if .wave -}}{{- $annotations = merge (dict "argocd.argoproj.io/sync-wave" .wave) $annotations -}}{{- end -}}
name: {{ .name | default (include "vacancy.component" (list $root .component)) }}
{{- if not .everywhere }}
namespace: {{ $root.Release.Namespace }}
{{- end }}
labels:
  {{- include "vacancy.texts" (merge $labels (.labels | default dict) ($root.Values.commonLabels | default dict)) | trim | nindent 2 }}
{{- with merge (dict) $annotations ($root.Values.commonAnnotations | default dict) }}
annotations:
  {{- include "vacancy.texts" . | trim | nindent 2 }}
{{- end }}
{{- end }}

{{- /* (list ROOT IMAGE): REGISTRY/REPOSITORY:TAG, or @DIGEST */}}
{{- define "vacancy.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $name := $image.repository -}}
{{- with $root.Values.image.registry -}}{{- $name = printf "%s/%s" (trimSuffix "/" .) $name -}}{{- end -}}
{{- include "vacancy.tagged" (list $name $image.digest ($image.tag | default $root.Values.image.tag | default $root.Chart.AppVersion)) -}}
{{- end }}

{{- /* (list NAME DIGEST TAG) */}}
{{- define "vacancy.tagged" -}}
{{- if index . 1 -}}
{{- printf "%s@%s" (index . 0) (index . 1) -}}
{{- else if index . 2 -}}
{{- printf "%s:%s" (index . 0) (include "vacancy.text" (index . 2)) -}}
{{- else -}}
{{- fail (printf "give the image %s a tag or a digest" (index . 0)) -}}
{{- end -}}
{{- end }}
