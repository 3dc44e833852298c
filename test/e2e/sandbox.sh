# SPDX-License-Identifier: MIT
# What a task sees and may do: its inputs, its folder, nothing else; and what happens where no sandbox can be made.
. "$(dirname "$0")/lib.sh"

# probe: a recipe whose task writes the output of the given shell lines (standard input) to `seen`.
probe()
{
	{
		printf 'addtask make before do_build\n%s\ndo_make() {\n\t{\n' "${1:-}"
		cat
		printf '\n\t} >seen 2>&1 || :\n}\n'
	} >layer/recipes/p_1.0.bb
}

seen()
{
	build ${mode:-} p
	same "$code" 0 && cat tmp/work/p-1.0-r0/seen
}

t_nothing_undeclared_is_seen()
{
	echo secret >undeclared
	maker other && build other || return 1
	mkdir -p /tmp/probe-of-pawl
	probe <<-END
		cat $PWD/undeclared $PWD/conf/local.conf $PWD/layer/recipes/other_1.0.bb
		ls $PWD/tmp/work/other-1.0-r0 $PWD/store /home /root /var /tmp/probe-of-pawl
		ls /tmp | grep -v "^pawl-e2e"
		ls $PWD $PWD/tmp $PWD/tmp/work | grep -v -e : -e '^$' -e '^tmp\$' -e '^work\$' -e '^p-1.0-r0\$' -e '^layer\$'
		env | grep -v -e ^PATH= -e ^HOME= -e ^PWD= -e ^MAKEFLAGS= -e ^LC_ALL= -e ^SOURCE_DATE_EPOCH= -e ^TZ= -e ^_= -e ^OLDPWD= -e ^SHLVL=
	END
	SECRET_OF_THE_HOST=1 seen >found || { cat found; return 1; }
	rmdir /tmp/probe-of-pawl
	same "$(grep -v -e 'No such file' -e 'cannot access' found)" ""
}

t_who_and_where()
{
	probe <<-'END'
		id -u; id -g; hostname; ls /proc | grep -c '^[0-9]'
	END
	seen >found || { cat found; return 1; }
	same "$(head -n 3 found | tr '\n' ' ')" "1000 1000 pawl " && [ "$(tail -n 1 found)" -lt 8 ]
}

t_descriptors_are_closed()
{
	probe <<-'END'
		for fd in /proc/self/fd/*; do readlink "$fd"; done | grep -v -e pipe: -e /dev/null -e /seen -e /log. -e /run. -e '/proc/[0-9]*/fd' || echo none
	END
	exec 7</etc/passwd
	seen >found || { cat found; return 1; }
	same "$(cat found)" none
}

t_no_network_unless_it_says_so()
{
	probe <<-'END'
		tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; grep -c . /proc/net/unix
	END
	seen >found || { cat found; return 1; }
	same "$(cat found | tr '\n' ' ')" "lo 1 " || return 1
	probe 'do_make[network] = "1"' <<-'END'
		tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '
	END
	seen >found || { cat found; return 1; }
	same "$(sort found)" "$(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort)"
}

t_writes_stay_in_the_folder()
{
	probe <<-END
		echo x >/usr/pawl-was-here; echo x >$PWD/layer/was-here; echo x >/was-here; echo x >/etc/was-here; mkdir /home
		mount -t tmpfs none /usr; touch /usr/pawl-was-here; echo x >recipe-sysroot/x; unshare -Urm touch /usr/pawl-was-here
	END
	seen >/dev/null
	test ! -e /usr/pawl-was-here && test ! -e layer/was-here && test ! -e /was-here && test ! -e /etc/was-here
}

t_a_sysroot_cannot_be_changed()
{
	maker lib
	recipe p <<-'END'
		DEPENDS = "lib"
		addtask make before do_build
		do_make[deptask] = "do_make"
		do_make() {
			cat recipe-sysroot/lib >seen
			echo bad >recipe-sysroot/lib || echo refused >>seen
			rm -f recipe-sysroot/lib || echo refused >>seen
			chmod 777 recipe-sysroot/lib || echo refused >>seen
		}
	END
	seen >found || { cat found; return 1; }
	same "$(tr '\n' ' ' <found)" "lib refused refused refused " && holds "$("$pawl" store verify)" " 0 damaged"
}

t_daemons_end_with_their_task()
{
	probe <<-'END'
		setsid tail -f "${T}/run.do_make" >/dev/null 2>&1 &
		sleep 0.1
	END
	seen >/dev/null
	same "$(pgrep -f "$PWD/tmp/work" | tr '\n' ' ')" ""
}

t_bubblewrap_shows_the_same()
{
	command -v bwrap >/dev/null || { echo "bubblewrap is missing"; return 1; }
	export PAWL_TEST_SANDBOX=bubblewrap
	t_nothing_undeclared_is_seen && t_who_and_where && t_writes_stay_in_the_folder
}

t_without_a_sandbox_it_refuses()
{
	maker a
	export PAWL_TEST_SANDBOX=none
	build a; same "$code" 2 && holds "$err" "--no-sandbox" && test ! -e tmp/work/a-1.0-r0/pub || return 1
	build --no-sandbox a && same "$(counts)" "1 1 0 0 0 0"
}

t_no_sandbox_gives_the_same_results()
{
	maker a; maker b a
	build --no-sandbox b && same "$(counts)" "2 2 0 0 0 0" && same "$(tr '\n' ' ' <tmp/work/b-1.0-r0/pub/b)" "b a " || return 1
	build b && same "$(counts)" "2 0 0 2 0 0"
}

run_tests "$@"
