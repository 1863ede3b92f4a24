/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What generated functions call, made to run in a process and to write down
 * what happens.  Every record says which line called what, what came back,
 * which lock was taken or dropped, which contexts hold then and what the
 * pointers of the calling function point to.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define QUIET __attribute__((no_instrument_function))
#define OBJECTS 2
#define GLOBAL 16
#define LONGEST 120

/* Locks are bytes, so that an address is the number of a lock. */
typedef struct { char one; } spinlock_t;
struct mutex { char one; };
struct rw_semaphore { char one; };
struct list_head { char one; };
struct thing {
	spinlock_t a, b;
	struct mutex m;
	struct rw_semaphore w;
	spinlock_t locks[2];
	struct list_head list, link;
	struct thing *peer;
	int n;
	int seen[1];
};
static struct thing things[OBJECTS];
static spinlock_t glock;

/* What is written down by name; the reader of the log numbers them alike. */
#define NAMES \
	X(input) X(find) X(fetch) X(pick) X(list_for_each_entry) X(BUG) \
	X(spin_lock) X(spin_unlock) X(spin_trylock) \
	X(spin_lock_irq) X(spin_unlock_irq) X(spin_lock_irqsave) X(spin_unlock_irqrestore) \
	X(spin_lock_bh) X(spin_unlock_bh) \
	X(mutex_lock) X(mutex_unlock) X(mutex_trylock) X(mutex_lock_interruptible) \
	X(down_read) X(up_read) X(down_write) X(up_write) X(down_write_trylock) \
	X(local_irq_disable) X(local_irq_enable) X(local_irq_save) X(local_irq_restore) \
	X(preempt_disable) X(preempt_enable) X(rcu_read_lock) X(rcu_read_unlock) \
	X(local_bh_disable) X(local_bh_enable) X(put_thing)
#define X(name) N_##name,
enum { N_none, NAMES };
#undef X

struct record {
	uint8_t kind, depth, contexts, lock;
	uint16_t line;
	int16_t value;
	uint32_t name;
	uint32_t pointers;
};

enum { DROPPED = 0x80, REFUSED = 0x40 };

static struct record records[LONGEST + 8];
static unsigned int written, depth;
static uint32_t held, state;
static int irqs_off, bh_off, preempt_off, readers;
static jmp_buf out;

QUIET static unsigned int draw(unsigned int limit)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return (state >> 8) % limit;
}

QUIET static void note(int kind, int line, int name, int value, int lock, uint32_t pointers)
{
	records[written++] = (struct record){
		.kind = kind, .depth = depth, .line = line, .name = name, .value = value,
		.lock = lock, .pointers = pointers,
		.contexts = !!irqs_off | !!bh_off << 1 | !!preempt_off << 2 | !!readers << 3,
	};
	if (written > LONGEST && kind != 'Z') {
		note('Z', 0, 0, 0, 0, 0);
		longjmp(out, 1);
	}
}

QUIET static int lock_number(void *lock)
{
	long offset = (char *)lock - (char *)things;

	if (lock == (void *)&glock)
		return GLOBAL;
	return offset / (long)sizeof(struct thing) * 8 + offset % (long)sizeof(struct thing);
}

QUIET static uint32_t thing_number(struct thing *thing)
{
	return thing ? thing - things + 1 : 0;
}

QUIET static uint32_t pack(struct thing *t, struct thing *u, struct thing *p, struct thing *q, void *l)
{
	return thing_number(t) | thing_number(u) << 2 | thing_number(p) << 4 |
	       thing_number(q) << 6 | thing_number(things[0].peer) << 8 |
	       thing_number(things[1].peer) << 10 | (l ? lock_number(l) + 1 : 0) << 12;
}

/* A lock is taken: by a call in the source, never by what runs at the end of a scope. */
QUIET static void take(int line, int name, void *lock, uint32_t pointers)
{
	int number = lock_number(lock);

	if (held >> number & 1) {
		note('D', line, name, 0, 0, pointers);
		longjmp(out, 1);
	}
	held |= 1u << number;
	note('C', line, name, 0, number + 1, pointers);
}

QUIET static int try(int line, int name, void *lock, int taken, int missed, uint32_t pointers)
{
	int number = lock_number(lock);

	if (held >> number & 1 || draw(5) < 2) {
		note('C', line, name, missed, REFUSED | (number + 1), pointers);
		return missed;
	}
	held |= 1u << number;
	note('C', line, name, taken, number + 1, pointers);
	return taken;
}

/* ``kind`` is C for a call in the source, R for one at the end of a scope. */
QUIET static void drop(int kind, int line, int name, void *lock, uint32_t pointers)
{
	int number = lock_number(lock);

	held &= ~(1u << number);
	note(kind, line, name, 0, DROPPED | (number + 1), pointers);
}

QUIET static void enter(int line, int name, int *context, int depth_now, uint32_t pointers)
{
	*context = depth_now;
	note('C', line, name, 0, 0, pointers);
}

QUIET static void leave(int kind, int line, int name, int *context, int depth_now, uint32_t pointers)
{
	*context = depth_now;
	note(kind, line, name, 0, 0, pointers);
}

