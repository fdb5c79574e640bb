#!/usr/bin/env bash
# Afterwards a Chromium is there for the tests of the pages, with a Chinese font. Installs Debian's when run as root.
set -u
exec >&2
have() { command -v chromium >/dev/null 2>&1 && fc-list :lang=zh 2>/dev/null | grep -q .; }
have && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "[浏览器] 安装 chromium 与中文字体（测试网页用）"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  { apt-get -q update; apt-get -q install -y --no-install-recommends chromium fontconfig fonts-wqy-microhei; } >"$log" 2>&1
  have && { rm -f "$log"; exit 0; }
  tail -n 3 "$log"; rm -f "$log"
fi
echo "测试网页需要 chromium 和一种中文字体，这里没有。"
echo "办法：sudo apt-get install chromium fonts-wqy-microhei（或本系统的同类软件包），再运行一次。"
exit 1
