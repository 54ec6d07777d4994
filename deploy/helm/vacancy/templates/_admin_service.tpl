{{- /* Health and metrics, for those who ask every pod, apart from what a balancer may publish: (list ROOT COMPONENT PORT) */}}
{{- define "vacancy.adminService" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "vacancy.metadata" (dict "root" $root "component" $component "name" (include "vacancy.component" (list $root (printf "%s-admin" $component)))) | nindent 2 }}
spec:
  clusterIP: None
  selector:
    {{- include "vacancy.selector" (list $root $component) | nindent 4 }}
  ports:
    - name: admin
      port: {{ index . 2 }}
      targetPort: admin
      protocol: TCP
{{- end }}
