{{- define "relief.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- /* What selects pods; dict "root" "component". */}}
{{- define "relief.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "relief.labels" -}}
{{ include "relief.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- /* One of our images; dict "root" "image" (web, cpu, gpu). */}}
{{- define "relief.image" -}}
{{- $all := .root.Values.images }}
{{- $one := index $all .image }}
{{- with $all.registry }}{{ . }}/{{ end }}{{ $one.repository }}:{{ $one.tag | default $all.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "relief.secretName" -}}
{{- .Values.secrets.existingSecret | default (include "relief.name" .) }}
{{- end }}

{{- /* Pools of workers: values, queues of Celery, image, and how the pods of a new release take over. */}}
{{- define "relief.pools" -}}
depth-gpu: {values: depthGpu, queues: depth, image: gpu, surge: 0, unavailable: 25%} # no GPU is free for one more
depth-cpu: {values: depthCpu, queues: depth, image: cpu, surge: 25%, unavailable: 0}
model: {values: model, queues: "model,head,export", image: cpu, surge: 25%, unavailable: 0}
{{- end }}

{{- /* What all pods have; dict "root" "component" "values". */}}
{{- define "relief.pod" -}}
serviceAccountName: {{ include "relief.name" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
shareProcessNamespace: true # the pause container ends orphans, as `init: true` does in Compose
terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001 # as the images have it
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
topologySpreadConstraints:
{{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "relief.selector" $ | nindent 8 }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "relief.confined" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- /* Settings and secrets of a container; dict "root" "required" (names of secrets). */}}
{{- define "relief.environment" -}}
envFrom:
  - configMapRef: {name: {{ include "relief.name" .root }}}
env:
{{- range .required }}
  - name: {{ . }}
    valueFrom: {secretKeyRef: {name: {{ include "relief.secretName" $.root }}, key: {{ . }}}}
{{- end }}
{{- if .root.Values.data.url }}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
  - name: {{ . }}
    valueFrom: {secretKeyRef: {name: {{ include "relief.secretName" $.root }}, key: {{ . }}, optional: true}}
{{- end }}
{{- end }}
{{- end }}

{{- define "relief.dataVolume" -}}
{{- with .Values.data.existingClaim }}
- name: data
  persistentVolumeClaim: {claimName: {{ . }}}
{{- end }}
{{- end }}

{{- define "relief.dataMount" -}}
{{- if .Values.data.existingClaim }}
- {name: data, mountPath: /data}
{{- end }}
{{- end }}

{{- /* Changes with the settings, so that pods are started anew. */}}
{{- define "relief.checksum" -}}
relief/settings: {{ include (print .Template.BasePath "/settings.yaml") . | sha256sum }}
{{- end }}
