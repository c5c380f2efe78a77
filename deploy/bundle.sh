#!/bin/sh
# All that a machine without internet needs: wheels for this system and this Python, the page in them, the manual.
# Usage, from the repository: deploy/bundle.sh .venv/bin formats,survival
set -eu
bin=$1 extras=$2 into=build/bundle
rm -rf "$into" && mkdir -p "$into"
cp deploy/install.sh deploy/nginx.conf deploy/latentspace.service deploy/Containerfile "$into"
cp -r build/docs "$into/manual"
"$bin/pip" wheel -q -c constraints.txt -w "$into/wheels" ".[$extras]"
echo "latent-space-explorer[$extras]" > "$into/requirements.txt"
"$bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' > "$into/python"
(cd "$into" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)
tar -C build -czf build/latent-space-explorer-bundle.tar.gz bundle
ls -sh build/latent-space-explorer-bundle.tar.gz
