#!/bin/sh
# Copies the compiled files of every workspace that is installed here from a built checkout, $1.
set -eu
for link in node_modules/@drawbridge/*; do
  folder=$(readlink -f "$link")
  cp -r "$1${folder#/app}/dist" "$folder/dist"
done
find . -path ./node_modules -prune -o \( -name '*.tsbuildinfo' -o -name '*.d.ts' \) -type f -exec rm -f {} +