QUIET static int seen_at(int line, uint32_t pointers)
{
	note('M', line, 0, 0, 0, pointers);
	return 0;
}

QUIET static int input_at(int line, uint32_t pointers)
{
	int value = draw(4);

	note('C', line, N_input, value, 0, pointers);
	return value;
}

QUIET static int fetch_at(int line, int *target, uint32_t pointers)
{
	int value = draw(3);

	*target = value;
	note('C', line, N_fetch, value, 0, pointers);
	return 0;
}

QUIET static struct thing *find_at(int line, uint32_t pointers)
{
	int value = draw(OBJECTS);

	note('C', line, N_find, value + 1, 0, pointers);
	return &things[value];
}

/* Like find(), but what it gives goes where the caller says. */
QUIET static int pick_at(int line, struct thing **target, uint32_t pointers)
{
	int value = draw(OBJECTS);

	*target = &things[value];
	note('C', line, N_pick, value + 1, 0, pointers);
	return 0;
}

QUIET static int each_at(int line, struct thing **cursor, uint32_t pointers)
{
	int number = draw(OBJECTS), more = draw(5) < 3;

	*cursor = &things[number];
	note('C', line, N_list_for_each_entry, more | (number + 1) << 1, 0, pointers);
	return more;
}

QUIET __attribute__((noreturn)) static void bug_at(int line, uint32_t pointers)
{
	note('B', line, N_BUG, 0, 0, pointers);
	longjmp(out, 1);
}

QUIET static int likely(int value)
{
	return !!value;
}

#define unlikely likely
#define WARN_ON likely

/* ``t->mark`` is an access that is written down. */
#define mark seen[seen_at(__LINE__, POINTERS)]
#define input() input_at(__LINE__, POINTERS)
#define find() find_at(__LINE__, POINTERS)
#define fetch(target) fetch_at(__LINE__, target, POINTERS)
#define pick(target) pick_at(__LINE__, target, POINTERS)
#define BUG() bug_at(__LINE__, POINTERS)
#define list_for_each_entry(cursor, list, member) \
	for (; each_at(__LINE__, &(cursor), POINTERS);)

#define TAKE(name, lock) take(__LINE__, N_##name, lock, POINTERS)
#define DROP(name, lock) drop('C', __LINE__, N_##name, lock, POINTERS)
#define TRY(name, lock) try(__LINE__, N_##name, lock, 1, 0, POINTERS)
#define ENTER(name, context, now) enter(__LINE__, N_##name, &context, now, POINTERS)
#define LEAVE(name, context, now) leave('C', __LINE__, N_##name, &context, now, POINTERS)

#define spin_lock(lock) TAKE(spin_lock, lock)
#define spin_unlock(lock) DROP(spin_unlock, lock)
#define spin_trylock(lock) TRY(spin_trylock, lock)
#define spin_lock_irq(lock) (irqs_off = 1, TAKE(spin_lock_irq, lock))
#define spin_unlock_irq(lock) (irqs_off = 0, DROP(spin_unlock_irq, lock))
#define spin_lock_irqsave(lock, flags) \
	((flags) = irqs_off, irqs_off = 1, TAKE(spin_lock_irqsave, lock))
#define spin_unlock_irqrestore(lock, flags) \
	(irqs_off = (flags), DROP(spin_unlock_irqrestore, lock))
#define spin_lock_bh(lock) (bh_off++, TAKE(spin_lock_bh, lock))
#define spin_unlock_bh(lock) (bh_off -= bh_off > 0, DROP(spin_unlock_bh, lock))
#define mutex_lock(lock) TAKE(mutex_lock, lock)
#define mutex_unlock(lock) DROP(mutex_unlock, lock)
#define mutex_trylock(lock) TRY(mutex_trylock, lock)
#define mutex_lock_interruptible(lock) \
	try(__LINE__, N_mutex_lock_interruptible, lock, 0, -4, POINTERS)
#define down_read(lock) TAKE(down_read, lock)
#define up_read(lock) DROP(up_read, lock)
#define down_write(lock) TAKE(down_write, lock)
#define up_write(lock) DROP(up_write, lock)
#define down_write_trylock(lock) TRY(down_write_trylock, lock)

#define local_irq_disable() ENTER(local_irq_disable, irqs_off, 1)
#define local_irq_enable() LEAVE(local_irq_enable, irqs_off, 0)
#define local_irq_save(flags) ((flags) = irqs_off, ENTER(local_irq_save, irqs_off, 1))
#define local_irq_restore(flags) LEAVE(local_irq_restore, irqs_off, (int)(flags))
#define preempt_disable() ENTER(preempt_disable, preempt_off, preempt_off + 1)
#define preempt_enable() LEAVE(preempt_enable, preempt_off, preempt_off - (preempt_off > 0))
#define rcu_read_lock() ENTER(rcu_read_lock, readers, readers + 1)
#define rcu_read_unlock() LEAVE(rcu_read_unlock, readers, readers - (readers > 0))
#define local_bh_disable() ENTER(local_bh_disable, bh_off, bh_off + 1)
#define local_bh_enable() LEAVE(local_bh_enable, bh_off, bh_off - (bh_off > 0))

