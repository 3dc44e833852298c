# SPDX-License-Identifier: MIT
# Sources: fetched over http from a server on a loopback port, checked, taken from mirrors; unpacked and patched.
. "$(dirname "$0")/lib.sh"
serve=$PAWL_BUILD/test/e2e/serve
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

# site: a folder with an archive and a server for it; $url is where it is, site.log what it was asked for.
site()
{
	rm layer/classes/base.bbclass # pawl's own takes its place
	mkdir -p site layer/recipes/files
	pack hello
	mkfifo port
	"$serve" site site.log >port &
	trap "kill $!" EXIT
	read -r number <port
	url=http://127.0.0.1:$number
}

# pack NAME [tar's options]: site/NAME-1.0.tar.gz with two files
pack()
{
	mkdir -p "src/$1-1.0/sub"
	echo "this is $1" >"src/$1-1.0/text"
	echo "deeper" >"src/$1-1.0/sub/text"
	tar -C src -czf "site/$1-1.0.tar.gz" "$1-1.0"
}

sum()
{
	sha256sum <"$1" | cut -c -64
}

# fetched NAME [URL] [SUM]: a recipe with one archive and, from standard input, more lines
fetched()
{
	{
		echo "SRC_URI = \"${2:-$url/hello-1.0.tar.gz}\""
		echo "SRC_URI[sha256sum] = \"${3:-$(sum site/hello-1.0.tar.gz)}\""
		echo 'S = "${WORKDIR}/hello-1.0"'
		cat
	} >"layer/recipes/${1}_1.0.bb"
}

# How often the server was asked for something.
asked()
{
	grep -c . site.log
}

t_right_sum()
{
	site
	fetched a </dev/null
	build a && same "$code" 0 && same "$(cat tmp/work/a-1.0-r0/hello-1.0/text)" "this is hello" || return 1
	same "$(sum downloads/hello-1.0.tar.gz)" "$(sum site/hello-1.0.tar.gz)" && same "$(ls downloads)" hello-1.0.tar.gz || return 1
	build a && same "$(counts)" "8 0 0 8 0 0" && same "$(asked)" 1
}

t_wrong_sum()
{
	site
	wrong=$(printf 'x' | sha256sum | cut -c -64)
	fetched a "$url/hello-1.0.tar.gz" "$wrong" </dev/null
	build a; same "$code" 1 && same "$(counts)" "8 0 0 0 1 7" && same "$(ls downloads)" "" || return 1
	holds "$err" "a:do_fetch failed" && holds "$err" "$url/hello-1.0.tar.gz: checksum mismatch: expected $wrong, found $(sum site/hello-1.0.tar.gz)"
}

t_no_sum()
{
	site
	printf '# a comment\nSRC_URI = "%s/hello-1.0.tar.gz"\n' "$url" >layer/recipes/a_1.0.bb
	build a; same "$code" 2 && same "$out" "" || return 1
	holds "$err" "recipes/a_1.0.bb:2: a: SRC_URI entry $url/hello-1.0.tar.gz has no checksum, expected SRC_URI[sha256sum]" || return 1
	printf 'SRC_URI = "\\\n  %s/hello-1.0.tar.gz;name=one"\nSRC_URI[one.sha256sum] = "beef"\n' "$url" >layer/recipes/a_1.0.bb
	build a; same "$code" 2 && holds "$err" "has a checksum that is no SHA-256: beef"
}

t_a_mirror_when_the_first_fails()
{
	site
	mkdir site/mirror && mv site/hello-1.0.tar.gz site/mirror
	fetched a "$url/gone/hello-1.0.tar.gz" "$(sum site/mirror/hello-1.0.tar.gz)" </dev/null
	build a; same "$code" 1 && holds "$err" "$url/gone/hello-1.0.tar.gz: " && holds "$err" 404 || return 1
	echo "MIRRORS = \"http://.*/.* $url/mirror/\"" >conf/local.conf
	: >site.log
	build a; same "$code" 0 && same "$(tr '\n' ' ' <site.log)" "gone/hello-1.0.tar.gz mirror/hello-1.0.tar.gz "
}

