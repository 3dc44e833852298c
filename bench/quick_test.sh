#!/bin/bash
# SPDX-License-Identifier: MIT
# The benchmarks of the runtime still run: one round of tiny sizes, with a stand-in for a peer.
. "$PAWL_SOURCE/test/house/lib.sh"
programs=$PAWL_BUILD/bench/runtime
rows="spawn_join,t1b1000 spawn_join,w1b1000 spawn_join,t2b1000 yield,t1n1000 yield,w1n1000
pingpong,t1 pingpong,x pingpong,xlocal timer,create_cancel timer,fire_cpu_10us
spawn_join,heap_t1b1000 spawn_join,heap_w1b1000 spawn_join,heap_t2b1000 slot,t1pair slot,t1b1000 slot,t2
exec_call,dynamic exec_call,direct idle_bytes,task sim_step,random10x20
switch,co1 switch,co1000 co_create,pooled co_create,fresh pin,t1 idle_bytes,co
spawn_join,co_t1b1000 spawn_join,co_w1b1000 spawn_join,co_t2b1000 yield,co_t1n1000 yield,co_w1n1000"

# fake NAME LINE...: a peer with the row exec_call,direct.
fake()
{
	printf '%s\n' '#!/bin/sh' 'if [ "$1" = --list ]; then echo exec_call,direct; exit; fi' "${@:2}" >"$TMP/peers/$1"
	chmod +x "$TMP/peers/$1"
}

mkdir "$TMP/peers"
fake one 'echo 7.5'
fake broken 'exit 1'
"$PAWL_SOURCE/bench/runtime.sh" --quick "$programs" "$TMP/peers" >"$TMP/lines" 2>"$TMP/said"
status=$?

each_row_has_a_figure()
{
	local row
	[ $status = 0 ] || cat "$TMP/said"
	for row in $rows; do
		grep -Eqx "$row,pawl,[0-9]+(\.[0-9]+)?,(ns|B)" "$TMP/lines" || echo "no figure of $row"
	done
	[ "$(grep -c ',pawl,' "$TMP/lines")" = "$(wc -w <<<"$rows")" ] || cat "$TMP/lines"
}

peers_stand_beside()
{
	grep -qx 'exec_call,direct,one,7.5,ns' "$TMP/lines" || cat "$TMP/lines"
	[ "$(grep -vc ',pawl,' "$TMP/lines")" = 1 ] || cat "$TMP/lines"
}

a_peer_that_fails_is_left_out()
{
	[ "$(cat "$TMP/said")" = "bench: exec_call,direct: broken failed and is left out of it" ] || cat "$TMP/said"
}

other_rows_are_refused()
{
	"$programs/runtime_yield" yield t9 2>/dev/null
	[ $? = 2 ] || echo "runtime_yield measured a row that it does not have"
}

# Each bug is found by one mode at least, and each line says with how few switches.
simulator_has_its_lines()
{
	local n='[0-9]+'
	"$PAWL_BUILD/bench/bench_sim_seeds" --quick >"$TMP/sim" || echo "bench_sim_seeds failed"
	grep -Eqx "sim_seeds,random10x20x1000,pawl,$n\.$n,s" "$TMP/sim" || cat "$TMP/sim"
	"$PAWL_BUILD/bench/bench_sim_build" --quick >"$TMP/sim" || echo "bench_sim_build failed"
	grep -Eqx "sim_build,n102,pawl,$n\.$n,ms" "$TMP/sim" || cat "$TMP/sim"
	"$PAWL_BUILD/bench/bench_sim_planted" 1 >"$TMP/sim" 2>"$TMP/unfound" || cat "$TMP/unfound"
	grep -Evx "planted,[a-z_]+:(random|pct|exhaustive),pawl,$n,schedules|planted_switches,[a-z_]+:[a-z]+,pawl,$n,switches" \
		"$TMP/sim"
	[ "$(cut -d , -f 2 "$TMP/sim" | cut -d : -f 1 | sort -u | wc -l)" -ge 15 ] || cat "$TMP/unfound"
	grep -Evx 'planted: [a-z]+ finds no [a-z_]+' "$TMP/unfound"
}

silent each_row_has_a_figure each_row_has_a_figure
silent simulator_has_its_lines simulator_has_its_lines
silent peers_stand_beside peers_stand_beside
silent a_peer_that_fails_is_left_out a_peer_that_fails_is_left_out
silent other_rows_are_refused other_rows_are_refused
finish
