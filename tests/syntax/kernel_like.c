// SPDX-License-Identifier: GPL-2.0-only
/* Macros as the kernel has them, and functions that use them; see test_syntax_oracle.py. */
typedef unsigned long size_t;
typedef unsigned int u32;
typedef int bool;
#define NULL ((void *)0)
#define __init __attribute__((__section__(".init.text")))
#define __must_hold(x)
#define __user
#define __always_inline inline __attribute__((__always_inline__))
#define __maybe_unused __attribute__((__unused__))
#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(ptr, type, member) ({ \
	void *__mptr = (void *)(ptr); ((type *)(__mptr - offsetof(type, member))); })
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define WARN_ON(cond) ({ int __ret = !!(cond); if (__ret) report(__LINE__); __ret; })
#define BUG_ON(cond) do { if (cond) report(0); } while (0)
#define min_t(type, a, b) ({ type __a = (a); type __b = (b); __a < __b ? __a : __b; })
#define wait_event(queue, cond) do { if (cond) break; sleep_on(queue); } while (1)
#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_for_each_entry(pos, head, member)                          \
	for (pos = list_entry((head)->next, typeof(*pos), member);      \
	     &pos->member != (head);                                    \
	     pos = list_entry(pos->member.next, typeof(*pos), member))
#define for_each_online_cpu(cpu) for ((cpu) = 0; (cpu) < cpu_count(); (cpu)++)
#define for_each_busy(cpu) for_each_online_cpu(cpu) if (!busy(cpu)) {} else
#define do_each_thread(g, t) for (g = first(); g; g = g->next) do
#define while_each_thread(g, t) while ((t = next_thread(t)) != (g))
#define scoped_guard(kind, args...) \
	for (int __done = (kind##_lock(args), 0); !__done; __done = (kind##_unlock(args), 1))
#define guard(kind) kind##_guard
#define SYSCALL_DEFINE2(name, t1, a1, t2, a2)                   \
	static inline long __do_sys_##name(t1 a1, t2 a2);       \
	long sys_##name(long x, long y);                        \
	long sys_##name(long x, long y) { return __do_sys_##name((t1)x, (t2)y); } \
	static inline long __do_sys_##name(t1 a1, t2 a2)
#define LOCK_CONTENDED(lock, try, take) do { if (!try(lock)) take(lock); } while (0)
#define unsafe_get(x, p, label) do { x = *(p); if (x < 0) goto label; } while (0)
#define PROC_ENTRY(name) static int name##_show(struct item *p) { return p->value; }
#define DECLARE_BITMAP(name, bits) unsigned long name[(bits)]
#define case_same(x) case x: return x

struct list { struct list *next; };
struct item { struct list node; struct item *next; int value; int (*op)(struct item *p); };
struct ops { int (*run[2])(struct item *p); };
void report(int line);
void sleep_on(struct list *queue);
int cpu_count(void);
int busy(int cpu);
struct item *first(void);
struct item *next_thread(struct item *p);
void mutex_lock(struct item *p);
void mutex_unlock(struct item *p);
int mutex_trylock(struct item *p);
int mutex_guard(struct item *p);
int check(struct item *p, int value);
u32 size_of(struct item *p);

PROC_ENTRY(first)
PROC_ENTRY(second)

static int __init iterators(struct list *head)
{
	struct item *p, *g, *t;
	int cpu, sum = 0;

	list_for_each_entry(p, head, node)
		if (check(p, 1))
			continue;
		else
			break;
	for_each_online_cpu(cpu) sum += busy(cpu);
	for_each_busy(cpu) {
		if (cpu > 3)
			break;
		sum += check(NULL, cpu);
	}
	do_each_thread(g, t) {
		check(t, 2);
	} while_each_thread(g, t);
	list_for_each_entry(p, &first()->node, node) {
		list_for_each_entry(t, head, node)
			for (cpu = 0; cpu < cpu_count(); cpu++)
				while (busy(cpu))
					sleep_on(head);
	}
	return sum;
}

static __always_inline bool guards(struct item *p) __must_hold(p)
{
	guard(mutex)(p);
	scoped_guard(mutex, p) {
		if (unlikely(!p->op))
			return check(p, 3);
		p->op(p);
	}
	scoped_guard(mutex, p) check(p, 4);
	LOCK_CONTENDED(p, mutex_trylock, mutex_lock);
	return WARN_ON(check(p, 5)) || likely(busy(1));
}

static int jumps(struct item *p, int value, struct ops *ops)
{
	struct holder {
		DECLARE_BITMAP(map, 4);
	} __maybe_unused *holder = NULL;
	int x, err = -1;

retry:
	switch (value) {
	case 0 ... 9:
		goto out;
	case_same(10);
	case 11: {
		if (check(p, 6))
			goto retry;
		break;
	}
	default:
		do {
			if (busy(value))
				continue;
			err = (*ops->run[0])(p) ? ops->run[1](p) : (u32)(value);
		} while (err > 0);
	}
	unsafe_get(x, &p->value, out);
	wait_event(&p->node, ({ int r = check(p, 7); if (r) report(r); r; }));
	if (value) BUG_ON(check(p, min_t(u32, size_of(p), sizeof(size_of(p)))));
	else if (READ_ONCE(p->value)) return container_of(&p->node, struct item, node)->value + x;
out:
	return err;
}

static int arms(struct item *p, int value)
{
#ifdef CONFIG_NUMA
	if (value > 1) {
		check(p, 8);
	} else
#endif
	if (value) {
		check(p, 9);
	}
	if (value == 2
#if defined(CONFIG_NUMA)
	    && check(p, 10)
#else
	    && check(p, 11)
#endif
	    )
		return busy(2);
#ifndef CONFIG_NUMA
	check(p, 12);
#else
	for (;;) {
		if (check(p, 13))
			return 1;
	}
#endif
	return 0;
}

SYSCALL_DEFINE2(renumber, int, which, struct item __user *, p)
{
	int (*pick)(struct item *p, int value) = which ? check : NULL;

	if (pick && pick(p, which))
		return jumps(p, which, NULL) + arms(p, which) + iterators(&p->node) + guards(p);
	return first_show(p) - second_show(p);
}