t_a_mirror_when_the_first_lies()
{
	site
	mkdir site/mirror && mv site/hello-1.0.tar.gz site/mirror && echo other >site/hello-1.0.tar.gz
	fetched a "$url/hello-1.0.tar.gz" "$(sum site/mirror/hello-1.0.tar.gz)" </dev/null
	echo "MIRRORS = \"http://.*/.* $url/mirror/\"" >conf/local.conf
	build a; same "$code" 0 && same "$(asked)" 2
}

t_premirrors_come_first()
{
	site
	mkdir site/pre && cp site/hello-1.0.tar.gz site/pre
	fetched a </dev/null
	echo "PREMIRRORS = \"http://127.0.0.1.*/.* $url/pre/\"" >conf/local.conf
	build a; same "$code" 0 && same "$(cat site.log)" pre/hello-1.0.tar.gz || return 1
	rm -r downloads tmp store cache site/pre; : >site.log
	build a; same "$code" 0 && same "$(tr '\n' ' ' <site.log)" "pre/hello-1.0.tar.gz hello-1.0.tar.gz "
}

t_what_is_in_the_folder_needs_no_network()
{
	site
	mkdir mine && mv site/hello-1.0.tar.gz mine
	fetched a http://127.0.0.1:1/hello-1.0.tar.gz "$(sum mine/hello-1.0.tar.gz)" </dev/null
	echo 'DL_DIR = "${TOPDIR}/mine"' >conf/local.conf
	build a; same "$code" 0 && same "$(asked)" 0 && test ! -e downloads
}

t_a_damaged_file_is_fetched_again()
{
	site
	fetched a </dev/null
	mkdir downloads && echo damage >downloads/hello-1.0.tar.gz
	build a; same "$code" 0 && same "$(asked)" 1 && same "$(sum downloads/hello-1.0.tar.gz)" "$(sum site/hello-1.0.tar.gz)" || return 1
	echo damage >downloads/hello-1.0.tar.gz
	echo 'do_unpack:append() { :; }' | sed 's/{ :; }/{\n\techo more\n}/' >>layer/recipes/a_1.0.bb
	build a; same "$code" 0 && same "$(asked)" 2 && same "$(cat tmp/work/a-1.0-r0/hello-1.0/text)" "this is hello"
}

# Both wait for the same file, which the server holds back until both have started.
t_two_recipes_with_one_archive()
{
	site
	fetched a </dev/null; fetched b </dev/null
	echo 'DEPENDS = "a b"' >layer/recipes/both_1.0.bb
	mkfifo events site/hello-1.0.tar.gz.hold
	"$pawl" build -j 2 --events events both >out.txt 2>err.txt &
	child=$!
	begun=0
	while read -r line; do
		case $line in *'"task_started"'*'"task":"'[ab]:do_fetch\"*)
			begun=$((begun + 1))
			[ "$begun" != 2 ] || echo go >site/hello-1.0.tar.gz.hold
			;;
		esac
	done <events
	wait "$child" && code=0 || code=$?
	same "$code" 0 && same "$begun" 2 && same "$(asked)" 1 && same "$(ls downloads)" hello-1.0.tar.gz
}

t_an_interrupted_download_goes_on()
{
	site
	head -c 300000 /dev/urandom >site/big.bin
	fetched a "$url/big.bin" "$(sum site/big.bin)" </dev/null
	: >site/big.bin.cut
	build a; same "$code" 1 && holds "$err" "a:do_fetch failed" && same "$(ls downloads)" big.bin.part || return 1
	half=$(stat -c %s downloads/big.bin.part)
	test "$half" -gt 0 && test "$half" -lt 300000 || { echo "the part has $half bytes"; return 1; }
	build a; same "$code" 0 && same "$(ls downloads)" big.bin && same "$(tail -n 1 site.log)" "big.bin $half" || return 1
	same "$(sum tmp/work/a-1.0-r0/big.bin)" "$(sum site/big.bin)"
}

