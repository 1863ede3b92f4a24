/* SPDX-License-Identifier: GPL-2.0-only */
/* Who calls a lookup under review: uses what it gets, and keeps it. */
void find_and_keep_locked(struct table *table)
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

/* Who calls a function under review that takes the object away. */
void owner_of_entry(struct table *table, struct object *obj)
{
	subject();
}

/* Lookups beside a function under review that takes the object away. */
void finder_plain_get(struct table *table)
{
	struct object *found;

	spin_lock(&table->lock);
	found = table->entry;
	if (found)
		refcount_inc(&found->refs);
	spin_unlock(&table->lock);
	if (found) {
		use(found);
		keep(found);
	}
}

void finder_try_get(struct table *table)
{
	struct object *found;

	spin_lock(&table->lock);
	found = table->entry;
	if (found && !refcount_inc_not_zero(&found->refs))
		found = NULL;
	spin_unlock(&table->lock);
	if (found) {
		use(found);
		keep(found);
	}
}

/* Looks and uses under the lock, without a reference. */
void finder_uses_only(struct table *table)
{
	struct object *found;

	spin_lock(&table->lock);
	found = table->entry;
	if (found)
		use(found);
	spin_unlock(&table->lock);
}
