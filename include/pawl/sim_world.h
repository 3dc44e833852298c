/* SPDX-License-Identifier: MIT */
/* The simulated machine: programs that can be killed, a disk that can lose power, processes. */
#ifndef PAWL_SIM_WORLD_H
#define PAWL_SIM_WORLD_H

#include <pawl/co.h>
#include <pawl/sim.h>
#include <pawl/world.h>

/*
 * Each simulator has one machine: a disk, a clock that is the simulator's, and programs. A *node*
 * is a program that runs on it: an executor and a world of its own, on the schedule that all share.
 * What is written with those in place of the real ones runs as it is, several times beside each
 * other if a test wants, and any of it may be killed, or the machine lose its power, at any call of
 * the world.
 *
 * The disk is a file system as the worst of those that keep their word: what was synced stays, and
 * of the rest a power cut keeps what the seed says. A file's content is synced by `sync` of the
 * file, what a folder has in it by `sync` of the folder, everything by `sync_all`. A rename is
 * there as a whole or not at all. Of a file that was written and not synced each block of 4 KB may
 * be old or new, or zero where nothing of it was on the disk, and its length old or new. A sync
 * that failed is not made up for by a later one: what was written before it may be missing for
 * good.
 *
 * Blocking work of a node that has asked for its world runs on a stack of its own; another one, or
 * a task, or another program, may run at each of its calls of the world. At a task's own calls all
 * may run but other tasks of its program.
 */
typedef struct pawl_sim_node pawl_sim_node;

/*
 * How the machine misbehaves, for calls of any node; all zero: it does not. `..._in` is once in so
 * many of the calls concerned, on average; 0 is never.
 */
typedef struct pawl_sim_faults {
	uint32_t short_read_in;   /* a read gives less than was asked for and is there */
	uint32_t read_fails_in;   /* PAWL_EIO */
	uint32_t write_fails_in;  /* PAWL_EIO, after a part of it */
	uint32_t sync_fails_in;   /* PAWL_EIO; what was to be synced may or may not be */
	uint32_t open_fails_in;   /* PAWL_EMFILE */
	uint32_t change_fails_in; /* of the names: rename, link, mkdir, unlink, ...: PAWL_EIO */
	uint32_t start_fails_in;  /* PAWL_EAGAIN: no process can be started */
	uint32_t delay_in;        /* a call takes up to delay_max */
	pawl_time delay_max;
	uint32_t kill_in;      /* the node that calls is killed, as by kill -9 */
	uint32_t power_cut_in; /* the machine loses its power */
} pawl_sim_faults;

/* How the machine is made; all zero is a good default. */
typedef struct pawl_sim_machine {
	uint64_t disk_bytes; /* writing more: PAWL_ENOSPC; 0: no limit */
	uint32_t files_max;  /* that a node may have open; 0: no limit */
	unsigned cpus;       /* what worlds answer; 0: 2 */
	int64_t wall;        /* ns since 1970 at its beginning; 0: 2026-01-01 */
	bool is_journaled;   /* names are kept in the order in which they changed; else in any */
} pawl_sim_machine;

PAWL_BEGIN_C

/*
 * Says how the simulator's machine is made. Before its first node or world.
 *
 *	sim	the simulator
 *	m	how
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread
 * cost:    O(1), no allocation
 */
void pawl_sim_set_machine(pawl_sim *sim, const pawl_sim_machine *m);

/*
 * Says how the machine misbehaves from now on.
 *
 *	sim	the simulator
 *	f	how; NULL: not at all
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread, task
 * cost:    O(1), no allocation
 */
void pawl_sim_set_faults(pawl_sim *sim, const pawl_sim_faults *f);

/*
 * Starts a program: an executor and a world of its own.
 *
 *	sim	the simulator
 *	name	what it is called in traces and reports; kept, not copied
 *	ret	the node
 *
 * result:  0, PAWL_ENOMEM
 * owns:    the simulator
 * from:    thread, task
 * cost:    allocates
 */
