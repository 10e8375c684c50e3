{{/* What the schema cannot say; each with what to do. */}}
{{- define "freshet.validate" -}}
{{- if not .Values.kafka.bootstrapServers }}{{ fail "kafka.bootstrapServers: expected the brokers' addresses, such as kafka:9092, got none; this chart brings no Kafka" }}{{ end }}
{{- if not (or .Values.redis.url .Values.redis.existingSecret) }}{{ fail "redis.url: expected the address of a Redis or Valkey, such as redis://valkey:6379/0, or redis.existingSecret, got neither; this chart brings no Redis" }}{{ end }}
{{- if and .Values.redis.url .Values.redis.existingSecret }}{{ fail "redis: expected either url or existingSecret, got both; take one out" }}{{ end }}
{{- if regexMatch "://[^/@]*:[^/@]+@" .Values.redis.url }}{{ fail "redis.url: expected an address without a password, got one with it; put the whole address into a secret and name it in redis.existingSecret" }}{{ end }}
{{- $redis := .Values.redis }}
{{- if and $redis.existingSecret (or $redis.credentials.existingSecret $redis.credentials.username) }}{{ fail "redis.credentials: expected none beside redis.existingSecret, which holds the whole address, got both; name the address in redis.url, or take redis.credentials out" }}{{ end }}
{{- if and $redis.credentials.username (not $redis.credentials.existingSecret) }}{{ fail (printf "redis.credentials.existingSecret: expected the secret with the password of %s, got none" $redis.credentials.username) }}{{ end }}
{{- if and $redis.url (or $redis.ca.existingSecret $redis.clientCertificate.existingSecret) (not (regexMatch "^(rediss|sentinels?)://" $redis.url)) }}{{ fail (printf "redis.url: expected rediss://... beside certificates, got %s" $redis.url) }}{{ end }}
{{- $security := .Values.kafka.security }}
{{- if and (hasPrefix "SASL" $security.protocol) (not $security.mechanism) }}{{ fail (printf "kafka.security.mechanism: expected PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER with protocol %s, got none" $security.protocol) }}{{ end }}
{{- if and $security.mechanism (not (hasPrefix "SASL" $security.protocol)) }}{{ fail (printf "kafka.security.protocol: expected SASL_SSL or SASL_PLAINTEXT with mechanism %s, got %s" $security.mechanism $security.protocol) }}{{ end }}
{{- if and (has $security.mechanism (list "PLAIN" "SCRAM-SHA-256" "SCRAM-SHA-512")) (not $security.credentials.existingSecret) }}{{ fail (printf "kafka.security.credentials.existingSecret: expected the secret with user and password for %s, got none" $security.mechanism) }}{{ end }}
{{- if and (eq $security.mechanism "OAUTHBEARER") (not (or $security.oauth.audience $security.oauth.tokenFile)) }}{{ fail "kafka.security.oauth: expected an audience for the pod's own token, or the file of another token, with OAUTHBEARER, got neither" }}{{ end }}
{{- if and $security.oauth.audience $security.oauth.tokenFile }}{{ fail "kafka.security.oauth: expected either audience or tokenFile, got both; take one out" }}{{ end }}
{{- if and (or $security.ca.existingSecret $security.clientCertificate.existingSecret) (not (hasSuffix "SSL" $security.protocol)) }}{{ fail (printf "kafka.security.protocol: expected SSL or SASL_SSL beside certificates, got %s" $security.protocol) }}{{ end }}
{{- if and $security.credentials.existingSecret (not $security.mechanism) }}{{ fail "kafka.security.mechanism: expected one beside credentials, such as SCRAM-SHA-512, got none; without SASL take credentials out, for mutual TLS use clientCertificate" }}{{ end }}
{{- if and $security.oauth.audience (ne $security.mechanism "OAUTHBEARER") }}{{ fail (printf "kafka.security.mechanism: expected OAUTHBEARER beside oauth.audience, got %q" $security.mechanism) }}{{ end }}
{{- if and (eq .Values.topics.create "strimzi") (not .Values.topics.strimzi.cluster) }}{{ fail "topics.strimzi.cluster: expected the name of the Kafka object that owns the topics, got none" }}{{ end }}
{{- if and .Values.console.enabled (not (or .Values.console.tokensSecret .Values.console.settings.trusted_proxy)) }}{{ fail "console.tokensSecret: expected the secret with people's tokens (freshet console token NAME writes its lines), or console.settings.trusted_proxy and author_header, got neither: nobody could log in" }}{{ end }}
{{- range $key := list "host" "port" }}
{{- if hasKey $.Values.console.settings $key }}{{ fail (printf "console.settings.%s: expected a setting that this chart does not make itself, got one that it makes; see console.service" $key) }}{{ end }}
{{- end }}
{{- $groups := dict }}
{{- $lanes := dict }}
{{- range $name, $given := .Values.annotators }}
{{- $pool := include "freshet.pool" (dict "root" $ "pool" $given) | fromYaml }}
{{- $place := printf "annotators.%s" $name }}
{{- if not $pool.group }}{{ fail (printf "%s.group: expected the pool's consumer group, got none" $place) }}{{ end }}
{{- $scaling := $pool.autoscaling }}
{{- if hasKey $scaling "prometheusAddress" }}{{ fail (printf "%s.autoscaling.prometheusAddress: moved to autoscaling.prometheus.serverAddress in 0.2.0; see UPGRADING.md" $place) }}{{ end }}
{{- if and $scaling.prometheus.serverAddress (ne $scaling.by "keda") }}{{ fail (printf "%s.autoscaling.by: expected keda beside prometheus.serverAddress, got %s" $place $scaling.by) }}{{ end }}
{{- if le (float64 (default 300 $pool.settings.max_poll_interval)) (float64 $.Values.drainTimeoutSeconds) }}{{ fail (printf "drainTimeoutSeconds: expected less than max_poll_interval of %s (%v), else the group gives the partitions of a worker that drains away, got %v" $place (default 300 $pool.settings.max_poll_interval) $.Values.drainTimeoutSeconds) }}{{ end }}
{{- $reads := default $.Values.topics.texts $pool.topics.texts }}
{{- $writes := default $.Values.topics.annotations $pool.topics.annotations }}
{{- $lane := get $lanes (printf "%s %s" $reads $writes) }}
{{- if and $lane (ne (get $lane "group") $pool.group) }}{{ fail (printf "%s.group: expected %q, the group of %s, which reads %s and writes %s too, got %q: each text would be annotated twice; share the group, or give one of them topics of its own (annotators.NAME.topics)" $place (get $lane "group") (get $lane "name") $reads $writes $pool.group) }}{{ end }}
{{- $_ := set $lanes (printf "%s %s" $reads $writes) (dict "group" $pool.group "name" $name) }}
{{- $shared := get $groups $pool.group }}
{{- if and $shared (ne (get $shared "reads") $reads) }}{{ fail (printf "%s.group: expected a group of its own, since it reads %s and %s of the same group %q reads %s" $place $reads (get $shared "name") $pool.group (get $shared "reads")) }}{{ end }}
{{- if and (ne $scaling.by "none") (gt (int $scaling.maxReplicas) (int $.Values.topics.partitions)) }}{{ fail (printf "%s.autoscaling.maxReplicas: expected at most topics.partitions (%d), since more workers would have nothing to read, got %d" $place (int $.Values.topics.partitions) (int $scaling.maxReplicas)) }}{{ end }}
{{- if and (ne $scaling.by "none") (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}{{ fail (printf "%s.autoscaling.minReplicas: expected at most maxReplicas (%d), got %d" $place (int $scaling.maxReplicas) (int $scaling.minReplicas)) }}{{ end }}
{{- if and (eq $scaling.by "hpa") (lt (int $scaling.minReplicas) 1) }}{{ fail (printf "%s.autoscaling.minReplicas: expected at least 1 with hpa, got 0; only keda scales to zero" $place) }}{{ end }}
{{- if and (eq $scaling.by "keda") (lt (int $scaling.minReplicas) 1) (lt (int $scaling.activationLagRecords) (int $.Values.topics.partitions)) }}{{ fail (printf "%s.autoscaling.activationLagRecords: expected at least topics.partitions (%d) to scale to zero, since each transaction's marker counts as a record, got %d" $place (int $.Values.topics.partitions) (int $scaling.activationLagRecords)) }}{{ end }}
{{- if and (eq $scaling.by "none") (gt (int $pool.replicas) (int $.Values.topics.partitions)) }}{{ fail (printf "%s.replicas: expected at most topics.partitions (%d), got %d" $place (int $.Values.topics.partitions) (int $pool.replicas)) }}{{ end }}
{{- if and (eq $pool.kind "StatefulSet") (ne $scaling.by "none") }}{{ fail (printf "%s.kind: expected Deployment with autoscaling.by %s, got StatefulSet: its members keep their places, so a fleet that shrinks would wait for those that are gone" $place $scaling.by) }}{{ end }}
{{- if and (eq $scaling.by "keda") (eq $security.mechanism "OAUTHBEARER") (not $security.credentials.existingSecret) }}{{ fail (printf "kafka.security.credentials.existingSecret: expected the secret by which KEDA gets a token (client id and secret, token endpoint, scopes) with %s.autoscaling.by keda, got none" $place) }}{{ end }}
{{- $gpu := gt (int $pool.gpu.count) 0 }}
{{- $other := get $groups $pool.group }}
{{- if and $other (ne (get $other "gpu") $gpu) (not $.Values.allowMixedGroup) }}{{ fail (printf "%s.group: expected a group without pools of the other kind, got %q, which %s has too: CPU and GPU workers of one group get equal shares of the partitions; give one of them another group and topic, or set allowMixedGroup" $place $pool.group (get $other "name")) }}{{ end }}
{{- $_ := set $groups $pool.group (dict "gpu" $gpu "name" $name "reads" $reads) }}
{{- range $key := list "group" "input_topic" "output_topic" "dead_letter_topic" "broker" "registry" "health_host" "health_port" "drain_timeout" "model_cache" "kafka" }}
{{- if hasKey $pool.settings $key }}{{ fail (printf "%s.settings.%s: expected a setting that this chart does not make itself, got one that it makes from kafka, redis, topics, drainTimeoutSeconds or the pool; set it there" $place $key) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
