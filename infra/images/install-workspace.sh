#!/bin/sh
# Installs one workspace for production in the current directory, which holds all manifests and the lockfile,
# and removes the workspaces that it does not depend on. No dependency runs a script of its own.
set -eu
npm ci --omit=dev --ignore-scripts --no-audit --no-fund --workspace "$1"
npm cache clean --force

needed=" $(cd node_modules && for link in @drawbridge/*; do readlink -f "$link"; done | tr '\n' ' ')"
for manifest in libs/*/package.json services/*/package.json apps/*/package.json e2e/package.json bench/package.json; do
  folder=$(dirname "$(readlink -f "$manifest")")
  case "$needed" in
    *" $folder "*) ;;
    *) rm -rf "$folder" ;;
  esac
done