PAWL_MUST_USE int pawl_sim_node_new(pawl_sim *sim, const char *name, pawl_sim_node **ret);

/*
 * The simulator's own first node: the one whose executor is pawl_sim_exec.
 *
 *	sim	the simulator
 *
 * result:  the node
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_sim_node *pawl_sim_first_node(pawl_sim *sim);

/*
 * A node's executor.
 *
 *	n	the node
 *
 * result:  the handle
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_exec *pawl_sim_node_exec(pawl_sim_node *n);

/*
 * A node's world: the machine as that program sees it, with its own open files.
 *
 *	n	the node
 *
 * result:  the world
 * owns:    nothing
 * from:    any
 * cost:    O(1), or the machine is made
 */
pawl_world *pawl_sim_node_world(pawl_sim_node *n);

/*
 * Kills a program as kill -9 does: none of its tasks is polled again and none of its work goes on,
 * nothing is cancelled or dropped, its files are closed, its processes killed as the real machine
 * does that. The disk keeps what was written. Out of the killed program itself this does not
 * return.
 *
 *	n	the node
 *
 * result:  nothing
 * owns:    what the program had allocated is lost
 * from:    thread, task
 * cost:    O(tasks)
 */
void pawl_sim_node_kill(pawl_sim_node *n);

/*
 * Tells whether a program was killed, or went down with the machine.
 *
 *	n	the node
 *
 * result:  whether it is dead
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_sim_node_is_dead(const pawl_sim_node *n);

/*
 * Cuts the power: all programs are dead, and of what was not synced the disk keeps what the seed
 * says. Nodes that are made after that find the machine as after its next start.
 *
 *	sim	the simulator
 *
 * result:  nothing; does not return out of a task
 * owns:    nothing
 * from:    thread, task
 * cost:    O(files)
 */
void pawl_sim_power_cut(pawl_sim *sim);

/*
 * The same at a certain call of the world, counted over all nodes since the simulator was made: so
 * a test can try each of them.
 *
 *	sim	the simulator
 *	call	which; 0: none
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread, task
 * cost:    O(1), no allocation
 */
void pawl_sim_power_cut_at(pawl_sim *sim, uint64_t call);

/*
 * Kills the program that makes a certain call of the world, counted as for pawl_sim_power_cut_at.
 * Calls of processes, which are counted, too, kill nobody.
 *
 *	sim	the simulator
 *	call	which; 0: none
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread, task
 * cost:    O(1), no allocation
 */
void pawl_sim_kill_at(pawl_sim *sim, uint64_t call);

/*
 * How many calls of the world there were.
 *
 *	sim	the simulator
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
uint64_t pawl_sim_world_calls(const pawl_sim *sim);

/*
 * Puts a file on the disk, durably and at once, with the folders above it that are missing; what
 * else changed in those folders is durable then, too. A file that is there is written over.
 *
 *	sim	the simulator
 *	path	where: absolute
 *	bytes	its content
 *	size	how much of it
 *	mode	its permissions, exactly
 *
 * result:  0, PAWL_ENOTDIR, PAWL_EISDIR, PAWL_ELOOP, PAWL_ENAMETOOLONG, PAWL_ENOSPC, PAWL_ENOMEM
 * owns:    nothing
 * from:    thread, task
 * cost:    allocates; no call of the world
 */
PAWL_MUST_USE int pawl_sim_put_file(pawl_sim *sim, const char *path, const void *bytes, size_t size,
				    unsigned mode);

