#!/bin/sh
# start.sh FOLDER SERVER ARGUMENT... : starts Valkey with its files in the folder, and keeps some disk space for it.
#
# Valkey ends when the disk is full, since it could not keep what it promises, and then nothing could be deleted any more.
# So a file is kept beside its own: when it starts on a full disk, the file goes, and there is room for deletion and
# expiry. Whoever asks sees that from its configuration (shared/redis/reserve.py), and takes no new photos meanwhile. When
# there is room again, the file is made anew, and Valkey ends, to be started again as usual by whoever started it.
set -u
umask 077 # its files hold secrets
folder=$1
shift
reserve=$folder/reserve
reserve_mb=${RELIEF_RESERVE_MB:-64} # a deletion takes 2 KB of it, and a day without work 20 MB
low_mb=$((reserve_mb / 8))

free_mb() {
  df -Pk "$folder" | awk 'NR == 2 { print int($4 / 1024) }'
}

# Rewriting the append-only file may need as much room as that has now.
room_to_rewrite_mb() {
  du -sk "$folder/appendonlydir" 2>/dev/null | awk '{ kb = $1 } END { print int(kb / 1024) + '"$low_mb"' }'
}

make_reserve() {
  bytes=$((reserve_mb * 1048576))
  if fallocate -l $bytes "$reserve.part" 2>/dev/null || head -c $bytes /dev/urandom >"$reserve.part"; then
    mv "$reserve.part" "$reserve"
  else
    rm -f "$reserve.part"
  fi
}

has_room() {
  needed_mb=$(room_to_rewrite_mb)
  [ -f "$reserve" ] || needed_mb=$((needed_mb + reserve_mb))
  [ "$(free_mb)" -ge "$needed_mb" ]
}

# What a rewrite left that was broken off.
rm -f "$reserve.part" "$folder"/temp-*.aof "$folder"/appendonlydir/temp-*.aof
[ "$(free_mb)" -ge "$low_mb" ] || rm -f "$reserve"
if has_room; then
  [ -f "$reserve" ] || make_reserve
fi
# Sentinels have the server write its settings to its file, those of a full disk (below) too: so the usual ones stand
# here.
if [ -f "$reserve" ] && has_room; then
  exec "$@" --auto-aof-rewrite-percentage 100 --auto-aof-rewrite-min-size 67108864
fi

server=$$
(
  while kill -0 $server 2>/dev/null; do
    sleep 1
    if has_room; then
      [ -f "$reserve" ] || make_reserve
      kill -TERM $server
      exit
    fi
  done
) &
if [ -f "$reserve" ]; then
  echo "little disk space is left: the append-only file is not rewritten" >&2
  exec "$@" --auto-aof-rewrite-percentage 0
fi
echo "no disk space is left but what was kept for deletion and expiry: no new photos are taken" >&2
exec "$@" --auto-aof-rewrite-percentage 0 --auto-aof-rewrite-min-size 1099511627776
