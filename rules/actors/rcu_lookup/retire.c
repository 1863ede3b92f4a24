/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How an object that readers find under RCU is taken away.  Whoever does it
 * has the reference that goes with the pointer, or the last one.
 */

/* The pointer is cleared, the reference dropped, and the memory goes after a
 * grace period when it was the last.  After __forget_cached_acl() and
 * posix_acl_release(), ring_buffer_attach() and ring_buffer_put() (v6.12). */
void unpublish_put_free_rcu(struct table *table, struct object *obj)
{
	rcu_assign_pointer(table->entry, NULL);
	if (refcount_dec_and_test(&obj->refs))
		kfree_rcu(obj, rcu);
}

/* The last reference is dropped first, then the pointer cleared.  After
 * put_object() of a table without a reference of its own. */
void put_unpublish_free_rcu(struct table *table, struct object *obj)
{
	if (!refcount_dec_and_test(&obj->refs))
		return;
	rcu_assign_pointer(table->entry, NULL);
	kfree_rcu(obj, rcu);
}

/* The reference that goes with the pointer outlives the readers. */
void unpublish_wait_put(struct table *table, struct object *obj)
{
	rcu_assign_pointer(table->entry, NULL);
	synchronize_rcu();
	if (refcount_dec_and_test(&obj->refs))
		kfree(obj);
}
