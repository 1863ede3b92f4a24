/* SPDX-License-Identifier: GPL-2.0-only */
/* Lookups the scenario is tried on before it is believed. */

/* After ring_buffer_get() (v6.12). */
struct object *lookup_try_get(struct table *table)
{
	struct object *found;

	rcu_read_lock();
	found = rcu_dereference(table->entry);
	if (found && !refcount_inc_not_zero(&found->refs))
		found = NULL;
	rcu_read_unlock();
	return found;
}

/* After get_cached_acl() (v6.12). */
struct object *lookup_retry(struct table *table)
{
	struct object *found;

	for (;;) {
		rcu_read_lock();
		found = rcu_dereference(table->entry);
		if (!found || refcount_inc_not_zero(&found->refs))
			break;
		rcu_read_unlock();
	}
	rcu_read_unlock();
	return found;
}

struct object *lookup_plain_get(struct table *table)
{
	struct object *found;

	rcu_read_lock();
	found = rcu_dereference(table->entry);
	if (found)
		refcount_inc(&found->refs);
	rcu_read_unlock();
	return found;
}

/* Takes no reference, and needs none. */
int lookup_use_inside(struct table *table)
{
	struct object *found;

	rcu_read_lock();
	found = rcu_dereference(table->entry);
	if (found)
		use(found);
	rcu_read_unlock();
	return 0;
}

/* Broken on purpose: uses the object behind its read side. */
int lookup_use_outside(struct table *table)
{
	struct object *found;

	rcu_read_lock();
	found = rcu_dereference(table->entry);
	rcu_read_unlock();
	if (found)
		use(found);
	return 0;
}

/* Broken on purpose: takes its reference behind its read side. */
struct object *lookup_late_get(struct table *table)
{
	struct object *found;

	rcu_read_lock();
	found = rcu_dereference(table->entry);
	rcu_read_unlock();
	if (found && !refcount_inc_not_zero(&found->refs))
		found = NULL;
	return found;
}

/* Broken on purpose: a reference on what is not returned. */
struct object *lookup_leaking(struct table *table)
{
	struct object *found;

	rcu_read_lock();
	found = rcu_dereference(table->entry);
	if (found && !refcount_inc_not_zero(&found->refs))
		found = NULL;
	if (found && found != rcu_dereference(table->entry))
		found = NULL;
	rcu_read_unlock();
	return found;
}
