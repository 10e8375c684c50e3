{{/* How pods reach Kafka and Redis: the one place that turns `kafka` and `redis` into environment, files and triggers. */}}

{{/* Environment of each pod that talks to the log. Files are read at each connection, so that a renewed secret is taken. */}}
{{- define "freshet.kafkaEnv" -}}
{{- $security := .Values.kafka.security }}
- {name: FRESHET_BROKER, value: {{ printf "kafka://%s" .Values.kafka.bootstrapServers | quote }}}
- {name: FRESHET_KAFKA_SECURITY_PROTOCOL, value: {{ $security.protocol | quote }}}
{{- if $security.mechanism }}
- {name: FRESHET_KAFKA_SASL_MECHANISM, value: {{ $security.mechanism | quote }}}
{{- if eq $security.mechanism "OAUTHBEARER" }}
- {name: FRESHET_KAFKA_SASL_TOKEN_FILE, value: {{ default "/etc/freshet/kafka-token/token" $security.oauth.tokenFile | quote }}}
{{- else }}
{{- if $security.credentials.username }}
- {name: FRESHET_KAFKA_SASL_USERNAME, value: {{ $security.credentials.username | quote }}}
{{- else }}
- {name: FRESHET_KAFKA_SASL_USERNAME_FILE, value: {{ printf "/etc/freshet/kafka/%s" $security.credentials.keys.username | quote }}}
{{- end }}
- {name: FRESHET_KAFKA_SASL_PASSWORD_FILE, value: {{ printf "/etc/freshet/kafka/%s" $security.credentials.keys.password | quote }}}
{{- end }}
{{- end }}
{{- if $security.ca.existingSecret }}
- {name: FRESHET_KAFKA_SSL_CAFILE, value: {{ printf "/etc/freshet/kafka-ca/%s" $security.ca.key | quote }}}
{{- end }}
{{- if $security.clientCertificate.existingSecret }}
- {name: FRESHET_KAFKA_SSL_CERTFILE, value: {{ printf "/etc/freshet/kafka-client/%s" $security.clientCertificate.keys.cert | quote }}}
- {name: FRESHET_KAFKA_SSL_KEYFILE, value: {{ printf "/etc/freshet/kafka-client/%s" $security.clientCertificate.keys.key | quote }}}
{{- end }}
{{- end }}

{{- define "freshet.redisEnv" -}}
{{- if .Values.redis.existingSecret }}
- {name: FRESHET_REGISTRY_FILE, value: {{ printf "/etc/freshet/redis/%s" .Values.redis.key | quote }}}
{{- else }}
- {name: FRESHET_REGISTRY, value: {{ .Values.redis.url | quote }}}
{{- end }}
{{- with .Values.redis }}
{{- if .credentials.username }}
- {name: FRESHET_REGISTRY_USERNAME, value: {{ .credentials.username | quote }}}
{{- end }}
{{- if .credentials.existingSecret }}
- {name: FRESHET_REGISTRY_PASSWORD_FILE, value: {{ printf "/etc/freshet/redis-user/%s" .credentials.keys.password | quote }}}
{{- end }}
{{- if .ca.existingSecret }}
- {name: FRESHET_REGISTRY_CA_FILE, value: {{ printf "/etc/freshet/redis-ca/%s" .ca.key | quote }}}
{{- end }}
{{- if .clientCertificate.existingSecret }}
- {name: FRESHET_REGISTRY_CERT_FILE, value: {{ printf "/etc/freshet/redis-client/%s" .clientCertificate.keys.cert | quote }}}
- {name: FRESHET_REGISTRY_KEY_FILE, value: {{ printf "/etc/freshet/redis-client/%s" .clientCertificate.keys.key | quote }}}
{{- end }}
{{- end }}
{{- end }}

{{/* Secrets that pods mount: name of the volume and its folder -> name of the secret, as YAML. What KEDA alone needs is not there. */}}
{{- define "freshet.mountedSecrets" -}}
{{- $security := .Values.kafka.security }}
{{- dict "kafka" (ternary "" $security.credentials.existingSecret (has $security.mechanism (list "" "OAUTHBEARER"))) "kafka-ca" $security.ca.existingSecret "kafka-client" $security.clientCertificate.existingSecret "redis" .Values.redis.existingSecret "redis-user" .Values.redis.credentials.existingSecret "redis-ca" .Values.redis.ca.existingSecret "redis-client" .Values.redis.clientCertificate.existingSecret | toYaml }}
{{- end }}

{{- define "freshet.secretVolumes" -}}
{{- if .Values.kafka.security.oauth.audience }}
- {name: kafka-token, projected: {defaultMode: 0440, sources: [{serviceAccountToken: {path: token, audience: {{ .Values.kafka.security.oauth.audience | quote }}, expirationSeconds: 3600}}]}}
{{- end }}
{{- range $name, $secret := include "freshet.mountedSecrets" . | fromYaml }}
{{- if $secret }}
- {name: {{ $name }}, secret: {secretName: {{ $secret | quote }}, defaultMode: 0440}}
{{- end }}
{{- end }}
{{- end }}

{{- define "freshet.secretMounts" -}}
{{- if .Values.kafka.security.oauth.audience }}
- {name: kafka-token, mountPath: /etc/freshet/kafka-token, readOnly: true}
{{- end }}
{{- range $name, $secret := include "freshet.mountedSecrets" . | fromYaml }}
{{- if $secret }}
- {name: {{ $name }}, mountPath: /etc/freshet/{{ $name }}, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{/* KEDA's spelling of a SASL mechanism. */}}
{{- define "freshet.kedaSasl" -}}
{{- get (dict "" "none" "PLAIN" "plaintext" "SCRAM-SHA-256" "scram_sha256" "SCRAM-SHA-512" "scram_sha512" "OAUTHBEARER" "oauthbearer") .Values.kafka.security.mechanism }}
{{- end }}

{{- define "freshet.kafkaTls" -}}
{{- ternary "true" "" (hasSuffix "SSL" .Values.kafka.security.protocol) }}
{{- end }}

{{/* Ports that a NetworkPolicy lets the workers out to, as YAML: dict "given" [...] "address" "HOST:PORT,..." "usual" N. */}}
{{- define "freshet.ports" -}}
{{- $ports := list }}
{{- range .given }}{{ $ports = append $ports (int .) }}{{ end }}
{{- if not $ports }}
{{- range regexFindAll ":[0-9]+(,|/|$)" .address -1 }}{{ $ports = append $ports (regexFind "[0-9]+" . | int) }}{{ end }}
{{- end }}
{{- if not $ports }}{{ $ports = list (int .usual) }}{{ end }}
{{- $found := list }}
{{- range $ports | uniq }}{{ $found = append $found (dict "port" . "protocol" "TCP") }}{{ end }}
{{- toYaml $found }}
{{- end }}

{{/* Whether KEDA needs an authentication of its own. */}}
{{- define "freshet.kedaAuthenticates" -}}
{{- $security := .Values.kafka.security }}
{{- if or $security.credentials.existingSecret $security.ca.existingSecret $security.clientCertificate.existingSecret }}true{{ end }}
{{- end }}
