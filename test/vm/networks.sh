# Part of guest.sh: links and protocols that not every kernel has. Needs the program `messages` in $1.
step links-create cala network create --driver macvlan --subnet 10.71.0.0/24 links
step lanes-create cala network create --driver ipvlan --opt mode=l2 --subnet 10.72.0.0/24 lanes
step links-near cala run -d --name near --network links:ip=10.71.0.9 --network lanes:ip=10.72.0.9 -p 127.0.0.1:18090:90/sctp -p '[::1]:18091:90/sctp' --expose 91/sctp -P -v "$1:/given:ro" \
  bb sh -c 'echo reached >/index.html; httpd -p 80 -h /; exec /given/messages serve 90'
step links-far cala run --rm --name far --network links --network lanes --cap-add NET_RAW bb sh -c '
  for address in 10.71.0.9 10.72.0.9; do ping -q -c 1 -w 30 $address >/dev/null || exit 1
    for try in $(seq 100); do wget -q -O - http://$address/ && break; sleep 0.1; done; done
  ip -o link show eth0; ip -o link show eth1; nslookup near | sed -n "s/^Address: //p" | sort'
step links-near-addresses cala exec near sh -c 'cat /sys/class/net/eth0/address /sys/class/net/eth1/address'
step links-inspect cala network inspect links lanes
step links-hardware cala run --rm --network lanes:mac=02:00:00:00:00:07 bb true
step sctp-port cala port near
sctp_answers() { "$1/messages" ask 127.0.0.1 18090 0:1:1; }
step sctp-ready wait_for sctp_answers "$1"
# 100 kB do not fit into one packet, and not into one read.
step sctp-four "$1/messages" ask 127.0.0.1 18090 0:1:5 3:77:100 9:4294967295:100000 0:2:1
step sctp-six "$1/messages" ask ::1 18091 40:9:70000
step sctp-many sh -c 'for word in 1 2 3 4 5 6; do "$1/messages" ask 127.0.0.1 18090 5:$word:30000 6:$word:7 & done; wait' sh "$1"
step sctp-in-use cala run --rm -p 127.0.0.1:18090:90/sctp bb true
random=$(sed -n 's/^91\/sctp -> .*://p' "$OUT/sctp-port")
step sctp-nobody "$1/messages" ask 127.0.0.1 "${random:-0}" 0:1:5
step links-remove cala network rm -f -t 0 links lanes
