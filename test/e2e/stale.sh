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

t_flags_that_say_where_a_task_runs_count()
{
	recipe r <<-'END'
		addtask make before do_build
		do_make[dirs] = "${WORKDIR}/one"
		do_make() { touch here; }
	END
	build r && test -e tmp/work/r-1.0-r0/one/here || return 1
	sed -i 's,/one,/two,' layer/recipes/r_1.0.bb
	build r && same "$(counts)" "1 1 0 0 0 0" && test -e tmp/work/r-1.0-r0/two/here && test ! -e tmp/work/r-1.0-r0/one || return 1
	holds "$("$pawl" why r:make)" "variable do_make[dirs] changed from '\${WORKDIR}/one' to '\${WORKDIR}/two'"
}

t_what_is_published_counts_for_dependents()
{
	maker a; maker b a
	sed -i 's,mkdir -p pub,mkdir -p pub other; echo second >other/x; mkdir -p pub,' layer/recipes/a_1.0.bb
	build b && same "$(tr '\n' ' ' <tmp/work/b-1.0-r0/pub/b)" "b a " || return 1
	sed -i 's,WORKDIR}/pub",WORKDIR}/other",' layer/recipes/a_1.0.bb
	build b && same "$(counts)" "2 2 0 0 0 0" && same "$(tr '\n' ' ' <tmp/work/b-1.0-r0/pub/b)" "b second "
}

t_the_folder_in_which_it_ran_counts()
{
	recipe r <<-'END'
		addtask make before do_build
		do_make() { pwd >out; }
	END
	build r || return 1
	echo 'TMPDIR = "${TOPDIR}/other"' >conf/local.conf
	build r && same "$(cat other/work/r-1.0-r0/out)" "$PWD/other/work/r-1.0-r0"
}

t_a_source_counts_for_whoever_sees_it()
{
	mkdir -p layer/recipes/files; echo one >layer/recipes/files/data
	recipe r <<-'END'
		SRC_URI = "file://data"
		addtask make before do_build
		do_make() {
			${PAWL_UNPACK}
		}
	END
	build r && same "$(cat tmp/work/r-1.0-r0/data)" one || return 1
	echo two >layer/recipes/files/data
	build r && same "$(counts)" "1 1 0 0 0 0" && same "$(cat tmp/work/r-1.0-r0/data)" two
}

t_an_empty_function_still_has_its_flags()
{
	recipe r <<-'END'
		addtask make before do_build
		do_make[cleandirs] = "${WORKDIR}/one"
		do_make[dirs] = "${WORKDIR}/two"
		do_make[postfuncs] = "after"
		do_make() { : }
		after() {
			echo hello >word
		}
	END
	build r && test -d tmp/work/r-1.0-r0/one && test -d tmp/work/r-1.0-r0/two && test -e tmp/work/r-1.0-r0/two/word
}

# What a task leaves where pawl writes scripts and logs must not lead pawl out of the work folder.
t_links_in_temp_are_not_followed()
{
	recipe r <<-'END'
		addtask one
		addtask two after do_one
		addtask three after do_two before do_build
		do_one() { ln -s ${TOPDIR}/log temp/log.do_two; ln -s ${TOPDIR}/run temp/run.do_two; }
		do_two() { echo two; rm -rf temp recipe-sysroot; ln -s ${TOPDIR}/folder temp; ln -s ${TOPDIR}/folder recipe-sysroot; }
		do_three() { echo three; rm temp/log.do_three; mkfifo temp/log.do_three; }
	END
	echo precious >log; echo precious >run; mkdir folder; echo precious >folder/x
	build r; same "$code" 0 && same "$(cat log run folder/*)" "$(printf 'precious\nprecious\nprecious')"
}

t_nothing_passes_from_task_to_task_unseen()
{
	recipe r <<-'END'
		addtask one
		addtask two after do_one before do_build
		do_one() { echo x >temp/x; mkdir -p recipe-sysroot; echo y >recipe-sysroot/y; ln temp/x temp/log.x; echo z >z; }
		do_two() { ls temp recipe-sysroot . >/tmp/list 2>/dev/null || :; cp /tmp/list list; }
	END
	build r || return 1
	same "$(grep -c '^[xyz]$' tmp/work/r-1.0-r0/list)" 1 && lacks "$(cat tmp/work/r-1.0-r0/list)" log.x
}

t_a_file_that_appears_earlier_in_the_path_counts()
{
	mkdir -p layer/recipes/files layer/recipes/r; echo one >layer/recipes/files/data
	recipe r <<-'END'
		SRC_URI = "file://data"
		addtask fetch
		do_fetch[fetch] = "1"
		do_fetch() { : }
		addtask unpack after do_fetch before do_build
		do_unpack() {
			${PAWL_UNPACK}
		}
	END
	build_recorded r && same "$(cat tmp/work/r-1.0-r0/data)" one || return 1
	echo two >layer/recipes/r/data
	build r && same "$(counts)" "2 2 0 0 0 0" && same "$(cat tmp/work/r-1.0-r0/data)" two
}

