#!/usr/bin/env bash
# Afterwards .tools/server is the official Temporal server, or (without Go) .tools/temporal is the SDK's development server.
# Told on standard error; the compiler's own words go to .tools/build.log.
set -u
exec >&2
cd "$(dirname "$0")/.."
version=1.32.0        # the server; later ones want a newer Go
needed=1.26           # the Go that its go.mod asks for
log=$PWD/.tools/build.log
mkdir -p .tools

built() { [ -x "$1" ] && [ "$("$1" --version 2>/dev/null)" = "temporal version $version" ]; }

if built .tools/server; then touch .tools/ready; exit 0; fi

if ! command -v go >/dev/null 2>&1; then
  echo "[服务器] 没有找到 Go，改为下载 SDK 自带的开发服务器（不是每个网络都够得着）"
  if .venv/bin/python -m runtime.engine.download .tools/temporal 2>"$log"; then touch .tools/ready; exit 0; fi
  echo "没有 Go，开发服务器也下载不到，Temporal 服务器装不上（详见 .tools/build.log）。"
  echo "办法：安装 Go $needed 或更新版本（https://go.dev/dl）后重来；或设 DUBAN_TEMPORAL_ADDRESS 使用已有的服务器。"
  exit 1
fi

echo "[服务器] 编译 Temporal 服务器 $version（$(go version | cut -d' ' -f3)；只此一次，内存最多 2.6 GB）"
work=$(mktemp -d "$PWD/.tools/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
folder=$(go mod download -json "go.temporal.io/server@v$version" 2>"$log" </dev/null | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
[ -n "$folder" ] && setup/gobuild.sh "$folder" ./cmd/server "$work/server" "$log" &
builder=$!
trap 'kill $builder 2>/dev/null; wait $builder; exit 130' INT TERM
if wait $builder && built "$work/server"; then
  mv "$work/server" .tools/server && touch .tools/ready
else
  echo "Temporal 服务器没有编译成功（全文见 .tools/build.log）：$(tail -n 1 "$log" | cut -c1-200)"
  echo "办法：需要 Go $needed 或更新版本、能取到 Go 模块（go env GOPROXY）、3 GB 内存和 4 GB 磁盘；解决后再运行一次，已编译的部分不会重来。"
  exit 1
fi