# begin_download: pawl builds a, and the server holds its archive back. $child is pawl, $fetcher its pawl-fetch.
begin_download()
{
	fetched a </dev/null
	mkfifo site/hello-1.0.tar.gz.hold
	"$pawl" build a >out.txt 2>err.txt &
	child=$!
	exec 9>site/hello-1.0.tar.gz.hold # opens when the server has been asked
	fetcher=$(pgrep -f -- "--output $PWD/downloads/")
	rm site/hello-1.0.tar.gz.hold
}

is_gone()
{
	timeout 100 tail --pid="$1" -f /dev/null || { echo "process $1 is still there"; return 1; }
}

t_killed_while_it_fetches()
{
	site
	begin_download
	kill -KILL "$child"
	wait "$child" 2>/dev/null
	is_gone "$fetcher" || return 1
	build a; same "$code" 0 && same "$(ls downloads)" hello-1.0.tar.gz
}

t_interrupted_while_it_fetches()
{
	site
	begin_download
	kill -INT "$child"
	kill -TERM "$child" # counts as the second Ctrl-C; the same signal twice could become one
	wait "$child" && code=0 || code=$?
	same "$code" 130 && is_gone "$fetcher" || return 1
	build a; same "$code" 0 && same "$(ls downloads)" hello-1.0.tar.gz
}

t_a_part_of_something_else_is_begun_again()
{
	site
	mkdir downloads && echo nonsense >downloads/hello-1.0.tar.gz.part
	fetched a </dev/null
	build a; same "$code" 0 && same "$(ls downloads)" hello-1.0.tar.gz
}

t_an_unreachable_host()
{
	site
	fetched a http://127.0.0.1:1/hello-1.0.tar.gz </dev/null
	build a; same "$code" 1 && holds "$err" "pawl-fetch: http://127.0.0.1:1/hello-1.0.tar.gz: " && holds "$err" "connect"
}

t_proxies_of_the_environment_are_used()
{
	site
	sum=$(sum site/hello-1.0.tar.gz)
	mkdir -p site/http:/far.invalid && mv site/hello-1.0.tar.gz site/http:/far.invalid
	fetched a http://far.invalid/hello-1.0.tar.gz "$sum" </dev/null
	http_proxy=$url build a; same "$code" 0 && same "$(asked)" 1
}

t_only_the_fetch()
{
	site
	fetched a </dev/null
	build -c fetch a; same "$(ran)" "a:do_fetch" && same "$(ls downloads)" hello-1.0.tar.gz || return 1
	build -c fetch a; same "$(counts)" "1 0 0 1 0 0" || return 1
	rm -r downloads
	build -c fetch a; same "$code" 0 && same "$(ls downloads)" hello-1.0.tar.gz && same "$(asked)" 2
}

t_where_it_comes_from_does_not_count()
{
	site
	fetched a </dev/null
	build a; same "$code" 0 || return 1
	mkdir site/new && mv site/hello-1.0.tar.gz site/new
	fetched a "$url/new/hello-1.0.tar.gz" "$(sum site/new/hello-1.0.tar.gz)" </dev/null
	build -n a; same "$code" 0 && lacks "$out" "do_compile"
}

t_local_files()
{
	site
	mkdir -p layer/recipes/a/deep layer/recipes/files/folder
	echo one >layer/recipes/a/one.conf; echo two >layer/recipes/files/two.conf
	echo shadowed >layer/recipes/files/one.conf
	echo three >layer/recipes/a/deep/three.conf; echo four >layer/recipes/files/folder/four
	echo 'SRC_URI = "file://one.conf file://two.conf file://deep/three.conf file://folder"' >layer/recipes/a_1.0.bb
	build a; same "$code" 0 || return 1
	same "$(cd tmp/work/a-1.0-r0 && cat one.conf two.conf deep/three.conf folder/four | tr '\n' ' ')" "one two three four " || return 1
	echo five >layer/recipes/files/folder/five
	build a; same "$(ran | cut -d ' ' -f 1-2)" "a:do_compile a:do_configure" && test -e tmp/work/a-1.0-r0/folder/five
}

