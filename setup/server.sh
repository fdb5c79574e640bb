#!/usr/bin/env bash
# Afterwards .tools/server is the official Temporal server, or (without Go) .tools/temporal is the SDK's development server.
# Told on standard error; the compiler's own words go to .tools/build.log.
set -u
exec >&2
cd "$(dirname "$0")/.."
version=1.32.0        # the server; later ones want a newer Go
needed=1.26           # the Go that its go.mod asks for
mkdir -p .tools

built() { [ -x "$1" ] && [ "$("$1" --version 2>/dev/null)" = "temporal version $version" ]; }

if built .tools/server; then touch .tools/ready; exit 0; fi

if ! command -v go >/dev/null 2>&1; then
  echo "[服务器] 没有找到 Go，改为下载 SDK 自带的开发服务器（不是每个网络都够得着）"
  if .venv/bin/python -m runtime.engine.download .tools/temporal 2>.tools/build.log; then touch .tools/ready; exit 0; fi
  echo "没有 Go，开发服务器也下载不到，Temporal 服务器装不上（详见 .tools/build.log）。"
  echo "办法：安装 Go $needed 或更新版本（https://go.dev/dl）后重来；或设 DUBAN_TEMPORAL_ADDRESS 使用已有的服务器。"
  exit 1
fi

echo "[服务器] 编译 Temporal 服务器 $version（$(go version | cut -d' ' -f3)；只此一次，两核约 6 分钟，内存最多 2.6 GB）"
started=$SECONDS
work=$(mktemp -d .tools/build.XXXXXX)
trap 'rm -rf "$work"' EXIT
GOBIN="$PWD/$work" GOFLAGS="$(go env GOFLAGS) -trimpath" \
  go install -ldflags='-s -w' "go.temporal.io/server/cmd/server@v$version" </dev/null >.tools/build.log 2>&1 &
builder=$!
trap 'kill $builder 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
told=0
while kill -0 $builder 2>/dev/null; do
  sleep 1
  spent=$((SECONDS - started))
  if [ $((spent - told)) -ge 15 ]; then told=$spent; echo "[服务器] 正在编译，已 $spent 秒"; fi
done
if wait $builder && built "$work/server"; then
  mv "$work/server" .tools/server && touch .tools/ready
  echo "[服务器] 完成，用时 $((SECONDS - started)) 秒"
else
  echo "Temporal 服务器没有编译成功（全文见 .tools/build.log）：$(tail -n 1 .tools/build.log | cut -c1-200)"
  echo "办法：需要 Go $needed 或更新版本、能取到 Go 模块（go env GOPROXY）、3 GB 内存和 4 GB 磁盘；解决后再运行一次，已编译的部分不会重来。"
  exit 1
fi
