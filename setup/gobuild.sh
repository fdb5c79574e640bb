#!/usr/bin/env bash
# gobuild.sh FOLDER PACKAGE TARGET LOG: afterwards TARGET is that Go program, built in its module's folder. Tells on standard error
# how many of its packages are built: in a terminal as a bar, elsewhere as a line now and then. Everything else goes to LOG.
set -u
exec >&2
folder=$1 package=$2 target=$3 log=$4
export GOFLAGS="$(go env GOFLAGS) -trimpath"
started=$SECONDS told=-15 builder=
trap '[ -n "$builder" ] && kill "$builder" 2>/dev/null; exit 130' INT TERM

show() {  # show WORDS [DONE TOTAL]: a bar is drawn over itself, and leaves the line to whoever else has something to tell
  local words="$1" spent=$((SECONDS - started)) filled
  [ $# -eq 3 ] && words="$1 $2/$3 个包（$(($2 * 100 / $3))%）"
  if [ -t 2 ]; then
    [ $# -eq 3 ] && { filled=$(printf '%*s' $(($2 * 30 / $3)) ''); filled=$(printf '%-30s' "${filled// /#}"); words="[${filled// /.}] $words"; }
    printf '\r\033[K[服务器] %s，%d 分 %02d 秒\r' "$words" $((spent / 60)) $((spent % 60))
  elif [ $((spent - told)) -ge 15 ]; then
    told=$spent
    echo "[服务器] $words，已 $spent 秒"
  fi
}

# A module whose sources are missing is fetched while the packages are listed, and named in the log.
list=$(mktemp); trap 'rm -f "$list"' EXIT
: >"$log"
(cd "$folder" && exec go list -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' "$package") </dev/null >"$list" 2>"$log" &
builder=$!
while kill -0 "$builder" 2>/dev/null; do
  fetched=$(grep -c '^go: downloading' "$log")
  [ "$fetched" -gt 0 ] && show "取 Go 模块，已取 $fetched 个" || show 清点要编译的包
  sleep 0.5
done
wait "$builder" || exit 1

total=$(grep -c . "$list") told=$((told - 15))
(cd "$folder" && exec go build -v -ldflags='-s -w' -o "$target" "$package") </dev/null 2>>"$log" &
builder=$!
while kill -0 "$builder" 2>/dev/null; do
  done=$(grep -cvE '^(go: |#)' "$log")
  [ "$total" -gt 0 ] && show 编译 $((done < total ? done : total)) "$total" || show 链接
  sleep 0.5
done
if ! wait "$builder"; then
  reasons=$(grep -vxE '[^ ]+' "$log" | tail -n 20)  # all but the names of packages
  [ -n "$reasons" ] && echo "$reasons" >>"$log"
  exit 1
fi
[ -t 2 ] && printf '\r\033[K'
echo "[服务器] 编译完成：$total 个包，用时 $((SECONDS - started)) 秒"
