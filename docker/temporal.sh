#!/usr/bin/env bash
# Brings both databases of the Temporal server to the current schema, then becomes the server.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sql() { temporal-sql-tool --plugin postgres12 --endpoint "${POSTGRES_ADDRESS%:*}" --port "${POSTGRES_ADDRESS##*:}" \
  --user "$POSTGRES_USER" --password "$POSTGRES_PWD" --database "$@"; }
for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%:*}
  sql "$database" create-database
  # Fails on a schema that stands already, which is well; the update then says whether all is in order.
  sql "$database" --quiet setup-schema --version 0.0 >/dev/null 2>&1 || true
  sql "$database" update-schema --schema-name "postgresql/v12/${pair#*:}"
done
exec temporal-server --config-file "$here/temporal.yaml" --allow-no-auth start
