#!/usr/bin/env bash
# Afterwards api/static/vendor/htmx.min.js is htmx 2.0.10, taken from a wheel that ships it; both are checked by hash.
set -eu
exec >&2
cd "$(dirname "$0")/.."
wheel='django-htmx==1.29.0 --hash=sha256:0ec5be1645ed71e6787bd75e0250624f00274ac3bb1730f07b6629a95688929b'
script=71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "$wheel" > "$work/wheel.txt"
if ! .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input download --no-deps --only-binary :all: \
    --require-hashes --requirement "$work/wheel.txt" --dest "$work"; then
  echo "网页脚本 htmx 没有取到。"
  echo "办法：检查网络或 pip 的镜像设置（pip config list），再运行一次。"
  exit 1
fi
.venv/bin/python - "$work" api/static/vendor/htmx.min.js "$script" <<'PY'
import hashlib, pathlib, sys, zipfile

folder, target, expected = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
(wheel,) = folder.glob("*.whl")
content = zipfile.ZipFile(wheel).read("django_htmx/static/django_htmx/htmx-2.min.js")
if hashlib.sha256(content).hexdigest() != expected:
    sys.exit("htmx 的校验值不符，没有采用。\n办法：换一个可信的 pip 镜像再运行一次。")
target.parent.mkdir(parents=True, exist_ok=True)
target.write_bytes(content)
PY
