{{- /* What the numbers of replicas follow: keda-prometheus, keda-metrics-api, adapter, cpu or none. */}}
{{- define "vacancy.scaling" -}}
{{- $mode := .Values.autoscaling.mode -}}
{{- $served := .Capabilities.APIVersions -}}
{{- if ne $mode "auto" -}}
{{- $mode -}}
{{- else if $served.Has "keda.sh/v1alpha1/ScaledObject" -}}
{{- ternary "keda-prometheus" "keda-metrics-api" (ne .Values.autoscaling.prometheus.serverAddress "") -}}
{{- else if or ($served.Has "custom.metrics.k8s.io/v1beta2") ($served.Has "custom.metrics.k8s.io/v1beta1") -}}
adapter
{{- else -}}
cpu
{{- end -}}
{{- end }}

{{- /* What is measured of a component: each with the metric of a pod, the query for all pods, and the target per replica in
       thousandths. (list ROOT COMPONENT) */}}
{{- define "vacancy.signals" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := (get $root.Values $component).autoscaling -}}
{{- $service := printf "namespace=%q,service=%q" $root.Release.Namespace (include "vacancy.component" (list $root (printf "%s-admin" $component))) -}}
{{- if eq $component "portal" -}}
{{- $these := $root.Values.autoscaling.prometheus.portalSelector | default $service -}}
- metric: vacancy_offered_requests_per_second
  query: sum(rate(vacancy_offered_requests_total{ {{- $these -}} }[1m]))
  target: {{ mul $values.requestsPerSecond 1000 }}
- metric: vacancy_event_streams
  query: sum(vacancy_event_streams{ {{- $these -}} })
  target: {{ mul $values.eventStreams 1000 }}
{{- else -}}
{{- $these := $root.Values.autoscaling.prometheus.hardwareSelector | default $service -}}
- metric: vacancy_probe_slots_used_ratio
  query: sum(vacancy_probe_slots_used_ratio{ {{- $these -}} })
  target: {{ mul $values.probeSlotsPercent 10 }}
{{- end }}
{{- end }}

{{- /* (list ROOT COMPONENT ADMIN_PORT) */}}
{{- define "vacancy.autoscaler" -}}
{{- $mode := include "vacancy.scaling" (index . 0) -}}
{{- if hasPrefix "keda" $mode -}}
{{- include "vacancy.scaledObject" . -}}
{{- else if ne $mode "none" -}}
{{- include "vacancy.hpa" . -}}
{{- end -}}
{{- end }}

{{- define "vacancy.hpa" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := (get $root.Values $component).autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- /* KEDA may be installed later: its webhook then lets it take over. */}}
  {{- include "vacancy.metadata" (dict "root" $root "component" $component "wave" "3" "annotations" (dict "validations.keda.sh/hpa-ownership" "false")) | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "vacancy.component" (list $root $component) }}
  minReplicas: {{ int $values.minReplicas }}
  maxReplicas: {{ int $values.maxReplicas }}
  behavior:
    {{- toYaml $values.behavior | nindent 4 }}
  metrics:
    {{- if eq (include "vacancy.scaling" $root) "cpu" }}
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ int $values.cpuPercent }}
    {{- else }}
    {{- range include "vacancy.signals" (list $root $component) | fromYamlArray }}
    - type: Pods
      pods:
        metric:
          name: {{ .metric }}
        target:
          type: AverageValue
          averageValue: {{ printf "%dm" (int64 .target) | quote }}
    {{- end }}
    {{- end }}
{{- end }}

{{- define "vacancy.scaledObject" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := (get $root.Values $component).autoscaling -}}
{{- $admin := printf "http://%s.%s.svc:%d/metrics" (include "vacancy.component" (list $root (printf "%s-admin" $component))) $root.Release.Namespace (index . 2) -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "vacancy.metadata" (dict "root" $root "component" $component "wave" "3") | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "vacancy.component" (list $root $component) }}
  minReplicaCount: {{ int $values.minReplicas }}
  maxReplicaCount: {{ int $values.maxReplicas }}
  pollingInterval: {{ int $root.Values.autoscaling.keda.pollingInterval }}
  # While nothing can be measured, as many as there are, and the least number at least.
  fallback:
    failureThreshold: 3
    replicas: {{ int $values.minReplicas }}
    behavior: currentReplicasIfHigher
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        {{- toYaml $values.behavior | nindent 8 }}
  triggers:
    {{- range include "vacancy.signals" (list $root $component) | fromYamlArray }}
    {{- $target := printf "%g" (divf .target 1000) | quote }}
    {{- if eq (include "vacancy.scaling" $root) "keda-prometheus" }}
    - type: prometheus
      metricType: AverageValue
      metadata:
        serverAddress: {{ $root.Values.autoscaling.prometheus.serverAddress }}
        query: {{ .query | quote }}
        threshold: {{ $target }}
        # No series is no load of zero.
        ignoreNullValues: "false"
    {{- else }}
    - type: metrics-api
      metricType: AverageValue
      metadata:
        url: {{ $admin }}
        format: prometheus
        valueLocation: {{ .metric }}
        aggregateFromKubeServiceEndpoints: "true"
        aggregationType: sum
        targetValue: {{ $target }}
    {{- end }}
    {{- end }}
{{- end }}