/*
 * Makes a folder a file system of its own, as one is that is mounted there, durably and at once,
 * with the folders above it that are missing: between it and the rest nothing is renamed or linked
 * (PAWL_EXDEV), `sync_all` of one leaves the other as it is, and a power cut takes from each what
 * it likes. All share the machine's `disk_bytes`.
 *
 *	sim	the simulator
 *	path	which: absolute; there is nothing in it
 *
 * result:  0, PAWL_EBUSY when it is one already, PAWL_ENOTEMPTY, PAWL_ENOTDIR, PAWL_ELOOP,
 *          PAWL_ENAMETOOLONG, PAWL_ENOMEM
 * owns:    nothing
 * from:    thread, task
 * cost:    allocates; no call of the world
 */
PAWL_MUST_USE int pawl_sim_mount(pawl_sim *sim, const char *path);

/*
 * Reads a file of the disk, as programs see it.
 *
 *	sim		the simulator
 *	path		where: absolute; links are followed
 *	buf		gets its content, or as much of it as fits
 *	size		of buf
 *	ret_size	how much the file has, which may be more
 *
 * result:  0, PAWL_ENOENT, PAWL_ENOTDIR, PAWL_EISDIR, PAWL_ELOOP, PAWL_ENAMETOOLONG, PAWL_ENOMEM
 * owns:    nothing
 * from:    thread, task
 * cost:    O(size); no call of the world
 */
PAWL_MUST_USE int pawl_sim_get_file(pawl_sim *sim, const char *path, void *buf, size_t size,
				    size_t *ret_size);

/*
 * All names of the disk, as programs see them, in the order of their bytes, a folder before what is
 * in it: a line for each, with its kind and mode as `ls` writes them, its hard links, and what is
 * in it: `/a/f -0644 1 "text"`, `/a/l l0777 1 -> f`, `/a d0755 2`. Two disks that give the same
 * text have the same in them.
 *
 *	sim	the simulator
 *
 * result:  the text; NULL when memory is out
 * owns:    the caller, until free
 * from:    thread, task
 * cost:    O(bytes on the disk), allocates; no call of the world
 */
char *pawl_sim_list(pawl_sim *sim);

/*
 * A program that nodes can start as a process; it runs on a stack of its own.
 *
 * It reaches the machine by its world, which shows it what its sandbox shows and has its own open
 * files; `co` is for sleeping. What it writes to `out` is its log. It ends when `fn` returns, with
 * that exit code, by pawl_sim_process_exit, or by a signal; a panic is SIGABRT. What it allocated
 * is lost when it is killed: its stack is left as it is.
 *
 * A sandbox shows it the binds, an own /tmp and an own /dev/shm; there are no devices, no /proc and
 * no /etc but what a bind brings. It dies with its first process and with the program that started
 * it. A group without one goes on until that program has waited for its first process, and when the
 * program dies, until the guard gets to run.
 */
typedef struct pawl_sim_process pawl_sim_process;
typedef int pawl_sim_program_fn(pawl_sim_process *p);

struct pawl_sim_process {
	pawl_co *co;
	pawl_world *world;
	const char *const *argv;
	const char *const *env;
	const char *cwd;
	int out; /* an open file of its world; -1: thrown away */
	pawl_sim *sim;
	void *inside_;
};

/*
 * Lets processes whose argv[0] is `path` run `fn`, in place of what was there before. A process
 * whose program was not installed cannot be started: PAWL_ENOENT.
 *
 *	sim	the simulator
 *	path	absolute; kept, not copied
 *	fn	what it does
 *
 * result:  0, PAWL_ENOMEM
 * owns:    nothing
 * from:    thread, task
 * cost:    allocates
 */
PAWL_MUST_USE int pawl_sim_install(pawl_sim *sim, const char *path, pawl_sim_program_fn *fn);

/*
 * Ends the calling process.
 *
 *	p		the process
 *	exit_code	0 to 255
 *
 * result:  does not return
 * owns:    nothing
 * from:    the process
 * cost:    O(1)
 */
PAWL_NORETURN void pawl_sim_process_exit(pawl_sim_process *p, int exit_code);

