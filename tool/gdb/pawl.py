# SPDX-License-Identifier: MIT
# Coroutines, generators and tasks of pawl in gdb, of programs that run and of core files.
"""Commands that show what runs on stacks of its own.

	(gdb) source share/pawl/gdb/pawl.py
	(gdb) pawl coroutines
	(gdb) pawl coroutines bt
	(gdb) pawl backtrace ADDRESS
	(gdb) pawl apply ADDRESS frame apply level 3 info locals
	(gdb) pawl tasks
	(gdb) pawl core FILE

Nothing in the program is changed, and no function of it is called.
"""
import os
import re
import struct

import gdb
import gdb.unwinder

# As in src/host/stacks.c: by how much the tops of stacks are shifted against each other.
COLOURS = 32
LINE = 64

# The size of the largest, as a power of two.
SHIFT_MAX = 30

PAGE = 4096

# Which registers a pawl_side holds: pc_, sp_, fp_, bp_.
REGISTERS = (
	("i386:x86-64", ("rip", "rsp", "rbp", "rbx")),
	("i386", ("eip", "esp", "ebp", "ebx")),
	("aarch64", ("pc", "sp", "x29", "x19")),
	("arm", ("pc", "sp", "r11", "r6")),
	("riscv", ("pc", "sp", "fp", "s1")),
)

NOTHING_KNOWN = (
	"pawl: nothing is known of %s here: either the program has no coroutines, or pawl's library was "
	"built without -g (CMake: RelWithDebInfo)")

# By the function that stands first on the stack; in the two-file copy the name is longer.
KINDS = (("pawl_gen_enter_", "generator"), ("pawl_co_enter_", "coroutine"))


def type_of(name):
	try:
		return gdb.lookup_type(name)
	except gdb.error:
		raise gdb.GdbError(NOTHING_KNOWN % name)


def constant(name):
	"""An enumerator of pawl's headers."""
	try:
		return int(gdb.parse_and_eval(name))
	except gdb.error:
		raise gdb.GdbError(NOTHING_KNOWN % name)


def static(name, file):
	"""
	A variable of a file of the library's, or of the two-file copy, where it may be called after the
	file; None where it is not linked.
	"""
	return (static_in(name, file) or static_in(file[:-2] + "_" + name, "pawl.c") or
		static_in(name, "pawl.c"))


def static_in(name, file):
	"""With -flto gdb knows it twice: in its file and without a value, and the other way round."""
	symbols = [s for s in gdb.lookup_static_symbols(name) if s.is_variable]
	mine = [s for s in symbols if os.path.basename(s.symtab.filename) == file]
	for symbol in mine + symbols if mine else ():
		if str(symbol.type) == str(mine[0].type) and not symbol.value().is_optimized_out:
			return symbol
	return None


def static_value(name, file):
	symbol = static(name, file)
	return None if symbol is None else symbol.value()


def number(value):
	return int(value) & ((1 << 8 * value.type.sizeof) - 1)


def at(address, type):
	return gdb.Value(address).cast(type.pointer()).dereference()


def text_at(pointer):
	try:
		return pointer.string() if int(pointer) else ""
	except (gdb.error, UnicodeDecodeError):
		return "?"


def place_and_name(place):
	"""What PAWL_HERE wrote: "file:line", NUL, a name."""
	if not int(place):
		return "", ""
	where = text_at(place)
	return where, text_at(place + len(where) + 1)


def function_at(address):
	block = gdb.block_for_pc(address)
	return block.function.name if block and block.function else "0x%x" % address


class Stack:
	"""Somebody's stack: its header stands above the first frame."""

	def __init__(self, header):
		self.header = number(header.address)
		self.fiber = number(header["fiber_"])
		self.low = number(header["low_"])

	def is_of_its_fiber(self):
		return number(at(self.fiber, type_of("struct pawl_fiber"))["stack_"]) == self.header


