# SPDX-License-Identifier: MIT
# Exactly what has to run runs: after no change, a change, a comment, deleted outputs, force, a damaged blob.
. "$(dirname "$0")/lib.sh"

t_nothing_changed()
{
	maker a; maker b a; maker c b
	build c && same "$(counts)" "3 3 0 0 0 0" first || return 1
	build c && same "$(counts)" "3 0 0 3 0 0" second || return 1
	build c && same "$(counts)" "3 0 0 3 0 0" third && same "$(ran)" "" || return 1
	same "$(cat tmp/work/c-1.0-r0/pub/c | tr '\n' ' ')" "c a b a "
}

t_arm_of_a_diamond()
{
	maker top; maker left top; maker right top; maker join left right
	build join && same "$(counts)" "4 4 0 0 0 0" || return 1
	sed -i 's/WORD = "left"/WORD = "changed"/' layer/recipes/left_1.0.bb
	build join && same "$(ran)" "join:do_make left:do_make" && same "$(counts)" "4 2 0 2 0 0"
}

t_arm_of_a_diamond_in_one_recipe()
{
	recipe r <<-'END'
		addtask top
		addtask left after do_top
		addtask right after do_top
		addtask join after do_left do_right before do_build
		do_top() { echo top >top; }
		do_left() { test ! -e r; cat top >l; echo ${LEFT} >>l; }
		do_right() { test ! -e l; cat top >r; }
		do_join() { cat l r >j; }
		LEFT = "1"
	END
	build r && same "$(counts)" "4 4 0 0 0 0" "$err" || return 1
	same "$(tr '\n' ' ' <tmp/work/r-1.0-r0/j)" "top 1 top " || return 1
	sed -i 's/LEFT = "1"/LEFT = "2"/' layer/recipes/r_1.0.bb
	build r && same "$(ran)" "r:do_join r:do_left" || return 1
	same "$(tr '\n' ' ' <tmp/work/r-1.0-r0/j)" "top 2 top " && test -e tmp/work/r-1.0-r0/r
}

t_middle_of_a_chain()
{
	maker c1; maker c2 c1; maker c3 c2; maker c4 c3; maker c5 c4
	build c5 && same "$(counts)" "5 5 0 0 0 0" || return 1
	sed -i 's/WORD = "c3"/WORD = "changed"/' layer/recipes/c3_1.0.bb
	build c5 && same "$(ran)" "c3:do_make c4:do_make c5:do_make"
}

t_a_comment_changes_nothing()
{
	maker a; maker b a
	build b || return 1
	sed -i '1i # a comment' layer/recipes/a_1.0.bb
	echo '# another' >>conf/local.conf
	build b && same "$(counts)" "2 0 0 2 0 0"
}

t_change_and_back_again_is_restored()
{
	maker a; maker b a
	build b || return 1
	echo 'WORD:pn-a = "x"' >conf/local.conf
	build b && same "$(counts)" "2 2 0 0 0 0" || return 1
	: >conf/local.conf
	build b && same "$(counts)" "2 0 2 0 0 0" && same "$(head -n 1 tmp/work/a-1.0-r0/pub/a)" a
}

t_deleted_outputs_are_restored()
{
	maker a; maker b a
	build b || return 1
	rm -rf tmp/work/a-1.0-r0/pub
	build b && same "$(counts)" "2 0 1 1 0 0" one && same "$(cat tmp/work/a-1.0-r0/pub/a)" a || return 1
	unlock_and_remove tmp
	build b && same "$(counts)" "2 0 2 0 0 0" all && test -e tmp/work/b-1.0-r0/pub/b || return 1
	echo junk >tmp/work/a-1.0-r0/pub/a
	build b && same "$(counts)" "2 0 1 1 0 0" changed && same "$(cat tmp/work/a-1.0-r0/pub/a)" a
}

t_outputs_are_exact()
{
	recipe r <<-'END'
		addtask one
		addtask two after do_one before do_build
		do_one() {
			mkdir -p d/empty; echo x >d/file; chmod 0640 d/file; ln d/file d/hard; ln -s nowhere d/dangling
			echo old >gone; printf '' >d/zero; chmod 0500 d/empty; touch -d '2001-02-03 04:05:06.789' d/zero "d/a name"
		}
		do_two() { rm gone; echo y >>d/hard; chmod 0755 d/file; mkdir new; }
	END
	build r && same "$(counts)" "2 2 0 0 0 0" || return 1
	list() { (cd tmp/work/r-1.0-r0 && find . -name temp -prune -o -name recipe-sysroot -prune -o ! -name . -printf '%p %m %y %n %l %TY%Tm%Td%TT\n' | sort); }
	before=$(list)
	unlock_and_remove tmp
	build r && same "$(counts)" "2 0 2 0 0 0" && same "$(list)" "$before" || return 1
	same "$(cat tmp/work/r-1.0-r0/d/file | tr '\n' ' ')" "x y "
}

