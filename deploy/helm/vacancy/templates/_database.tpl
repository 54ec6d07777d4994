{{- define "vacancy.mysql" -}}
{{- include "vacancy.component" (list . "mysql") -}}
{{- end }}

{{- /* Where the database is, for the user whose password is mounted: (list ROOT USER) */}}
{{- define "vacancy.databaseEnv" -}}
{{- $root := index . 0 -}}
{{- $external := $root.Values.externalDatabase -}}
- name: VACANCY_HARDWARE_DATABASE
{{- if $root.Values.mysql.enabled }}
  value: mysql://vacancy@{{ include "vacancy.mysql" $root }}:3306/vacancy
{{- else }}
  value: mysql://{{ index . 1 | default $external.user }}@{{ $external.host }}:{{ int $external.port }}/{{ $external.name }}
{{- end }}
- name: VACANCY_HARDWARE_DATABASE_PASSWORD_FILE
  value: /secrets/database-password
{{- if include "vacancy.databaseCa" $root }}
- name: VACANCY_HARDWARE_DATABASE_SSL_CA
  value: /database-ca/ca.crt
{{- end }}
{{- end }}

{{- /* The volume with the certificates of the database's authorities; nothing when there are none. */}}
{{- define "vacancy.databaseCa" -}}
{{- $ca := .Values.externalDatabase.ca -}}
{{- if and (not .Values.mysql.enabled) (or $ca.existingSecret $ca.existingConfigMap) -}}
- name: database-ca
  {{- if $ca.existingSecret }}
  secret:
    secretName: {{ $ca.existingSecret }}
  {{- else }}
  configMap:
    name: {{ $ca.existingConfigMap }}
  {{- end }}
    items:
      - {key: {{ $ca.key }}, path: ca.crt}
{{- end -}}
{{- end }}

{{- define "vacancy.databaseCaMount" -}}
{{- if include "vacancy.databaseCa" . -}}
- {name: database-ca, mountPath: /database-ca, readOnly: true}
{{- end -}}
{{- end }}

{{- /* A password as a part of a projected volume: (list SECRET KEY) */}}
{{- define "vacancy.passwordSource" -}}
- secret:
    name: {{ index . 0 }}
    items:
      - {key: {{ index . 1 }}, path: database-password}
{{- end }}

{{- /* The password of the user that the hardware service works as. */}}
{{- define "vacancy.password" -}}
{{- if .Values.mysql.enabled -}}
{{- include "vacancy.passwordSource" (list (include "vacancy.secret" .) "database-password") -}}
{{- else -}}
{{- include "vacancy.passwordSource" (list .Values.externalDatabase.existingSecret .Values.externalDatabase.passwordKey) -}}
{{- end -}}
{{- end }}

{{- /* The password of the user that changes the schema: the same, unless another is named. */}}
{{- define "vacancy.migratePassword" -}}
{{- $migrate := .Values.externalDatabase.migrate -}}
{{- if and (not .Values.mysql.enabled) $migrate.existingSecret -}}
{{- include "vacancy.passwordSource" (list $migrate.existingSecret $migrate.passwordKey) -}}
{{- else -}}
{{- include "vacancy.password" . -}}
{{- end -}}
{{- end }}

{{- /* The container that brings the schema up to date, in the Job and before each hardware service. Many may run at once: one
       does it, the others wait, and who finds nothing to do ends at once. */}}
{{- define "vacancy.migrateContainer" -}}
- name: migrate
  {{- include "vacancy.container" (list . .Values.hardware.image .Values.migrate.resources) | nindent 2 }}
  args: [migrate{{ if .Values.migrate.sample }}, --sample{{ end }}]
  env:
    - name: VACANCY_CONFIG
      value: /etc/vacancy/vacancy.yaml
    - name: VACANCY_HARDWARE_DATABASE_WAIT
      value: {{ .Values.migrate.databaseWait }}
    {{- include "vacancy.databaseEnv" (list . .Values.externalDatabase.migrate.user) | nindent 4 }}
  volumeMounts:
    - {name: config, mountPath: /etc/vacancy, readOnly: true}
    - {name: migrate-secrets, mountPath: /secrets, readOnly: true}
    {{- with include "vacancy.databaseCaMount" . }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "vacancy.migrateVolume" -}}
- name: migrate-secrets
  projected:
    defaultMode: 0440
    sources:
      {{- include "vacancy.migratePassword" . | nindent 6 }}
{{- end }}

{{- /* claim or emptyDir. What is there stays, since a StatefulSet keeps the volumes it was made with. Without a cluster to look
       at it is a claim. */}}
{{- define "vacancy.mysqlVolume" -}}
{{- $kind := .Values.mysql.persistence.kind -}}
{{- $there := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "vacancy.mysql" .) -}}
{{- if $there -}}
{{- $is := empty $there.spec.volumeClaimTemplates | ternary "emptyDir" "claim" -}}
{{- if not (has $kind (list "auto" $is)) -}}
{{- fail (printf "mysql.persistence.kind is %s, and the StatefulSet %s has been made with: %s. It cannot be changed; save the database, delete the StatefulSet, and upgrade again" $kind $there.metadata.name $is) -}}
{{- end -}}
{{- $is -}}
{{- else if ne $kind "auto" -}}
{{- $kind -}}
{{- else if (lookup "storage.k8s.io/v1" "StorageClass" "" "").items -}}
claim
{{- else if (lookup "v1" "PersistentVolume" "" "").items -}}
claim
{{- else if lookup "v1" "Namespace" "" "kube-system" -}}
emptyDir
{{- else -}}
claim
{{- end -}}
{{- end }}
