# SPDX-License-Identifier: MIT
# The build of the README, made from the README's own lines; and the help texts that it points to.
. "$(dirname "$0")/lib.sh"

# The files of the section "A build": a path, at column 29 its first line, below it the others.
files_of_readme()
{
	sed -n '/^## A build/,/^## F/s/^    //p' "$PAWL_SOURCE/README.md" | grep -v '^\$' | while IFS= read -r line; do
		path=${line%% *}
		[ -z "$path" ] || file=$path
		mkdir -p "$(dirname "$file")"
		printf '%s\n' "${line:24}" >>"$file"
	done
}

commands_of_readme()
{
	sed -n '/^## A build/,/^## F/s/^    \$ pawl //p' "$PAWL_SOURCE/README.md"
}

t_the_build_of_the_readme()
{
	rm -r conf layer
	files_of_readme
	same "$(find conf layer -type f | sort | tr '\n' ' ')" "conf/bblayers.conf layer/conf/layer.conf layer/recipes/x_1.0.bb " || return 1
	same "$(commands_of_readme | tr '\n' ';')" "build x;why x:install;" || return 1
	build x; same "$code" 0 && cmp tmp/work/x-1.0-r0/image/usr/bin/x /bin/true || return 1
	holds "$("$pawl" why x:install)" "x:do_install is current"
}

t_each_command_has_help()
{
	"$pawl" help >all || return 1
	for name in $(sed -n 's/^  \([a-z]*\) .*/\1/p' all); do
		"$pawl" help "$name" >one && "$pawl" "$name" --help >two && cmp one two || return 1
		holds "$(head -n 1 one)" "usage: pawl $name " && holds "$(cat one)" "  -C DIR " || return 1
	done
	same "$name" store
}

t_mistakes_say_what_was_expected()
{
	err=$("$pawl" build 2>&1); same $? 2 && holds "$err" "pawl build: found no argument, expected a target" || return 1
	err=$("$pawl" list x 2>&1); same $? 2 && holds "$err" "pawl list: found one argument too many: 'x'" || return 1
	err=$("$pawl" build --frob x 2>&1); same $? 2 && holds "$err" "pawl build: unrecognized option '--frob'" || return 1
	err=$("$pawl" -C . build x 2>&1); same $? 2 && holds "$err" "expected options behind it" || return 1
	err=$("$pawl" help frob 2>&1); same $? 2 && holds "$err" "there is no command 'frob'"
}

t_layers_without_recipes_are_named()
{
	maker a
	echo 'BBFILES = "${LAYERDIR}/recipe/*.bb"' >layer/conf/layer.conf
	build a; same "$code" 2 && holds "$err" "warning: found no recipe that BBFILES matches: $PWD/layer/recipe/*.bb" || return 1
	echo 'BBLAYERS = "layer"' >conf/bblayers.conf
	build a; same "$code" 2 && holds "$err" "conf/bblayers.conf: expected absolute paths in BBLAYERS, as in \${TOPDIR}/layer, found layer"
}

t_old_overrides_are_refused()
{
	printf 'do_make_append() {\n\techo more\n}\nWORD_remove = "x"\n' >layer/recipes/a_1.0.bb
	build a; same "$code" 2 || return 1
	holds "$err" "a_1.0.bb:1: found do_make_append, expected :append" && holds "$err" "found WORD_remove, expected :remove"
}

t_env_says_under_which_override()
{
	maker a
	printf 'OVERRIDES = "foo"\nWORD:foo = "other"\n' >>layer/recipes/a_1.0.bb
	holds "$("$pawl" env a WORD)" ' :foo = "other"'
}

t_what_failed_is_said_again_at_the_end()
{
	recipe bad <<-'END'
		addtask make before do_build
		do_make() { echo oh no; exit 3; }
	END
	maker top bad
	build top; same "$code" 1 && holds "$err" "bad:do_make failed: exit code 3" && holds "$err" "  | oh no" || return 1
	same "$(printf '%s\n' "$out" | tail -n 2 | head -n 1)" "pawl: failed: bad:do_make"
}

run_tests "$@"
