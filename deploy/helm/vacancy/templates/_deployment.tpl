{{- /* The Deployment of portal or hardware: (dict "root" ROOT "component" COMPONENT "http" PORT "admin" PORT) */}}
{{- define "vacancy.deployment" -}}
{{- $root := .root -}}
{{- $values := get $root.Values .component -}}
{{- $hardware := eq .component "hardware" -}}
{{- $config := include "vacancy.config" (list $root .component) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "vacancy.metadata" (dict "root" $root "component" .component "wave" (ternary "2" "3" $hardware)) | nindent 2 }}
spec:
  {{- if eq (include "vacancy.scaling" $root) "none" }}
  replicas: {{ int $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  # Longer than a new pod waits for the database.
  progressDeadlineSeconds: 900
  minReadySeconds: {{ int $values.minReadySeconds }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: {{ $values.maxSurge }}
  selector:
    matchLabels:
      {{- include "vacancy.selector" (list $root .component) | nindent 6 }}
  template:
    metadata:
      {{- include "vacancy.podMetadata" (dict "root" $root "component" .component "values" $values "annotations" (dict "checksum/config" (sha256sum $config))) | nindent 6 }}
    spec:
      {{- include "vacancy.podSpec" (dict "root" $root "component" .component "values" $values) | nindent 6 }}
      {{- include "vacancy.spread" (list $root .component $values.topologySpreadConstraints) | nindent 6 }}
      terminationGracePeriodSeconds: {{ int $root.Values.terminationGracePeriodSeconds }}
      {{- if $hardware }}
      initContainers:
        {{- include "vacancy.migrateContainer" $root | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          {{- include "vacancy.container" (list $root $values.image $values.resources) | nindent 10 }}
          ports:
            - {name: http, containerPort: {{ .http }}, protocol: TCP}
            - {name: admin, containerPort: {{ .admin }}, protocol: TCP}
          env:
            - name: VACANCY_CONFIG
              value: /etc/vacancy/vacancy.yaml
            {{- if $hardware }}
            {{- include "vacancy.databaseEnv" (list $root "") | nindent 12 }}
            - name: VACANCY_HARDWARE_ADMIN_TOKEN_FILE
              value: /secrets/admin-token
            {{- end }}
            {{- if $root.Values.observations.existingSecret }}
            - name: VACANCY_{{ upper .component }}_OBSERVER_TOKEN_FILE
              value: /observer/observer-token
            {{- end }}
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- with $values.extraEnvFrom }}
          envFrom:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          # hardware answers here when it has reached the database, for which it waits a minute.
          startupProbe:
            httpGet: {path: /healthz, port: admin}
            periodSeconds: 1
            timeoutSeconds: 3
            failureThreshold: 120
          readinessProbe:
            httpGet: {path: /readyz, port: admin}
            periodSeconds: 2
            timeoutSeconds: 3
            failureThreshold: 2
          livenessProbe:
            httpGet: {path: /healthz, port: admin}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          volumeMounts:
            - {name: config, mountPath: /etc/vacancy, readOnly: true}
            {{- if $hardware }}
            - {name: secrets, mountPath: /secrets, readOnly: true}
            {{- if $values.clusterReader.enabled }}
            - {name: cluster-reader, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
            {{- end }}
            {{- with include "vacancy.databaseCaMount" $root }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- end }}
            {{- if $root.Values.observations.existingSecret }}
            - {name: observer, mountPath: /observer, readOnly: true}
            {{- end }}
            {{- with $values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: config
          configMap:
            name: {{ include "vacancy.component" (list $root .component) }}
        {{- if $hardware }}
        - name: secrets
          projected:
            defaultMode: 0440
            sources:
              - secret:
                  name: {{ include "vacancy.secret" $root }}
                  items:
                    - {key: admin-token, path: admin-token}
              {{- include "vacancy.password" $root | nindent 14 }}
        {{- if $values.clusterReader.enabled }}
        # What a pod gets that is given a token, for one of its containers.
        - name: cluster-reader
          projected:
            defaultMode: 0440
            sources:
              - serviceAccountToken: {path: token, expirationSeconds: 3600}
              - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
        {{- end }}
        {{- include "vacancy.migrateVolume" $root | nindent 8 }}
        {{- with include "vacancy.databaseCa" $root }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- with $root.Values.observations.existingSecret }}
        - name: observer
          secret: {secretName: {{ . }}, defaultMode: 0440, items: [{key: observer-token, path: observer-token}]}
        {{- end }}
        {{- with $values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "vacancy.metadata" (dict "root" $root "component" .component) | nindent 2 }}
data:
  vacancy.yaml: |
    {{- $config | nindent 4 }}
{{- end }}
