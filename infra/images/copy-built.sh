#!/bin/sh
# Copies what runs (compiled files, and data they read) of every workspace that is installed here from a built
# checkout, $1.
set -eu
for link in node_modules/@drawbridge/*; do
  folder=$(readlink -f "$link")
  for part in dist data; do
    built="$1${folder#/app}/$part"
    if [ -d "$built" ]; then cp -r "$built" "$folder/$part"; fi
  done
done
find . -path ./node_modules -prune -o \( -name '*.tsbuildinfo' -o -name '*.d.ts' \) -type f -exec rm -f {} +
