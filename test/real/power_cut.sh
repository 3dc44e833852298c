# SPDX-License-Identifier: MIT
# Real power cuts: ext4 on a loop device loses all that was not synced, and the next build is right all the same.
. "$(dirname "$0")/lib.sh"

# ---- the disk ----

# Mounts are made in a mount namespace of our own: however this test ends, they end with it.
own_mounts()
{
	[ "$(id -u)" = 0 ] || skip "mounting a disk needs root"
	for tool in unshare mkfs.ext4 fsck.ext4 losetup; do
		command -v "$tool" >/dev/null || skip "there is no $tool"
	done
	[ -z "${PAWL_OWN_MOUNTS:-}" ] || return 0
	unshare -m --propagation private true 2>/dev/null || skip "no mount namespace can be made here"
	rm -rf "$work"
	PAWL_SEED=$seed PAWL_OWN_MOUNTS=1 exec unshare -m --propagation private bash "$0" "$@"
}

unmount_all()
{
	for disk in "$work"/*/disk "$work/disk"; do
		mountpoint -q "$disk" && umount -l "$disk"
	done
	unlock_and_remove "$work"
}

make_disk()
{
	mkdir -p disk
	truncate -s 256M disk.img
	mkfs.ext4 -q -F disk.img 2>&1
}

mount_disk()
{
	mount -o "loop,noatime${1:+,$1}" disk.img disk 2>&1
}

# Also waits until nobody else has it mounted: what sandboxes still hold is the same file system.
unmount_disk()
{
	for _ in $(seq 400); do
		umount disk 2>/dev/null
		mountpoint -q disk || [ -n "$(losetup -j disk.img)" ] || return 0
		pause 50
	done
	echo "the disk stays in use: $(losetup -j disk.img)"
	return 1
}

can_cut()
{
	cd "$work" && mkfifo never && never=$work/never
	made=$(make_disk) || skip "no ext4 can be made: $made"
	mounted=$(mount_disk) || skip "no loop mount is possible here: $mounted"
	said=$("$tools/power_off" disk 2 2>&1) || refused=$?
	unmount_disk && rm -rf disk.img disk never
	[ "${refused:=0}" != 3 ] || skip "this ext4 cannot be shut down: $said"
	[ "$refused" = 0 ] || { echo "$said"; echo "0 passed, 1 failed"; exit 1; }
	cd "$here" || exit 1
}

# ---- a round ----

# How the file system is mounted makes a difference for what a cut takes.
manners=("" noauto_da_alloc "noauto_da_alloc,data=writeback" "commit=1")

# Replays the journal, and looks for damage.
repair()
{
	mount_disk "$1" && unmount_disk || return 1
	fsck.ext4 -fn disk.img >fsck.txt 2>&1 || { echo "fsck: $(tr '\n' ' ' <fsck.txt)"; return 1; }
	mount_disk "$1"
}

# Starts a build, cuts the power, and comes back with the disk mounted as it was found. `finished`: the build was faster.
build_and_cut()
{
	pick "${#manners[@]}"; manner=${manners[picked]}
	"$pawl" build -C disk/b -j 3 $targets >out.txt 2>err.txt &
	pid=$!
	pick "$span"; instant=$picked
	pause "$instant"
	"$tools/power_off" disk "$1" || return 1
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null && finished=yes || finished=
	nothing_runs "$PWD/disk/b" && unmount_disk && repair "$manner"
}

# After the cut: the store is whole, the same build ends, runs nothing that was durable, and is right.
recover()
{
	[ -d store ] && { whole_store || return 1; }
	lasting=$(durable "$since")
	counted=$((counted + $(echo $lasting | wc -w)))
	set_generation "$generation"
	build $targets
	same "$code" 0 "the build after it" && not_again $always $lasting && right "$work/expected.$generation" || return 1
	[ -z "$finished" ] || same "$(ran)" "" "the build had finished"
}

# The generation before was built to its end: all of it comes out of the store.
go_back()
{
	set_generation $((generation - 1))
	build $targets
	same "$code" 0 "one generation back" && same "$(ran)" "" "one generation back" &&
		right "$work/expected.$((generation - 1))" && whole_store
}

cut_round()
{
	generation=$((generation + 1))
	(cd disk/b && set_generation "$generation" && reference "$work/expected.$generation" $targets) || return 1
	since=$(now_ns)
	build_and_cut "$1" || return 1
	(cd disk/b && recover && go_back && echo "$counted" >"$work/counted")
}

# The first build is finished, and so long builds take; the recipes are on the disk, whatever comes.
start()
{
	make_disk && mount_disk && mkdir disk/b && cd disk/b && new_build && many_recipes 16 || return 1
	set_generation 10
	reference "$work/expected.10" $targets && sync -f . || return 1
	began=$(now_ns)
	build $targets
	span=$((($(now_ns) - began) / 1000000 + 20))
	same "$code" 0 first && right "$work/expected.10" || return 1
	always=$(ran | tr ' ' '\n' | grep -E '^r[0-9]*[02468]:do_(one|pub)$' | tr '\n' ' ')
	cd ../..
}

# cuts HOW ROUNDS: that many power cuts of one kind.
cuts()
{
	seed_test
	generation=10 counted=0 finished=
	start || return 1
	for round in $(seq "$2"); do
		cut_round "$1" || { echo "(round $round, at $instant of $span ms, mounted with '$manner')"; return 1; }
		counted=$(cat "$work/counted")
	done
	echo "$2 power cuts of kind $1 within $span ms: $counted tasks were durable at the cut, and none ran again" >&3
	unmount_disk && rm disk.img
}

t_nothing_more_reaches_the_disk()
{
	cuts 2 "$(rounds 7 80)"
}

t_only_the_journal_does()
{
	cuts 1 "$(rounds 2 10)"
}

t_all_that_is_in_memory_does()
{
	cuts 0 "$(rounds 2 10)"
}

own_mounts "$@"
trap unmount_all EXIT
can_cut
run_tests "$@"
