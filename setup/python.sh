#!/usr/bin/env bash
# Prints the Python (3.11 or later, able to make virtual environments) that everything runs on. $PYTHON is tried first.
set -u
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
  # A version manager's shim may stand in the PATH and still refuse to run: only running it tells.
  if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    "$candidate" -c 'import sys; print(sys.executable)' && exit 0
  fi
done
echo "找不到 Python 3.11 或更新的版本（含 venv 模块）。" >&2
echo "办法：安装后重来（Debian/Ubuntu：apt-get install python3 python3-venv），或指明位置：make PYTHON=/usr/bin/python3.12 …" >&2
exit 1