# Builds until the inputs are old enough for a record of the build to vouch for them.
build_recorded()
{
	build "$@"
	until [ "$code" != 0 ] || ls cache/*.current >/dev/null 2>&1; do build "$@"; done
}

t_an_input_that_changes_while_the_task_runs()
{
	echo 1 >file; mkfifo go back
	recipe r <<-'END'
		addtask make before do_build
		do_make[file-checksums] = "${TOPDIR}/file"
		do_make() { echo x >${TOPDIR}/go; cat ${TOPDIR}/back >/dev/null; cat ${TOPDIR}/file >out; }
	END
	{ cat go >/dev/null; echo 2 >file; echo x >back; } &
	build --no-sandbox r; wait
	same "$code" 1 && holds "$err" "/file changed while the build ran; build again" || return 1
	echo 1 >file
	{ cat go >/dev/null; echo x >back; } &
	build --no-sandbox r; wait
	same "$code" 0 && same "$(counts)" "1 1 0 0 0 0" && same "$(cat tmp/work/r-1.0-r0/out)" 1
}

t_links_among_the_inputs_are_links()
{
	mkdir d; echo 1 >d/f; ln -s f d/link; ln -s nowhere d/dangling
	recipe r <<-'END'
		addtask make before do_build
		do_make[file-checksums] = "${TOPDIR}/d"
		do_make() { ls ${TOPDIR}/d >out; }
	END
	build_recorded r && touch -d '2020-01-02' cache/*.current || return 1
	build r && same "$(counts)" "1 0 0 1 0 0" && same "$(find cache -newermt 2020-01-03 -name '*.current')" "" || return 1
	ln -sfn elsewhere d/dangling
	build r && same "$(counts)" "1 1 0 0 0 0"
}

t_recipes_do_not_share_a_folder()
{
	maker a; maker b
	echo 'WORKDIR = "${TMPDIR}/work/all"' >conf/local.conf
	build a b; same "$code" 2 && holds "$err" "b_1.0.bb" && holds "$err" "each recipe needs its own" || return 1
	echo 'WORKDIR:pn-b = "${TMPDIR}/work/a-1.0-r0/pub/b"' >conf/local.conf
	build b a; same "$code" 2 && holds "$err" "lies in it" && test ! -e tmp
}

t_a_work_folder_that_is_a_link_is_replaced()
{
	maker a
	mkdir -p tmp/work big && ln -s "$PWD/big" tmp/work/a-1.0-r0
	build a; same "$code" 0 && same "$(ls big)" "" && test -e tmp/work/a-1.0-r0/pub/a
}

t_modes_of_inputs_count_as_far_as_a_copy_has_them()
{
	mkdir -p layer/recipes/files/d; echo 1 >layer/recipes/files/f; echo 1 >layer/recipes/files/d/g
	chmod 0755 layer/recipes/files/d; chmod 0644 layer/recipes/files/f layer/recipes/files/d/g
	recipe r <<-'END'
		SRC_URI = "file://f file://d"
		addtask make before do_build
		do_make() { ${PAWL_UNPACK} }
	END
	build r && chmod 0664 layer/recipes/files/f && build r && same "$(counts)" "1 0 0 1 0 0" group || return 1
	chmod 0600 layer/recipes/files/f
	build r && same "$(counts)" "1 1 0 0 0 0" 0600 && same "$(stat -c %a tmp/work/r-1.0-r0/f)" 600 || return 1
	chmod 0755 layer/recipes/files/d/g
	build r && same "$(counts)" "1 1 0 0 0 0" 0755 && same "$(stat -c %a tmp/work/r-1.0-r0/d/g)" 755 || return 1
	chmod 0700 layer/recipes/files/d
	build r && same "$(counts)" "1 1 0 0 0 0" 0700 && same "$(stat -c %a tmp/work/r-1.0-r0/d)" 700
}

t_the_mode_of_the_work_folder_is_nobodys_output()
{
	recipe r <<-'END'
		addtask one
		addtask two after do_one before do_build
		do_one() { echo 1 >a; chmod 0500 .; }
		do_two() { stat -c %a . >mode; }
	END
	build r && same "$(cat tmp/work/r-1.0-r0/mode)" 755
}

t_any_number_of_rotten_blobs_is_healed_at_once()
{
	maker a; maker b a; maker c b; maker d c; maker e d; maker f e
	build f && unlock_and_remove tmp/sysroots || return 1
	for blob in $(find store/blobs -type f); do
		cp -p "$blob" keep; chmod u+w "$blob"; printf X | dd of="$blob" bs=1 conv=notrunc 2>/dev/null
		chmod a-w "$blob"; touch -r keep "$blob"; rm -f keep
	done
	build -f --trace trace.json f; same "$code" 0 && same "$(counts)" "6 6 0 0 0 0" && lacks "$out" "skipped: " && lacks "$out" "7/6" || return 1
	same "$(sort -u tmp/work/f-1.0-r0/pub/f | tr -d '\n')" abcdef
}

run_tests "$@"
