/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways to take an object away that are broken on purpose. */

/* No grace period before the memory goes. */
void free_at_once(struct table *table, struct object *obj)
{
	rcu_assign_pointer(table->entry, NULL);
	if (refcount_dec_and_test(&obj->refs))
		kfree(obj);
}

/* Waits for the readers while new ones still find the object. */
void wait_before_unpublish(struct table *table, struct object *obj)
{
	synchronize_rcu();
	rcu_assign_pointer(table->entry, NULL);
	if (refcount_dec_and_test(&obj->refs))
		kfree(obj);
}

/* The memory may be gone before the pointer is. */
void unpublish_last(struct table *table, struct object *obj)
{
	if (refcount_dec_and_test(&obj->refs))
		kfree_rcu(obj, rcu);
	rcu_assign_pointer(table->entry, NULL);
}

/* Frees what somebody else may have a reference on. */
void free_without_put(struct table *table, struct object *obj)
{
	rcu_assign_pointer(table->entry, NULL);
	synchronize_rcu();
	refcount_dec(&obj->refs);
	kfree(obj);
}

/* The reference that went with the pointer is left. */
void unpublish_only(struct table *table, struct object *obj)
{
	rcu_assign_pointer(table->entry, NULL);
	synchronize_rcu();
}