t_only_the_end_is_restored_when_the_start_is_there()
{
	recipe r <<-'END'
		addtask one
		addtask two after do_one before do_build
		do_one() { echo 1 >one; }
		do_two() { cat one >two; }
	END
	build r || return 1
	sed -i 's/cat one >two/cat one one >two/' layer/recipes/r_1.0.bb
	rm -r tmp/work
	build r && same "$(counts)" "2 1 1 0 0 0" && same "$(ran)" "r:do_two" && same "$(tr -d '\n' <tmp/work/r-1.0-r0/two)" 11
}

t_an_input_file_counts()
{
	mkdir -p layer/recipes/files; echo one >layer/recipes/files/data
	recipe r <<-'END'
		addtask make before do_build
		do_make[file-checksums] = "${FILE_DIRNAME}/files/data"
		do_make() { cat ${FILE_DIRNAME}/files/data >out; }
	END
	build r && same "$(counts)" "1 1 0 0 0 0" "$err" || return 1
	touch layer/recipes/files/data
	build r && same "$(counts)" "1 0 0 1 0 0" touched || return 1
	echo two >layer/recipes/files/data
	build r && same "$(counts)" "1 1 0 0 0 0" changed && same "$(cat tmp/work/r-1.0-r0/out)" two || return 1
	holds "$("$pawl" why r:make)" "input file"
}

t_force()
{
	maker a; maker b a; maker c b
	build c || return 1
	build -f b:make && same "$(ran)" "b:do_make" || return 1
	build -f c && same "$(ran)" "c:do_make"
}

t_nostamp_runs_every_time_and_taints()
{
	recipe a <<-'END'
		addtask make before do_build
		do_make[nostamp] = "1"
		do_make() { :; echo x >x; }
	END
	maker b a
	build b && same "$(counts)" "2 2 0 0 0 0" || return 1
	build b && same "$(counts)" "2 2 0 0 0 0"
}

t_a_damaged_blob_is_reported_and_rebuilt()
{
	maker a; maker b a
	build b || return 1
	rm -r tmp/work
	for blob in $(find store/blobs -type f); do
		chmod u+w "$blob"; printf X | dd of="$blob" bs=1 conv=notrunc 2>/dev/null; chmod a-w "$blob"
	done
	build b && same "$(counts)" "2 2 0 0 0 0" && holds "$err" "damaged" && same "$(cat tmp/work/a-1.0-r0/pub/a)" a || return 1
	build b && same "$(counts)" "2 0 0 2 0 0" again && holds "$("$pawl" store verify)" " 0 damaged"
}

t_bit_rot_is_found_when_the_blob_is_used()
{
	maker a; maker b a; maker c b
	build c || return 1
	rm -r tmp/work tmp/sysroots
	sed -i 's/WORD = "c"/WORD = "changed"/' layer/recipes/c_1.0.bb
	for blob in $(find store/blobs -type f); do
		cp -p "$blob" keep; chmod u+w "$blob"; printf X | dd of="$blob" bs=1 conv=notrunc 2>/dev/null
		chmod a-w "$blob"; touch -r keep "$blob"; rm -f keep
	done
	build c && same "$(counts)" "3 3 0 0 0 0" && holds "$err" damaged || return 1
	same "$(tr '\n' ' ' <tmp/work/c-1.0-r0/pub/c)" "changed a b a "
}

t_why_names_the_root()
{
	maker a; maker b a; maker c b
	holds "$("$pawl" why c:make)" "first run here" || return 1
	build c || return 1
	holds "$("$pawl" why c:make)" "is current" || return 1
	echo 'WORD:pn-a = "other"' >conf/local.conf
	holds "$("$pawl" why c:make)" "a:do_make: variable WORD changed from 'a' to 'other'" || return 1
	build c || return 1
	holds "$("$pawl" why c:make)" "is current" && holds "$("$pawl" why c:make)" "a:do_make: variable WORD changed from 'a' to 'other'"
}

t_why_sees_through_a_joint()
{
	recipe r <<-'END'
		addtask one
		addtask joint after do_one
		addtask two after do_joint before do_build
		do_joint[noexec] = "1"
		do_one() { echo 1 >a; }
		do_two() { cat a >b; }
	END
	build r && sed -i 's/echo 1/echo 2/' layer/recipes/r_1.0.bb || return 1
	holds "$("$pawl" why r:two)" "r:do_one: function do_one changed from 'echo 1 >a;" || return 1
	build r && same "$(counts)" "2 2 0 0 0 0" && same "$(cat tmp/work/r-1.0-r0/b)" 2
}

t_dry_run_says_what_the_real_one_does()
{
	maker a; maker b a
	build -n b && same "$(counts)" "2 2 0 0 0 0" && test ! -e tmp/work || return 1
	build b || return 1
	build -n b && same "$(counts)" "2 0 0 2 0 0" || return 1
	rm -r tmp/work/a-1.0-r0/pub
	build -n b && same "$(counts)" "2 0 1 1 0 0" && holds "$out" "would restore a:do_make" && test ! -e tmp/work/a-1.0-r0/pub
}

run_tests "$@"