/*
 * Ends the calling process by a signal, as a crash does.
 *
 *	p	the process
 *	signal	its number
 *
 * result:  does not return
 * owns:    nothing
 * from:    the process
 * cost:    O(1)
 */
PAWL_NORETURN void pawl_sim_process_die(pawl_sim_process *p, int signal);

/*
 * From now on PAWL_KILL_ASK (SIGTERM) does not end the calling process. PAWL_KILL_NOW always does.
 *
 *	p	the process
 *
 * result:  nothing
 * owns:    nothing
 * from:    the process
 * cost:    O(1)
 */
void pawl_sim_process_ignore_term(pawl_sim_process *p);

/*
 * Starts a child of the calling process that runs `fn` with the same view of the machine, and goes
 * on when its parent has ended, unless the sandbox or the process group takes it along: as a
 * daemon that was forked.
 *
 *	p	the parent
 *	fn	what the child does
 *
 * result:  0, PAWL_ENOMEM, PAWL_EAGAIN
 * owns:    nothing
 * from:    the process
 * cost:    allocates
 */
PAWL_MUST_USE int pawl_sim_process_fork(pawl_sim_process *p, pawl_sim_program_fn *fn);

/*
 * Takes one of the job slots that the calling process was started with, as make does; waits until
 * there is one. When the process is killed, its slots go with it.
 *
 *	p	the process
 *
 * result:  0, PAWL_ENOTSUP when it has inherited none, PAWL_ENOMEM
 * owns:    the process has one slot more, until pawl_sim_process_slot_give
 * from:    the process
 * cost:    O(who waits)
 */
PAWL_MUST_USE int pawl_sim_process_slot_take(pawl_sim_process *p);

/*
 * Gives one of them back.
 *
 *	p	the process, which has taken one
 *
 * result:  nothing
 * owns:    the process has one slot less
 * from:    the process
 * cost:    O(who waits)
 */
void pawl_sim_process_slot_give(pawl_sim_process *p);

/*
 * A program that stands for the shell in tests of builds: `sh FILE` runs FILE, and understands of
 * it what the build tool writes around a task, and the commands below; see pawl_sim_install.
 *
 *	: or true, set -e, umask N, [export] NAME="VALUE", mkdir -p DIR, rm -rf PATH, cd DIR,
 *	NAME() { ... }, NAME
 *	sim-write FILE TEXT...		writes the words, one blank between two, and an end of line
 *	sim-append FROM... TO		writes the content of files to the end of another
 *	sim-copy FROM TO
 *	sim-rm PATH			a file, a link or a folder with what is in it
 *	sim-mkdir DIR			with those above it
 *	sim-link TARGET PATH		a symbolic link
 *	sim-half FILE TEXT...		writes half of what sim-write does, and fails
 *	sim-need FILE			fails unless it is there
 *	sim-stamp FILE			writes how often this node has run this script, a number
 *	sim-log TEXT...			to the log
 *	sim-sleep MS
 *	sim-slot MS			takes a job slot for that time
 *	sim-daemon SECONDS FILE		forks a child that then writes FILE
 *	sim-exit N, sim-die SIGNAL, sim-hang, sim-ignore-term
 *
 * Words may be in single or double quotes and may have $NAME and ${NAME} in them. A command that
 * fails ends the script with 1. Anything else of the shell's language ends it with 127. Both say in
 * the log which line it was.
 *
 *	p	the process
 *
 * result:  the exit code
 * owns:    nothing
 * from:    the process
 * cost:    that of its commands
 */
int pawl_sim_script(pawl_sim_process *p);

/*
 * How often processes of a node have begun to run a script by pawl_sim_script.
 *
 *	n	the node
 *	path	the script, as it was in argv
 *
 * result:  the number
 * owns:    nothing
 * from:    thread, task
 * cost:    O(scripts), no allocation
 */
unsigned pawl_sim_script_runs(pawl_sim_node *n, const char *path);

PAWL_END_C

#endif
