/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways to take an object away that are broken on purpose. */

/* Whoever drops the last reference frees what the table still names. */
void free_before_removal(struct table *table, struct object *obj)
{
	if (!refcount_dec_and_test(&obj->refs))
		return;
	kfree(obj);
	spin_lock(&table->lock);
	table->entry = NULL;
	spin_unlock(&table->lock);
}

/* Taken out of the table without the lock. */
void remove_without_lock(struct table *table, struct object *obj)
{
	table->entry = NULL;
	if (refcount_dec_and_test(&obj->refs))
		kfree(obj);
}

/* Somebody may have found it in between. */
void free_without_looking(struct table *table, struct object *obj)
{
	spin_lock(&table->lock);
	table->entry = NULL;
	spin_unlock(&table->lock);
	refcount_dec(&obj->refs);
	kfree(obj);
}

/* Drops two references where it has one. */
void put_twice(struct table *table, struct object *obj)
{
	spin_lock(&table->lock);
	table->entry = NULL;
	spin_unlock(&table->lock);
	refcount_dec(&obj->refs);
	if (refcount_dec_and_test(&obj->refs))
		kfree(obj);
}

/* The reference that went with the entry is left. */
void remove_only(struct table *table, struct object *obj)
{
	spin_lock(&table->lock);
	table->entry = NULL;
	spin_unlock(&table->lock);
}
