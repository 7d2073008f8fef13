#!/bin/sh
# check_exports.sh NM PLUGIN: fails unless the plugin exports mg_connector_entry, no other symbol of ours, and needs none of ours.
set -eu
nm=$1
plugin=$2

exported=$("$nm" -D --defined-only "$plugin" | awk '$2 == "T" { print $3 }')
if [ "$exported" != "mg_connector_entry" ]; then
  echo "$plugin exports other functions than mg_connector_entry:" $exported >&2
  exit 1
fi
ours=$("$nm" -D "$plugin" | awk '{ print $NF }' | grep -E '^mg_|meshgate' | grep -v '^mg_connector_entry$' || true)
if [ -n "$ours" ]; then
  echo "$plugin shows or needs symbols of ours; build it with hidden visibility and without the host's rooms:" $ours >&2
  exit 1
fi
