/* SPDX-License-Identifier: GPL-2.0-only */
/* Lookups the scenario is tried on before it is believed. */

/* Finds nothing whose count is zero.  After try_to_unuse() (v6.12). */
struct object *locked_try_get(struct table *table)
{
	struct object *found;

	spin_lock(&table->lock);
	found = table->entry;
	if (found && !refcount_inc_not_zero(&found->refs))
		found = NULL;
	spin_unlock(&table->lock);
	return found;
}

/* After get_task_mm() and find_user() (v6.12). */
struct object *locked_get(struct table *table)
{
	struct object *found;

	spin_lock(&table->lock);
	found = table->entry;
	if (found)
		refcount_inc(&found->refs);
	spin_unlock(&table->lock);
	return found;
}

/* Keeps the object while it waits for something, and may be the last to have
 * it.  After wait_current_trans() and btrfs_put_transaction() (v6.12). */
int locked_get_use_put(struct table *table)
{
	struct object *found;

	spin_lock(&table->lock);
	found = table->entry;
	if (found)
		refcount_inc(&found->refs);
	spin_unlock(&table->lock);
	if (found) {
		use(found);
		if (refcount_dec_and_test(&found->refs))
			kfree(found);
	}
	return 0;
}

/* Broken on purpose: takes the reference behind the lock. */
struct object *locked_late_get(struct table *table)
{
	struct object *found;

	spin_lock(&table->lock);
	found = table->entry;
	spin_unlock(&table->lock);
	if (found)
		refcount_inc(&found->refs);
	return found;
}

/* Broken on purpose: hands out what it has no reference on. */
struct object *locked_no_get(struct table *table)
{
	struct object *found;

	spin_lock(&table->lock);
	found = table->entry;
	spin_unlock(&table->lock);
	return found;
}

/* Broken on purpose: a reference on what is not returned. */
struct object *locked_leaking(struct table *table)
{
	struct object *found;

	spin_lock(&table->lock);
	found = table->entry;
	if (found)
		refcount_inc(&found->refs);
	spin_unlock(&table->lock);
	if (found && READ_ONCE(table->entry) != found)
		return NULL;
	return found;
}
