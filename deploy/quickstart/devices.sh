# The quick start's devices, each with what its person may see, from the gateway on: deploy/quickstart.sh reads this. Without a directory there is one, for everybody.
# mirror NAME OPTIONS…: what this device's person may see of some feeds, into NAME.db.
mirror() {
  local name=$1 signed_in=()
  shift
  if [ $people -eq 1 ]; then signed_in=(--sign-in "$here/$name.signed-in"); fi
  "${start[@]}" "$meshgate" mirror "$url" "${mirrored[@]/#/--feed=}" --into "$here/$name.db" "${signed_in[@]}" "$@"
}
mirrors=()
start_mirrors() {
  local one start
  for one in "${devices[@]}"; do
    start=(started "${one%%=*}")
    mirror "${one%%=*}"
    mirrors+=("$started")
  done
}
few=two
if [ $broker -eq 1 ]; then few=three; fi
if [ $people -eq 1 ]; then
  say "4  Somebody works with the database; three people sign in, each on a device that mirrors $few of the feeds into a SQLite file"
  for one in "${devices[@]}"; do
    name=${one%%=*}
    "$meshgate" login "$url" --user "$name" --password-file "$here/$name.password" --into "$here/$name.signed-in" >"$here/login.log" 2>&1
  done
else
  say "4  Somebody works with the database, and a device mirrors $few of the feeds into a SQLite file"
fi
start_writers
start_mirrors
tour mirrored "$here" "${devices[@]}"

say "5  A changed row arrives"
last=${devices[-1]%%=*}
tour change "$here" "$last"
if [ $broker -eq 1 ]; then tour scanned "$here" "$last"; fi

if [ $people -eq 1 ]; then
  say "6  Anna moves to the south: her device drops what she may not see any more, and gets what she may see now"
  tour move "$here" anna north south
  "$meshgate" explain anna orders south -c "$here/meshgate.yaml" | sed "s|$here/||; s/^/   /"
  say "7  The devices can prove what they hold"
else
  say "6  The device can prove what it holds"
fi
for one in "${writers[@]}"; do end "$one"; done
echo "   the writer stopped after $(cat "$here/writer.log")"
if [ $broker -eq 1 ]; then echo "   the scanners stopped after $(cat "$here/scanner.log")"; fi
tour settled "$here" >"$here/digests"
grep -E '^(orders|customers|scans)[ :]' "$here/digests" | sed 's/^/   gateway  /'
for one in "${mirrors[@]}"; do end "$one"; done
start=()
for one in "${devices[@]}"; do
  name=${one%%=*}
  mirror "$name" --once --quiet >"$here/summary" 2>&1 || { cat "$here/summary" >&2; exit 1; }
  sed "s/^/   $(printf %-8s "$name") /" "$here/summary"
  while read -r line; do
    grep -qxF "${line% equal to the gateway*}" "$here/digests" || { echo "quickstart: $name's device holds something else" >&2; exit 1; }
  done <"$here/summary"
done
last=$last.db
go_on() { start_writers; start_mirrors; }
