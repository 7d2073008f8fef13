# The quick start's --mesh, from the gateway on: deploy/quickstart.sh reads this. A hub follows the gateway over a line that is cut and restored, a device follows the hub.
mesh() { python3 -B "$root/deploy/quickstart/mesh.py" "$@"; }

line_port=$(tour port) hub_port=$(tour port) device_port=$(tour port)
start_line() {
  started line python3 -B "$root/deploy/quickstart/line.py" "$here" "$line_port" "$port"
  line=$started
  tour listens "$line_port" "$line" "the line"
}

say "4  A hub follows the gateway, over a line of its own; a device follows the hub, and keeps an SQLite file too"
echo "   device 127.0.0.1:$device_port ──► hub 127.0.0.1:$hub_port ──► line 127.0.0.1:$line_port ──► gateway 127.0.0.1:$port"
sed "s|@HERE@|$here|g; s|@HUB@|$hub_port|g; s|@LINE@|$line_port|g" deploy/quickstart/hub.yaml >"$here/hub.yaml"
start_writers
start_line
started hub "$meshgate" run "$here/hub.yaml"
tour listens "$hub_port" "$started" "the hub"
started device "$meshgate" device --data "$here/device" --upstream "http://127.0.0.1:$hub_port" --listen "127.0.0.1:$device_port"
mesh holds "$here"

say "5  A changed row arrives, through the hub"
tour change "$here" device/feeds

say "6  The gateway's network is cut"
then=$EPOCHREALTIME
end "$line"
mesh cut "$here" "$then"

say "7  It is back"
then=$EPOCHREALTIME
start_line
mesh back "$here" "$then"

say "8  All of them can prove what they hold"
end "${writers[0]}"
echo "   the writer stopped after $(cat "$here/writer.log")"
tour settled "$here" >"$here/digests"
grep -E '^(orders|customers)[ :]' "$here/digests" | sed 's/^/   gateway  /'
mesh equal "$here" "$here/digests"

last=device/feeds.db
go_on() { start_writers; }