# An append's folder comes first; in each folder, the one of the strongest override.
t_an_append_brings_its_own()
{
	site
	echo 'BBFILES += "${LAYERDIR}/recipes/*.bbappend"' >>layer/conf/layer.conf
	mkdir -p layer/recipes/files/host layer/recipes/more/pn-a
	echo theirs >layer/recipes/files/one; echo theirs >layer/recipes/files/two; echo theirs >layer/recipes/files/three
	echo override >layer/recipes/files/host/two; echo override >layer/recipes/more/pn-a/three
	echo mine >layer/recipes/more/one
	echo 'SRC_URI = "file://one file://two file://three"' >layer/recipes/a_1.0.bb
	build a; same "$code" 0 && same "$(cd tmp/work/a-1.0-r0 && cat one two three | tr '\n' ' ')" "theirs override theirs " || return 1
	echo 'FILESEXTRAPATHS:prepend := "${THISDIR}/more:"' >layer/recipes/a_%.bbappend
	build a; same "$code" 0 && same "$(cd tmp/work/a-1.0-r0 && cat one two three | tr '\n' ' ')" "mine override override "
}

t_a_missing_local_file()
{
	site
	printf 'SRC_URI = "file://one.conf \\\n  file://nowhere.conf"\n' >layer/recipes/a_1.0.bb
	echo one >layer/recipes/files/one.conf
	build a; same "$code" 2 && holds "$err" "recipes/a_1.0.bb:1: a: SRC_URI entry file://nowhere.conf is in no folder of FILESPATH: $PWD/layer/recipes/a-1.0:" || return 1
	same "$(printf '%s\n' "$err" | grep -c .)" 1 # said once, though three tasks need it
}

# a patch from PLACE with the line OLD becoming "patched"
patch_of()
{
	printf -- '--- a/text\n+++ b/text\n@@ -1 +1 @@\n-%s\n+patched\n' "$1"
}

t_a_patch_that_applies()
{
	site
	patch_of "this is hello" >layer/recipes/files/right.patch
	echo 'SRC_URI += "file://right.patch"' | fetched a
	build a; same "$code" 0 && same "$(cat tmp/work/a-1.0-r0/hello-1.0/text)" patched || return 1
	patch_of "deeper" >layer/recipes/files/right.patch
	echo 'SRC_URI += "file://right.patch;patchdir=sub"' | fetched a
	build a; same "$code" 0 && same "$(cd tmp/work/a-1.0-r0/hello-1.0 && cat text sub/text | tr '\n' ' ')" "this is hello patched " || return 1
	sed -i 's@ [ab]/@ text/text/@' layer/recipes/files/right.patch
	echo 'SRC_URI += "file://right.patch;patchdir=sub;striplevel=2"' | fetched a
	build a; same "$code" 0 && same "$(cat tmp/work/a-1.0-r0/hello-1.0/sub/text)" patched || return 1
	echo 'SRC_URI += "file://right.patch;apply=no"' | fetched a
	build a; same "$code" 0 && same "$(cat tmp/work/a-1.0-r0/hello-1.0/sub/text)" deeper
}

t_a_patch_that_does_not()
{
	site
	patch_of "something else" >layer/recipes/files/wrong.patch
	echo 'SRC_URI += "file://wrong.patch"' | fetched a
	build a; same "$code" 1 && holds "$err" "a:do_patch failed" || return 1
	holds "$err" "pawl: the patch wrong.patch does not apply in $PWD/tmp/work/a-1.0-r0/hello-1.0" || return 1
	patch_of "this is hello" >layer/recipes/files/wrong.patch
	build a; same "$code" 0 && same "$(cat tmp/work/a-1.0-r0/hello-1.0/text)" patched
}

