/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How an object that is looked up under a lock is taken out of the table and
 * freed.  Each of them has one reference at first.
 */

/* Out of the table under the lock, then the reference that went with it is
 * dropped.  After exit_mm() and mmput() for task->mm (v6.12). */
void remove_then_put(struct table *table, struct object *obj)
{
	spin_lock(&table->lock);
	table->entry = NULL;
	spin_unlock(&table->lock);
	if (refcount_dec_and_test(&obj->refs))
		kfree(obj);
}

/* The last reference is dropped under the lock only, and the object leaves the
 * table before the lock is dropped.  After free_uid() and the body of
 * refcount_dec_and_lock() (v6.12). */
void put_and_lock(struct table *table, struct object *obj)
{
	if (refcount_dec_not_one(&obj->refs))
		return;
	spin_lock(&table->lock);
	if (!refcount_dec_and_test(&obj->refs)) {
		spin_unlock(&table->lock);
		return;
	}
	table->entry = NULL;
	spin_unlock(&table->lock);
	kfree(obj);
}

/* The last reference is dropped, then the object leaves the table under the
 * lock.  After mmput() and __mmput() for the list of swapoff (v6.12). */
void put_then_remove(struct table *table, struct object *obj)
{
	if (!refcount_dec_and_test(&obj->refs))
		return;
	spin_lock(&table->lock);
	table->entry = NULL;
	spin_unlock(&table->lock);
	kfree(obj);
}