class Stacks:
	"""All stacks: those of the pool, and those in memory of the program."""

	def __init__(self):
		self.type = type_of("struct pawl_stack")
		self.regions = self.find_regions()
		self.placed = self.find_placed()

	def find_regions(self):
		"""Of each mapping: where it is, how many bytes for each stack, how many, the first's colour."""
		regions = static_value("regions", "stacks.c")
		classes = static_value("classes", "stacks.c")
		if regions is None:
			return []
		# The last class is that of the largest stacks.
		shift = SHIFT_MAX - classes.type.range()[1]
		return [self.region(regions[i], i, classes[int(regions[i]["class"])], shift)
			for i in range(int(static_value("region_count", "stacks.c")))]

	def region(self, region, i, c, shift):
		count = int(region["count"])
		if int(c["room"]) and int(c["region"]) == i:
			count = int(c["fresh"])  # the others were never touched
		return (number(region["at"]), 1 << int(region["class"]) + shift, count, int(region["colour"]))

	def find_placed(self):
		at, found = static_value("placed", "stack.c"), []
		while at is not None and int(at):
			found.append(Stack(at.dereference()))
			at = at["next_"]
		return found

	def header_in(self, start, slot, i, colour):
		size = self.type.sizeof
		head = (size + 15) & ~15
		return start + (i + 1) * slot - head - (colour + i) % COLOURS * LINE

	def pooled(self, address):
		"""The stack whose header is there, if somebody has it."""
		try:
			stack = Stack(at(address, self.type))
			return stack if stack.fiber and stack.is_of_its_fiber() else None
		except gdb.MemoryError:
			return None

	def at(self, address):
		"""On which stack is that?"""
		for start, slot, count, colour in self.regions:
			if start <= address < start + slot * count:
				return self.pooled(self.header_in(start, slot, (address - start) // slot, colour))
		for stack in self.placed:
			if stack.low <= address < stack.header:
				return stack
		return None

	def all(self):
		for start, slot, count, colour in self.regions:
			for i in range(count):
				stack = self.pooled(self.header_in(start, slot, i, colour))
				if stack:
					yield stack
		yield from self.placed


class Elsewhere(gdb.unwinder.Unwinder):
	"""
	Makes believe that the thread was called from where a side goes on. Frame 0 cannot be changed
	in a core file; who called it can.
	"""

	def __init__(self):
		super().__init__("pawl")
		self.enabled = False

	def begin(self, side):
		frame = gdb.newest_frame()
		name = frame.architecture().name()
		self.names = next((r for a, r in REGISTERS if name.startswith(a)), None)
		if not self.names:
			raise gdb.GdbError("pawl: the stack switch of %s is not known here" % name)
		self.here = [number(frame.read_register(r)) for r in self.names[:2]]
		self.there = [side[f] for f in ("pc_", "sp_", "fp_", "bp_")]
		self.switch(True)

	def switch(self, enabled):
		self.enabled = enabled
		gdb.invalidate_cached_frames()

	def __call__(self, pending):
		here = [pending.read_register(r) for r in self.names[:2]]
		if [number(r) for r in here] != self.here:
			return None
		# Below who is called, or gdb takes it for a stack that grows the wrong way.
		info = pending.create_unwind_info(FrameId(self.there[1].cast(here[1].type), here[0]))
		for name, value in zip(self.names, self.there):
			info.add_saved_register(name, value.cast(pending.read_register(name).type))
		return info

	def first(self):
		"""The innermost frame there."""
		pc, sp = (number(v) for v in self.there[:2])
		frame = gdb.newest_frame()
		while frame and (frame.pc() != pc or number(frame.read_register(self.names[1])) != sp):
			frame = frame.older()
		if frame is None:
			raise gdb.GdbError("pawl: no frame at 0x%x, stack 0x%x" % (pc, sp))
		return frame


class FrameId:
	def __init__(self, sp, pc):
		self.sp = sp
		self.pc = pc


elsewhere = Elsewhere()
gdb.unwinder.register_unwinder(None, elsewhere, replace=True)


class Kept:
	"""The selected thread and frame, and what backtraces may not do meanwhile."""

	def __enter__(self):
		self.thread = gdb.selected_thread()
		if self.thread is None or not self.thread.is_valid():
			raise gdb.GdbError("pawl: there is no program that runs, and no core file")
		try:
			self.level = gdb.selected_frame().level()
		except gdb.error:
			self.level = 0
		return self

	def __exit__(self, *error):
		self.thread.switch()
		elsewhere.switch(False)
		frame = gdb.newest_frame()
		for _ in range(self.level):
			frame = frame.older() or frame
		frame.select()


class At:
	"""Within it, gdb's thread stands where a side goes on; None: where it is."""

	def __init__(self, side):
		self.side = side

	def __enter__(self):
		# Frame 0 may be in main.
		self.past = gdb.parameter("backtrace past-main")
		if self.side is not None:
			gdb.execute("set backtrace past-main on")
			elsewhere.begin(self.side)
			return elsewhere.first()
		return gdb.newest_frame()

	def __exit__(self, *error):
		elsewhere.switch(False)
		if not self.past:
			gdb.execute("set backtrace past-main off")


def last_of(frame):
	"""The outermost frame to be shown, and its function's name."""
	while frame.older() and frame.name() != "main":
		frame = frame.older()
	return frame.level(), frame.name()


def backtrace(side, options):
	"""The frames from there on, and the name of the last. They keep their numbers."""
	with At(side) as frame:
		first = frame.level()
		last, name = last_of(frame)
		words = options.split()
		if words and re.fullmatch(r"-?\d+", words[-1]):
			# So many, from the innermost or, negative, to the outermost.
			count = int(words.pop())
			if count < 0:
				first = max(first, last + 1 + count)
			else:
				last = min(last, first + count - 1)
		text = gdb.execute("backtrace %s %d" % (" ".join(words), last + 1), to_string=True)
	if first > 0:
		text = re.sub(r"\A(?:.*\n)*?(?=#%d )" % first, "", text)
	return re.sub(r"\(More stack frames follow\.\.\.\)\n\Z", "", text), name


FRESH, SUSPENDED, RUNNING, DONE = "not started", "suspended", "running", "ended"


def state_of(state):
	if state >= constant("PAWL_FIBER_RUNNING_"):
		return RUNNING
	if state == constant("PAWL_FIBER_SUSPENDED_"):
		return SUSPENDED
	return DONE if state == constant("PAWL_FIBER_DONE_") else FRESH


class Fiber:
	"""A coroutine or generator that has a stack."""

	def __init__(self, stack):
		self.stack = stack
		self.address = stack.fiber
		value = at(stack.fiber, type_of("struct pawl_fiber"))
		self.side = value["side_"]
		self.state = state_of(int(value["state_"]))
		self.place, self.name = place_and_name(value["place_"])
		self.top = stack.header
		self.low = stack.low
		self.thread = None  # on which it runs, or what runs on top of it
		self.above = None  # the one that it resumed
		self.within = None  # the one with which it is suspended
		self.sp = number(self.side["sp_"])
		self.kind = None

	def as_type(self, name):
		return at(self.address, type_of("struct " + name))

	def name_it(self):
		if self.name or not self.kind or self.kind == "-":
			return
		self.name = function_at(number(self.as_type(
			"pawl_gen" if self.kind == "generator" else "pawl_co")["fn_"]))

	def task(self):
		if self.kind != "coroutine":
			return None
		task = self.as_type("pawl_co")["task_"]
		return task.dereference() if int(task) else None

	def says(self):
		if self.state in (FRESH, DONE):
			return self.state
		if self.thread:
			return "running on thread %d" % self.thread.num
		if self.within:
			return "suspended in 0x%x" % self.within.address
		return self.state if self.state == SUSPENDED else "left while it ran"

	def used(self):
		if self.state in (FRESH, DONE) or not self.low <= self.sp <= self.top:
			return "-"
		return "%d" % (self.top - self.sp)


class World:
	"""Who is on a stack of its own, and who of them on top of whom."""

	def __init__(self):
		self.stacks = Stacks()
		fibers = [Fiber(s) for s in self.stacks.all()]
		self.by_address = {f.address: f for f in fibers}
		self.fibers = fibers
		self.sides = {}
		for thread in gdb.selected_inferior().threads():
			if thread.is_valid() and not thread.is_running():
				self.follow_thread(thread)
		for f in fibers:
			if f.state == SUSPENDED:
				self.follow_suspended(f)
		for f in fibers:
			self.classify(f)

	def on(self, sp):
		stack = self.stacks.at(sp)
		return self.by_address.get(stack.fiber) if stack else None

	def follow_thread(self, thread):
		thread.switch()
		sp = number(gdb.newest_frame().read_register("sp"))
		above = None
		f = self.on(sp)
		while f and not f.thread:
			f.thread, f.above, f.sp = thread, above, sp
			above, sp = f, number(f.side["sp_"])
			f = self.on(sp)

	def follow_suspended(self, f):
		"""It may have been left inside of another one that runs on top of it."""
		sp, above = number(f.side["sp_"]), None
		on = self.on(sp)
		while on and on is not f and not on.within:
			on.within, on.above, on.sp = f, above, sp
			above, sp = on, number(on.side["sp_"])
			on = self.on(sp)
		if on is f:
			f.above, f.sp = above, sp

	def pieces(self, f):
		"""
		From where to follow its calls: one side for each stack, innermost first, as (whose stack,
		side, thread). A side of None is where the thread itself stands.
		"""
		if f.state in (FRESH, DONE):
			return []
		if f.thread:
			return self.running_pieces(f)
		found, side = [], (f.within or f).side
		while True:
			on = self.on(number(side["sp_"]))
			if on is None or any(on is g for g, _, _ in found):
				return found  # it was overwritten, or is just being switched
			found.append((on, side, None))
			if on is (f.within or f):
				return found
			side = on.side

	def running_pieces(self, f):
		f.thread.switch()
		on = self.on(number(gdb.newest_frame().read_register("sp")))
		found, side = [], None
		while on and all(on is not g for g, _, _ in found):
			found.append((on, side, f.thread))
			side = on.side
			on = self.on(number(side["sp_"]))
		return found + [(None, side, f.thread)]

	def classify(self, f):
		"""The first function on its stack tells."""
		if f.kind or f.state in (FRESH, DONE):
			f.kind = f.kind or "-"
			return
		for on, side, thread in self.pieces(f):
			if on is None or on.kind:
				continue
			if thread:
				thread.switch()
			with At(side) as frame:
				_, name = last_of(frame)
			on.kind = next((k for end, k in KINDS if name and name.endswith(end)), "-")
			on.name_it()
		f.kind = f.kind or "-"

	def find(self, text):
		address = number(gdb.parse_and_eval(text).cast(type_of("unsigned long")))
		if address in self.by_address:
			return self.by_address[address]
		for f in self.fibers:
			task = f.task()
			if task is not None and number(task.address) == address:
				return f
			if f.low <= address < f.top:
				return f
		raise gdb.GdbError("pawl: no coroutine or generator with a stack at 0x%x" % address)


def task_name(task):
	fields = [f.name for f in task.type.strip_typedefs().fields()]
	if "place_" not in fields:
		return function_at(number(task["poll_"])), ""
	place, name = place_and_name(task["place_"])
	return text_at(task["label_"]) or name or function_at(number(task["poll_"])), place


def task_wait(task):
	"""As pawl_task_wait says it."""
	state = int(task["state_"])
	fields = [f.name for f in task.type.strip_typedefs().fields()]
	wait = text_at(task["wait_"]) if "wait_" in fields else ""
	if not state & constant("PAWL_TASK_LIVE_"):
		return "not spawned"
	if state & constant("PAWL_TASK_DONE_"):
		return "done"
	if state & constant("PAWL_TASK_RUNNING_"):
		return "running"
	if state & constant("PAWL_TASK_SCHEDULED_"):
		return "ready"
	return wait or "a wake"


def table(head, rows):
	widths = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
	for row in [head] + rows:
		print("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip())


def row_of(f):
	task = f.task()
	return ("0x%x" % f.address, f.kind, f.name or "?", f.place or "?", f.says(),
		"%s/%d" % (f.used(), f.top - f.low),
		"0x%x" % number(task.address) if task is not None else "-",
		task_wait(task) if task is not None else "-")


def say_backtrace(world, f, options):
	print("%s 0x%x '%s', %s:" % (f.kind, f.address, f.name or "?", f.says()))
	for i, (on, side, thread) in enumerate(world.pieces(f)):
		if thread:
			thread.switch()
		if on is None:
			print("resumed by thread %d:" % thread.num)
		elif on is not f or i > 0:
			print("%s %s 0x%x '%s':" % ("on the stack of" if i == 0 else "resumed by",
				on.kind, on.address, on.name or "?"))
		print(backtrace(side, options)[0], end="")


class Prefix(gdb.Command):
	"""Coroutines, generators and tasks of pawl."""

	def __init__(self):
		super().__init__("pawl", gdb.COMMAND_STACK, prefix=True)


class Coroutines(gdb.Command):
	"""Lists what runs on a stack of its own: pawl coroutines [bt [OPTION...]]

With `bt` the calls of each are shown, down to where it began. Options are those of `backtrace`,
such as -full. STACK is how much of it is in use, and how large it is."""

	def __init__(self):
		super().__init__("pawl coroutines", gdb.COMMAND_STACK)

	def invoke(self, arg, from_tty):
		words = arg.split()
		if words and words[0] not in ("bt", "backtrace"):
			raise gdb.GdbError("usage: pawl coroutines [bt [OPTION...]]")
		with Kept():
			world = World()
			if not words:
				table(("ADDRESS", "KIND", "NAME", "PLACE", "STATE", "STACK", "TASK", "WAITS FOR"),
					[row_of(f) for f in world.fibers])
			for i, f in enumerate(world.fibers if words else ()):
				print("\n" if i else "", end="")
				say_backtrace(world, f, " ".join(words[1:]))


class Backtrace(gdb.Command):
	"""Shows the calls of a coroutine or generator: pawl backtrace ADDRESS [OPTION...]

ADDRESS is that of its struct, of its task, or any on its stack. Options are those of `backtrace`,
such as -full. What it was resumed by follows when it runs, or is suspended with that."""

	def __init__(self):
		super().__init__("pawl backtrace", gdb.COMMAND_STACK)

	def invoke(self, arg, from_tty):
		address, _, options = arg.partition(" ")
		if not address:
			raise gdb.GdbError("usage: pawl backtrace ADDRESS [OPTION...]")
		with Kept():
			world = World()
			say_backtrace(world, world.find(address), options)


class Apply(gdb.Command):
	"""Runs a command where a coroutine or generator stands: pawl apply ADDRESS|all COMMAND

Its innermost frame is selected, and frames have the numbers that `pawl backtrace` shows. The
command may look, but not let the program go on."""

	def __init__(self):
		super().__init__("pawl apply", gdb.COMMAND_STACK)

	def invoke(self, arg, from_tty):
		which, _, command = arg.partition(" ")
		if not command:
			raise gdb.GdbError("usage: pawl apply ADDRESS|all COMMAND")
		with Kept():
			world = World()
			for f in world.fibers if which == "all" else [world.find(which)]:
				self.run(world, f, command)

	def run(self, world, f, command):
		print("%s 0x%x '%s', %s:" % (f.kind, f.address, f.name or "?", f.says()))
		for on, side, thread in world.pieces(f):
			if on is f:
				if thread:
					thread.switch()
				with At(side) as frame:
					frame.select()
					gdb.execute(command)


class Tasks(gdb.Command):
	"""Lists tasks that did not end: pawl tasks [EXPRESSION]

EXPRESSION is an executor (a pawl_host, pawl_local, ...), a crew, a session or a task; without it,
the tasks of all executors on which coroutines with a stack were spawned, and of those that keep no
list. Tasks that were spawned and are not yet listed by their executor are not seen."""

	def __init__(self):
		super().__init__("pawl tasks", gdb.COMMAND_STACK)

	def invoke(self, arg, from_tty):
		self.found = {}
		with Kept():
			if arg:
				self.add(gdb.parse_and_eval(arg))
			else:
				self.add_known()
		table(("ADDRESS", "NAME", "PLACE", "WAITS FOR"), [
			("0x%x" % number(t.address),) + tuple(c or "?" for c in task_name(t)) + (task_wait(t),)
			for t in self.found.values()])

	def add_known(self):
		others = static_value("others", "crew.c")
		if others is not None:
			self.add_crew(others)
		for f in World().fibers:
			if f.task() is not None:
				self.add_task(f.task())

	def add(self, value):
		while value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
			value = value.dereference()
		name = value.type.strip_typedefs().name
		if name == "pawl_task":
			self.add_task(value)
		elif name == "pawl_crew":
			self.add_crew(value)
		elif name == "pawl_session":
			self.add_list(value["first_"])
		else:
			self.add_crew(self.crew_in(value, name))

	def crew_in(self, value, name):
		for f in value.type.strip_typedefs().fields():
			if f.type.strip_typedefs().name == "pawl_crew":
				return value[f]
		raise gdb.GdbError("pawl: %s is no task, session or crew, and has no crew" % name)

	def add_crew(self, crew):
		self.add_list(crew["first_"])
		self.add_sessions(crew["sessions_"])

	def add_sessions(self, session):
		while int(session):
			self.add_list(session["first_"])
			session = session["next_"]

	def add_list(self, task):
		while int(task) and number(task) not in self.found:
			self.found[number(task)] = task.dereference()
			task = task["peer_"]

	def add_task(self, task):
		"""And all of whom it is told by the lists in which it is."""
		if number(task.address) in self.found or not int(task["state_"]) & constant("PAWL_TASK_LIVE_"):
			return
		if number(task["prev_"]) == number(task.address):
			self.found[number(task.address)] = task  # in no list yet
			return
		while int(task["prev_"]):
			task = task["prev_"].dereference()
		self.add_list(task.address)
		if int(task["kind_"]) & constant("PAWL_TASK_SESSION_"):
			session = task["of_"]["session_"]
			while int(session["prev_"]):
				session = session["prev_"]
			self.add_sessions(session)


def loads_of(core):
	"""What a core file holds of memory: for each piece its address, size and place in the file."""
	ident = core.read(16)
	is_64, order = ident[4] == 2, "<" if ident[5] == 1 else ">"
	head = struct.unpack(order + ("HHIQQQIHHHHHH" if is_64 else "HHIIIIIHHHHHH"),
		core.read(48 if is_64 else 36))
	found = []
	for i in range(head[9]):
		core.seek(head[4] + i * head[8])
		if is_64:
			kind, _, offset, address, _, size = struct.unpack(order + "IIQQQQ", core.read(40))
		else:
			kind, offset, address, _, size = struct.unpack(order + "IIIII", core.read(20))
		if kind == 1:
			found.append((address, size, offset))
	return found


class Core(gdb.Command):
	"""Writes a core file, with all stacks: pawl core FILE

From Linux 6.13 on the pool's guards are no mappings of their own, and generate-core-file and gcore
leave out what is mapped together with one. The kernel's own core files are whole."""

	def __init__(self):
		super().__init__("pawl core", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

	def invoke(self, arg, from_tty):
		if not arg:
			raise gdb.GdbError("usage: pawl core FILE")
		with Kept():
			# It warns of what is added here.
			gdb.execute("generate-core-file " + arg, to_string=True)
			with open(arg, "r+b") as core:
				loads = loads_of(core)
				for start, slot, count, _ in Stacks().regions:
					for i in range(count):
						self.add(core, loads, start + i * slot, slot)
		print("wrote " + arg)

	def add(self, core, loads, start, size):
		"""Whatever of a stack can be read; the guard at its low end cannot."""
		for at, length, offset in loads:
			if at <= start and start + size <= at + length:
				for page in range(start, start + size, PAGE):
					self.add_page(core, offset + page - at, page)

	def add_page(self, core, place, page):
		try:
			memory = gdb.selected_inferior().read_memory(page, PAGE)
		except gdb.MemoryError:
			return
		core.seek(place)
		core.write(memory)


for command in (Prefix, Coroutines, Backtrace, Apply, Tasks, Core):
	command()