/* Guards: a variable that remembers what to do where its scope ends. */
enum { PLAIN, IRQ, IRQSAVE, READ_SIDE, PREEMPTION };
struct guard {
	void *lock;
	int taken, name, way, flags, line;
};

QUIET static void end_of_scope(struct guard *guard)
{
	if (!guard->taken)
		return;
	if (guard->way == IRQ)
		irqs_off = 0;
	if (guard->way == IRQSAVE)
		irqs_off = guard->flags;
	if (guard->way == READ_SIDE)
		leave('R', guard->line, guard->name, &readers, readers - (readers > 0), 0);
	else if (guard->way == PREEMPTION)
		leave('R', guard->line, guard->name, &preempt_off, preempt_off - (preempt_off > 0), 0);
	else
		drop('R', guard->line, guard->name, guard->lock, 0);
}

/* One that is left because taking it would wait for itself is never entered. */
#define SCOPED __attribute__((cleanup(end_of_scope)))
#define PASTE_(one, two) one##two
#define PASTE(one, two) PASTE_(one, two)
#define GUARD(of, taking, dropping, how, old) ({ \
	int saved = old, got = taking; \
	(struct guard){of, got, N_##dropping, how, saved, __LINE__}; \
})
#define class_spinlock(of) GUARD(of, (spin_lock(of), 1), spin_unlock, PLAIN, 0)
#define class_spinlock_irq(of) GUARD(of, (spin_lock_irq(of), 1), spin_unlock_irq, IRQ, 0)
#define class_spinlock_irqsave(of) GUARD(of, \
	(irqs_off = 1, TAKE(spin_lock_irqsave, of), 1), spin_unlock_irqrestore, IRQSAVE, irqs_off)
#define class_spinlock_try(of) GUARD(of, spin_trylock(of), spin_unlock, PLAIN, 0)
#define class_mutex(of) GUARD(of, (mutex_lock(of), 1), mutex_unlock, PLAIN, 0)
#define class_mutex_try(of) GUARD(of, mutex_trylock(of), mutex_unlock, PLAIN, 0)
#define class_mutex_intr(of) GUARD(of, !mutex_lock_interruptible(of), mutex_unlock, PLAIN, 0)
#define class_rwsem_read(of) GUARD(of, (down_read(of), 1), up_read, PLAIN, 0)
#define class_rwsem_write(of) GUARD(of, (down_write(of), 1), up_write, PLAIN, 0)
#define class_rcu() GUARD(0, (rcu_read_lock(), 1), rcu_read_unlock, READ_SIDE, 0)
#define class_preempt() GUARD(0, (preempt_disable(), 1), preempt_enable, PREEMPTION, 0)

#define guard(class) struct guard PASTE(guard_, __LINE__) SCOPED = class_##class
#define CLASS(class, name) struct guard name SCOPED = class_##class
#define scoped_guard(class, ...) \
	for (struct guard scope SCOPED = class_##class(__VA_ARGS__), *once = &scope; \
	     once && scope.taken; once = 0)
#define scoped_cond_guard(class, failing, ...) \
	for (struct guard scope SCOPED = class_##class(__VA_ARGS__), *once = &scope; \
	     once; once = 0) \
		if (!scope.taken) \
			failing; \
		else

/* ``__free(put)`` is put at the end of the scope where it is not NULL. */
#define __free(name) __attribute__((cleanup(free_##name)))

QUIET static void free_put_thing(struct thing **thing)
{
	if (*thing)
		note('R', 0, N_put_thing, thing_number(*thing), 0, 0);
}

/* The functions under test, in the order of the log. */
extern void *const functions[];
extern const unsigned int function_count;

QUIET static int function_number(void *function)
{
	for (unsigned int number = 0; number < function_count; number++)
		if (functions[number] == function)
			return number;
	return -1;
}

QUIET void __cyg_profile_func_enter(void *function, void *caller)
{
	depth++;
	note('E', function_number(function), 0, 0, 0, 0);
}

QUIET void __cyg_profile_func_exit(void *function, void *caller)
{
	note('Q', function_number(function), 0, 0, 0, 0);
	depth--;
}

typedef int (*function_t)(struct thing *, struct thing *, int, int);

/* One run of one function, with its arguments drawn from the seed. */
QUIET static void run(unsigned int number, unsigned int seed)
{
	state = (seed + 1) * 2654435761u ^ (number + 1) * 40503u;
	draw(2);
	written = depth = held = 0;
	irqs_off = bh_off = preempt_off = readers = 0;
	for (int one = 0; one < OBJECTS; one++)
		things[one].peer = &things[draw(OBJECTS)];
	struct thing *t = &things[draw(OBJECTS)], *u = &things[draw(OBJECTS)];
	int c = draw(3), d = draw(3);

	/* The second argument stands where others have a name. */
	note('S', number, d, c, 0, pack(t, u, t, t, 0));
	if (!setjmp(out)) {
		((function_t)functions[number])(t, u, c, d);
		note('X', 0, 0, 0, 0, 0);
	}
	fwrite(records, sizeof(*records), written, stdout);
}
