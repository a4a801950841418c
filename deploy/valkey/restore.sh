#!/bin/sh
# restore.sh FOLDER <SNAPSHOT : gives a Valkey that has no files yet those of a snapshot, which `valkey-cli --rdb` wrote.
#
# A server with an append-only file reads nothing else when it starts, so the snapshot becomes that file's base.
set -eu
umask 077 # its files hold secrets
files=$1/appendonlydir
if [ -e "$files" ]; then
  echo "$files is there already: its jobs would be lost; move it away first" >&2
  exit 1
fi
rm -rf "$files.part"
mkdir "$files.part"
base=$files.part/appendonly.aof.1.base.rdb
cat >"$base"
if [ ! -s "$base" ]; then
  echo "the snapshot is empty" >&2
  exit 1
fi
echo "file appendonly.aof.1.base.rdb seq 1 type b" >"$files.part/appendonly.aof.manifest"
sync
mv "$files.part" "$files"
