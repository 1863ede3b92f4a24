/* SPDX-License-Identifier: GPL-2.0-only */
/* Who calls a lookup under review: uses what it gets, and keeps it. */
void find_and_keep(struct table *table)
{
	struct object *found;

	found = subject();
	if (found) {
		use(found);
		keep(found);
	}
}

/* Who calls a function that hands out no object. */
void calls_without_result(struct table *table)
{
	subject();
}

/* Who calls it inside a read side of its own. */
void calls_in_read_side(struct table *table)
{
	rcu_read_lock();
	subject();
	rcu_read_unlock();
}

/* Who calls a function under review that takes an object away. */
void owner_of_object(struct table *table, struct object *obj)
{
	subject();
}

/* Readers beside a function under review that takes an object away. */
void reader_try_get(struct table *table)
{
	struct object *found;

	rcu_read_lock();
	found = rcu_dereference(table->entry);
	if (found && !refcount_inc_not_zero(&found->refs))
		found = NULL;
	rcu_read_unlock();
	if (found) {
		use(found);
		keep(found);
	}
}

void reader_uses_only(struct table *table)
{
	struct object *found;

	rcu_read_lock();
	found = rcu_dereference(table->entry);
	if (found)
		use(found);
	rcu_read_unlock();
}

/* In place of another actor: nobody. */
void stays_away(struct table *table)
{
}
