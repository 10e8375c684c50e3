{{/* The pod of a worker. dict: root, component, pool (name or ""), spec (its values), args (list), env (list of
dicts), volumes and mounts (lists), port (health; 0: none), startupSeconds, graceSeconds. */}}
{{- define "freshet.podTemplate" -}}
{{- $root := .root }}
{{- $spec := .spec }}
metadata:
  labels:
    {{- include "freshet.labels" . | nindent 4 }}
    {{- with $spec.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    kubectl.kubernetes.io/default-container: freshet
    checksum/values: {{ toJson (dict "kafka" $root.Values.kafka "redis" $root.Values.redis "topics" $root.Values.topics) | sha256sum }}
    {{- with .checksum }}
    checksum/config: {{ . }}
    {{- end }}
    {{- with $spec.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "freshet.serviceAccountName" $root }}
  automountServiceAccountToken: false
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets: {{ range . }}
    - name: {{ . }}{{ end }}
  {{- end }}
  {{- with $spec.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- if and $spec.gpu $spec.gpu.runtimeClassName }}
  runtimeClassName: {{ $spec.gpu.runtimeClassName }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .graceSeconds }}
  securityContext: {{- toYaml $root.Values.podSecurityContext | nindent 4 }}
  {{- with $spec.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $spec.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $spec.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $spec.dnsConfig }}
  dnsConfig: {{- toYaml . | nindent 4 }}
  {{- end }}
  enableServiceLinks: false
  {{- with $spec.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    - {{- mustMergeOverwrite (dict "labelSelector" (dict "matchLabels" (include "freshet.selectorLabels" $ | fromYaml)) "matchLabelKeys" (list (default "pod-template-hash" $.hashLabel))) . | toYaml | nindent 6 }}
    {{- end }}
  {{- end }}
  {{- with $spec.initContainers }}
  initContainers: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: freshet
      image: {{ include "freshet.image" (dict "root" $root "image" $spec.image) | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: {{- toYaml .args | nindent 8 }}
      env:
        {{- include "freshet.kafkaEnv" $root | nindent 8 }}
        {{- include "freshet.redisEnv" $root | nindent 8 }}
        {{- range .env }}
        - {name: {{ .name }}, value: {{ .value | quote }}}
        {{- end }}
        {{- if .port }}
        - {name: FRESHET_HEALTH_HOST, value: "0.0.0.0"}
        - {name: FRESHET_HEALTH_PORT, value: {{ .port | quote }}}
        {{- end }}
        - {name: HOME, value: /tmp}
        - {name: NUMBA_CACHE_DIR, value: /tmp/numba}
        {{- if and $spec.gpu (gt (int $spec.gpu.count) 0) }}
        {{- range $variable, $folder := dict "HF_HOME" "huggingface" "TORCHINDUCTOR_CACHE_DIR" "inductor" "TRITON_CACHE_DIR" "triton" "XDG_CACHE_HOME" "cache" }}
        - {name: {{ $variable }}, value: /tmp/{{ $folder }}}
        {{- end }}
        {{- end }}
        {{- with $spec.extraEnv }}{{ toYaml . | nindent 8 }}{{ end }}
      {{- with $spec.extraEnvFrom }}
      envFrom: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if .httpPort }}
      ports:
        - {name: http, containerPort: {{ .httpPort }}, protocol: TCP}
      livenessProbe:
        httpGet: {path: /health/live, port: http}
        periodSeconds: 10
        failureThreshold: 3
      readinessProbe:
        httpGet: {path: /health/live, port: http}
        periodSeconds: 5
      lifecycle:
        preStop: {sleep: {seconds: 5}}
      {{- else if .port }}
      ports:
        - {name: health, containerPort: {{ .port }}, protocol: TCP}
      startupProbe:
        httpGet: {path: /health/ready, port: health}
        periodSeconds: 2
        failureThreshold: {{ divf .startupSeconds 2 | ceil | int }}
      livenessProbe:
        httpGet: {path: /health/live, port: health}
        periodSeconds: 10
        failureThreshold: 3
      readinessProbe:
        httpGet: {path: /health/ready, port: health}
        periodSeconds: 5
      {{- end }}
      resources: {{- include "freshet.resources" $spec | nindent 8 }}
      securityContext: {{- toYaml $root.Values.securityContext | nindent 8 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        {{- if and $spec.gpu $spec.gpu.sharedMemory }}
        - {name: shared-memory, mountPath: /dev/shm}
        {{- end }}
        {{- include "freshet.secretMounts" $root | nindent 8 }}
        {{- with .mounts }}{{ toYaml . | nindent 8 }}{{ end }}
        {{- with $spec.extraVolumeMounts }}{{ toYaml . | nindent 8 }}{{ end }}
    {{- with $spec.sidecars }}{{ toYaml . | nindent 4 }}{{ end }}
  volumes:
    - {name: tmp, emptyDir: {sizeLimit: {{ default "1Gi" $spec.tmpSizeLimit }}}}
    {{- if and $spec.gpu $spec.gpu.sharedMemory }}
    - {name: shared-memory, emptyDir: {medium: Memory, sizeLimit: {{ $spec.gpu.sharedMemory }}}}
    {{- end }}
    {{- include "freshet.secretVolumes" $root | nindent 4 }}
    {{- with .volumes }}{{ toYaml . | nindent 4 }}{{ end }}
    {{- with $spec.extraVolumes }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end }}

{{/* What a worker asks for; a GPU counts among its limits. */}}
{{- define "freshet.resources" -}}
{{- $resources := deepCopy (default (dict) .resources) }}
{{- if and .gpu (gt (int .gpu.count) 0) }}
{{- $_ := set $resources "limits" (mustMergeOverwrite (default (dict) $resources.limits) (dict .gpu.resource (int .gpu.count))) }}
{{- end }}
{{- toYaml $resources }}
{{- end }}

{{/* Topics of the workers as environment: dict "root" . "own" {a pool's topics} -> a list as YAML. */}}
{{- define "freshet.topicsEnv" -}}
- {name: FRESHET_INPUT_TOPIC, value: {{ default .root.Values.topics.texts .own.texts | quote }}}
- {name: FRESHET_OUTPUT_TOPIC, value: {{ default .root.Values.topics.annotations .own.annotations | quote }}}
- {name: FRESHET_DEAD_LETTER_TOPIC, value: {{ default .root.Values.topics.deadLetters .own.deadLetters | quote }}}
{{- end }}

{{/* Settings as environment: dict of names and values, nested ones joined by an underscore. dict "prefix" "FRESHET" "values" {...} -> a list as YAML. */}}
{{- define "freshet.settingsEnv" -}}
{{- $prefix := .prefix }}
{{- range $name, $value := .values }}
{{- $variable := printf "%s_%s" $prefix (upper $name) }}
{{- if kindIs "map" $value }}
{{- include "freshet.settingsEnv" (dict "prefix" $variable "values" $value) }}
{{- else }}
- {name: {{ $variable }}, value: {{ $value | toString | quote }}}
{{ end }}
{{- end }}
{{- end }}