t_a_patch_where_the_sources_are_not()
{
	site
	patch_of "this is hello" >layer/recipes/files/right.patch
	{ echo 'SRC_URI += "file://right.patch"'; echo 'S = "${WORKDIR}/elsewhere"'; } | fetched a
	build a; same "$code" 1 && holds "$err" "pawl: $PWD/tmp/work/a-1.0-r0/elsewhere is no folder: S is to name the one with the unpacked sources"
}

t_archives_of_all_kinds()
{
	site
	cd site
	for kind in z:gz J:xz j:bz2; do
		tar -C ../src -c"${kind%:*}"f "of-${kind#*:}.tar.${kind#*:}" --transform "s/^hello/of-${kind#*:}/" hello-1.0
	done
	tar -C ../src -cf plain.tar --transform s/^hello/plain/ hello-1.0
	echo just text >just.text
	echo alone | gzip >alone.gz
	# a zip with the one file zipped/text, which says "zip"
	base64 -d >of.zip <<-'END'
		UEsDBAoAAAAAAAAAISij/yqtBAAAAAQAAAALAAAAemlwcGVkL3RleHR6aXAKUEsBAh4DCgAAAAAAAAAhKKP/Kq0EAAAABAAAAAsA
		AAAAAAAAAAAAAKSBAAAAAHppcHBlZC90ZXh0UEsFBgAAAAABAAEAOQAAAC0AAAAAAA==
	END
	cd ..
	{
		for name in of-gz.tar.gz of-xz.tar.xz of-bz2.tar.bz2 plain.tar just.text alone.gz of.zip; do
			echo "SRC_URI += \"$url/$name;sha256sum=$(sum "site/$name")\""
		done
	} >layer/recipes/a_1.0.bb
	build a; same "$code" 0 || return 1
	cd tmp/work/a-1.0-r0
	same "$(cat of-gz-1.0/sub/text of-xz-1.0/text of-bz2-1.0/text plain-1.0/text just.text alone zipped/text | tr '\n' ' ')" \
		"deeper this is hello this is hello this is hello just text alone zip "
}

t_where_archives_go()
{
	site
	digest=$(sum site/hello-1.0.tar.gz)
	cp site/hello-1.0.tar.gz site/other.tar.gz
	cp site/hello-1.0.tar.gz site/whole.tar.gz
	cp site/hello-1.0.tar.gz site/flat.tar.gz
	cat >layer/recipes/a_1.0.bb <<-END
		SRC_URI = "$url/hello-1.0.tar.gz;sha256sum=$digest;subdir=in/side \\
		    $url/other.tar.gz;sha256sum=$digest;subdir=in;destsuffix=more \\
		    $url/flat.tar.gz;sha256sum=$digest;subdir=flat;striplevel=1 \\
		    $url/whole.tar.gz;sha256sum=$digest;unpack=0 \\
		    $url/whole.tar.gz;sha256sum=$digest;unpack=0;downloadfilename=named.tgz"
	END
	build a; same "$code" 0 || return 1
	cd tmp/work/a-1.0-r0
	same "$(cat in/side/hello-1.0/text in/more/hello-1.0/text flat/sub/text | tr '\n' ' ')" "this is hello this is hello deeper " || return 1
	same "$(sum whole.tar.gz)" "$digest" && same "$(sum named.tgz)" "$digest" && test ! -e hello-1.0
}

t_an_archive_that_is_none()
{
	site
	echo nonsense >site/hello-1.0.tar.gz
	fetched a </dev/null
	build a; same "$code" 1 && holds "$err" "a:do_unpack failed" && holds "$err" "pawl: cannot unpack hello-1.0.tar.gz"
}

t_a_type_that_is_not_supported()
{
	site
	echo 'SRC_URI = "git://example.org/x.git"' >layer/recipes/a_1.0.bb
	build a; same "$code" 2 && holds "$err" "recipes/a_1.0.bb:1: a: SRC_URI entry git://example.org/x.git has a type that is not supported, expected file, http or https, found git"
}

run_tests "$@"
