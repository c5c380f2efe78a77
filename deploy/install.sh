#!/bin/sh
# Install from this folder alone, on a machine without internet: ./install.sh /opt/latentspace
set -eu
here=$(cd "$(dirname "$0")" && pwd)
into=${1:?"say where to install: ./install.sh /opt/latentspace"}
python=${PYTHON:-python3}
(cd "$here" && sha256sum --quiet --check SHA256SUMS)
wanted=$(cat "$here/python")
found=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$found" != "$wanted" ]; then
    echo "this bundle is for Python $wanted, $python is $found: say PYTHON=python$wanted, or make the bundle with Python $found" >&2
    exit 1
fi
"$python" -m venv "$into"
"$into/bin/pip" install --quiet --no-index --find-links "$here/wheels" -r "$here/requirements.txt"
"$into/bin/latentspace" --version
echo "installed: $into/bin/latentspace; the manual: $here/manual/index.html"
