#!/usr/bin/env bash
# Afterwards .venv holds exactly what requirements.lock says, and the command `duban`. Everything is told on standard error.
set -eu
exec >&2
cd "$(dirname "$0")/.."
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  python=$("$(dirname "$0")/python.sh") || exit 1
  echo "[环境] 新建 .venv（$("$python" --version)）"
  rm -rf .venv
  "$python" -m venv .venv
fi
echo "[环境] 按 requirements.lock 安装依赖（首次一两分钟）"
started=$SECONDS
pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input "$@"; }
if ! pip install --require-hashes --requirement requirements.lock; then
  echo "依赖没有装全。"
  echo "办法：检查网络或 pip 的镜像设置（pip config list），再运行一次；已装好的不会重装。"
  exit 1
fi
pip install --no-index --no-deps --no-build-isolation --editable .
touch .venv/ready
echo "[环境] 完成，用时 $((SECONDS - started)) 秒"
