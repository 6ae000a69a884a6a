#!/usr/bin/env bash
# kubernetes-validate 1.37.0: a List, and a kind that it does not know, pass without being read.
#
# Behaviour: an object whose schema is not found, a misspelt kind included, gets a warning and exit status 0, under --strict too. Objects
#   inside a `List` are not looked at.
# Seen: a Service with the port "eighty" was refused by itself (exit 1), and passed as an item of a List and as kind "Servce" (exit 0).
# So: manifests are handed over one document at a time, and an unknown kind fails the check (architecture 13).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate==1.37.0

service='{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": "eighty"}]}}'
echo "$service" > "$work/service.yaml"
echo "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [$service]}" > "$work/list.yaml"
echo "${service/Service/Servce}" > "$work/misspelt.yaml"

judge() { "$work/venv/bin/kubernetes-validate" --strict "$work/$1.yaml" > /dev/null 2>&1 && echo passes || echo refused; }

"$work/venv/bin/kubernetes-validate" --version
for name in service list misspelt; do echo "$name: $(judge "$name")"; done
[ "$(judge service) $(judge list) $(judge misspelt)" = "refused passes passes" ]
