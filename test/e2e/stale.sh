# SPDX-License-Identifier: MIT
# What could make a result stale, or a build do too much or too little: damage, inputs, flags, folders.
. "$(dirname "$0")/lib.sh"

# Writes one byte over each blob; its time tells.
damage_blobs()
{
	for blob in $(find store/blobs -type f); do
		chmod u+w "$blob"; printf X | dd of="$blob" bs=1 conv=notrunc 2>/dev/null; chmod a-w "$blob"
	done
}

t_questions_meet_a_damaged_blob()
{
	maker a; maker b a
	build b && rm -r tmp/work && damage_blobs
	holds "$("$pawl" why b:make 2>&1)" "b:do_make will run: its outputs in the store were damaged" || return 1
	build -n b; same "$code" 0 && same "$(counts)" "2 2 0 0 0 0" || return 1
	build b; same "$code" 0 && same "$(counts)" "2 2 0 0 0 0"
}

t_what_is_in_place_but_lost_from_the_store_runs_when_it_is_needed()
{
	maker a; maker b a; maker c b
	build c && unlock_and_remove tmp/sysroots || return 1
	sed -i 's/WORD = "c"/WORD = "changed"/' layer/recipes/c_1.0.bb
	rm -f $(find store/blobs -type f)
	build c; same "$code" 0 && same "$(counts)" "3 3 0 0 0 0" && holds "$err" "missing" || return 1
	same "$(tr '\n' ' ' <tmp/work/c-1.0-r0/pub/c)" "changed a b a "
}

run_tests "$@"
